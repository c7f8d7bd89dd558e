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
    rs_cut c = { .m = m, .n = n, .rows = rows, .down = rs_div_up(m, rows) };
    size_t columns = COLUMNS;
    while (columns > MIN_COLUMNS && c.down * rs_div_up(n, columns) < PIECES)
        columns /= 2;
    c.columns = rs_div_up(rs_div_up(n, nr), rs_div_up(n, columns)) * nr; /* whole panels */
    c.across = rs_div_up(n, c.columns);
    return c;
}

rs_cut_piece rs_cut_at(const rs_cut *c, size_t i)
{
    const size_t r0 = i / c->across * c->rows, c0 = i % c->across * c->columns;
    return (rs_cut_piece){ r0, rs_least(r0 + c->rows, c->m), c0, rs_least(c0 + c->columns, c->n) };
}
