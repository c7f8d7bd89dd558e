#include "tensor/cut.h"

#include "base/mem.h"

#define COLUMNS ((size_t)256)
#define MIN_COLUMNS ((size_t)64)
#define PIECES ((size_t)64) /* enough for 16 threads to end together */

size_t rs_cut_rows(size_t m, size_t most, size_t mr)
{
    return rs_round_up(rs_div_up(m, rs_div_up(m, most)), mr);
}

rs_cut rs_cut_make(size_t m, size_t rows, size_t n, size_t nr)
{
    rs_cut c = { .m = m, .all = rs_div_up(n, nr), .rows = rows, .down = rs_div_up(m, rows) };
    size_t columns = COLUMNS;
    while (columns > MIN_COLUMNS && c.down * rs_div_up(n, columns) < PIECES)
        columns /= 2;
    c.panels = rs_div_up(c.all, rs_div_up(n, columns));
    c.across = rs_div_up(c.all, c.panels);
    return c;
}

rs_cut_piece rs_cut_at(const rs_cut *c, size_t i)
{
    const size_t r0 = i / c->across * c->rows, p0 = i % c->across * c->panels;
    return (rs_cut_piece){ r0, rs_least(r0 + c->rows, c->m), p0, rs_least(p0 + c->panels, c->all) };
}
