/* The profiler's store: order, clearing, and memory. */
#include "base/mem.h"
#include "tensor/prof.h"
#include "tests/lib/test.h"

static rs_err err;

struct seen {
    size_t n;
    double flops, seconds;
    const char *first, *last;
};

static void visit(void *cookie, const rs_prof_event *e)
{
    struct seen *s = cookie;
    s->n++;
    s->flops += e->flops;
    s->seconds += e->seconds;
    if (s->n == 1)
        s->first = e->label;
    s->last = e->label;
}

static void record(rs_prof *p, int n)
{
    for (int i = 0; i < n; i++) {
        const double t0 = rs_prof_start(p);
        rs_prof_end(p, t0, RS_PROF_LINEAR, i == 0 ? "a" : i + 1 == n ? "z" : "m", 2.0, 1.0);
    }
}

static void keeps_order(void)
{
    rs_prof *p;
    struct seen s = { 0 };
    CHECK_OK(rs_prof_open(&p, &err));
    record(p, 5000);
    rs_prof_each(p, visit, &s);
    CHECK_INT(s.n, 5000);
    CHECK_NEAR(s.flops, 10000.0, 0);
    CHECK(s.seconds >= 0.0);
    CHECK_STR(s.first, "a");
    CHECK_STR(s.last, "z");
    rs_prof_close(&p);
    CHECK(!p);
    rs_prof_close(&p);
}

/* The second filling of the same length allocates nothing. */
static void clears(void)
{
    rs_prof *p;
    struct seen s = { 0 };
    CHECK_OK(rs_prof_open(&p, &err));
    record(p, 3000);
    rs_prof_clear(p);
    rs_prof_each(p, visit, &s);
    CHECK_INT(s.n, 0);
    const size_t before = rs_alloc_count();
    record(p, 3000);
    CHECK_INT(rs_alloc_count(), before);
    rs_prof_each(p, visit, &s);
    CHECK_INT(s.n, 3000);
    rs_prof_close(&p);
}

static void counts_what_memory_lost(void)
{
    rs_prof *p;
    struct seen s = { 0 };
    CHECK_OK(rs_prof_open(&p, &err));
    rs_alloc_fail_after(0);
    record(p, 7);
    rs_alloc_fail_after(-1);
    CHECK_INT(rs_prof_lost(p), 7);
    rs_prof_each(p, visit, &s);
    CHECK_INT(s.n, 0);
    rs_prof_clear(p);
    CHECK_INT(rs_prof_lost(p), 0);
    rs_prof_close(&p);
    rs_alloc_fail_after(0);
    CHECK_INT(rs_prof_open(&p, &err), RS_E_NOMEM);
    rs_alloc_fail_after(-1);
}

static void costs_nothing_when_off(void)
{
    CHECK(rs_prof_start(NULL) == 0.0);
    rs_prof_end(NULL, 0.0, RS_PROF_NORM, "off", 0.0, 0.0);
}

static void every_kind_has_a_name(void)
{
    for (int k = 0; k < RS_PROF_KINDS; k++) {
        CHECK(rs_prof_kind_name(k) && rs_prof_kind_name(k)[0]);
        for (int i = 0; i < k; i++)
            CHECK(strcmp(rs_prof_kind_name(i), rs_prof_kind_name(k)) != 0);
    }
}

int main(void)
{
    TEST_RUN(keeps_order);
    TEST_RUN(clears);
    TEST_RUN(counts_what_memory_lost);
    TEST_RUN(costs_nothing_when_off);
    TEST_RUN(every_kind_has_a_name);
    return 0;
}
