#include "tensor/geglu.h"

#include "base/mem.h"

rs_status rs_geglu_begin(const rs_exec *ex, rs_geglu *j, size_t m, size_t rows, size_t n, size_t nr,
                         float *y, rs_err *err)
{
    /* a pair of panels is one of twice the width: both halves of a piece take the cache
     * that a piece of a plain product takes */
    rs_cut c = rs_cut_make(m, rows, n, 2 * nr);
    c.n = n / 2;
    c.columns /= 2;
    c.across = rs_div_up(c.n, c.columns);
    const size_t floats = rows * (c.columns + nr);
    *j = (rs_geglu){ .kern = ex->kern, .cut = c, .half = n / 2, .nr = nr, .y = y,
                     .stride = rs_exec_stride(floats) };
    RS_BUG_IF(n % 2);
    return rs_exec_worker_floats(ex, floats, &j->gates, err);
}

rs_geglu_piece rs_geglu_at(const rs_geglu *j, size_t index, int worker)
{
    rs_geglu_piece p = { .value = rs_cut_at(&j->cut, index) };
    p.y = j->y + p.value.r0 * j->half + p.value.c0;
    p.g = j->gates + (size_t)worker * j->stride;
    p.gate = p.value;
    p.lead = j->half % j->nr;
    p.gate.c0 += j->half - p.lead;
    p.gate.c1 += j->half;
    p.ldg = p.gate.c1 - p.gate.c0;
    return p;
}

void rs_geglu_apply(const rs_geglu *j, const rs_geglu_piece *p)
{
    const size_t n = p->value.c1 - p->value.c0;
    for (size_t r = 0; r < p->value.r1 - p->value.r0; r++)
        j->kern->geglu(p->y + r * j->half, p->g + r * p->ldg + p->lead, n);
}
