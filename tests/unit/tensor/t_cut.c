/* Cutting a product into pieces: every value is in one piece, and wide
 * products have pieces enough for many threads. */
#include "tensor/cut.h"

#include <string.h>

#include "base/mem.h"
#include "tests/lib/test.h"

static void covers(size_t m, size_t rows, size_t n, size_t nr)
{
    const rs_cut c = rs_cut_make(m, rows, n, nr);
    unsigned char *seen = rs_calloc(m * n);
    CHECK(seen);
    for (size_t i = 0; i < rs_cut_pieces(&c); i++) {
        const rs_cut_piece p = rs_cut_at(&c, i);
        CHECK(p.r0 < p.r1 && p.r1 <= m && p.r1 - p.r0 <= rows);
        CHECK(p.c0 < p.c1 && p.c1 <= n && p.c0 % nr == 0 && p.c1 - p.c0 < 256 + nr);
        for (size_t r = p.r0; r < p.r1; r++)
            for (size_t k = p.c0; k < p.c1; k++)
                CHECK_INT(seen[r * n + k]++, 0);
    }
    for (size_t i = 0; i < m * n; i++)
        CHECK_INT(seen[i], 1);
    rs_free(seen);
}

static void every_cell_once(void)
{
    static const size_t ms[] = { 1, 5, 77, 144, 145, 1000 }, ns[] = { 1, 15, 16, 33, 320, 1280, 2560 };
    for (size_t i = 0; i < sizeof(ms) / sizeof(ms[0]); i++)
        for (size_t k = 0; k < sizeof(ns) / sizeof(ns[0]); k++) {
            covers(ms[i], rs_cut_rows(ms[i], 144, 6), ns[k], 16);
            covers(ms[i], rs_cut_rows(ms[i], 48, 12), ns[k], 32);
            covers(ms[i], 1, ns[k], 16);
        }
}

static void rows_are_even(void)
{
    CHECK_INT(rs_cut_rows(1, 144, 6), 6);
    CHECK_INT(rs_cut_rows(144, 144, 6), 144);
    CHECK_INT(rs_cut_rows(145, 144, 6), 78); /* 73 and 72, not 144 and 1 */
    CHECK_INT(rs_cut_rows(8192, 144, 12), 144);
}

/* Few rows: narrow pieces; many rows: wide ones. */
static void enough_pieces(void)
{
    const rs_cut few = rs_cut_make(64, 64, 1280, 16), many = rs_cut_make(8192, 144, 1280, 16);
    CHECK_INT(rs_cut_pieces(&few), 20);
    CHECK_INT(few.columns, 64);
    CHECK_INT(many.columns, 256);
    CHECK(rs_cut_pieces(&many) >= 64);
}

int main(void)
{
    TEST_RUN(every_cell_once);
    TEST_RUN(rows_are_even);
    TEST_RUN(enough_pieces);
    return 0;
}
