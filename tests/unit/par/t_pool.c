/* Every index runs exactly once, for any number of threads, many jobs in a row. */
#include "par/pool.h"
#include "tests/lib/test.h"

struct job {
    int counts[1000];
    int max_worker;
};

static void mark(void *arg, size_t i, int worker)
{
    struct job *j = arg;
    j->counts[i]++;
    if (worker < 0 || worker >= j->max_worker)
        abort();
}

static void all_indices(void)
{
    rs_err err = { 0 };
    for (int threads = 1; threads <= 9; threads += 4) {
        rs_pool *pool = NULL;
        CHECK_OK(rs_pool_open(threads, &pool, &err));
        CHECK_INT(rs_pool_threads(pool), threads);
        for (size_t n = 0; n <= 1000; n += n < 10 ? 1 : 99) {
            struct job j = { .max_worker = threads };
            rs_par_for(pool, n, mark, &j);
            for (size_t i = 0; i < 1000; i++)
                CHECK_INT(j.counts[i], i < n);
        }
        rs_pool_close(&pool);
        CHECK(!pool);
    }
}

static void default_threads(void)
{
    rs_err err = { 0 };
    rs_pool *pool = NULL;
    CHECK_OK(rs_pool_open(0, &pool, &err));
    CHECK(rs_pool_threads(pool) >= 1);
    rs_pool_close(&pool);
    rs_pool_close(&pool);
}

struct seen {
    size_t calls, last;
    double end;
};

static void see(void *cookie, size_t index, size_t n, double start, double end)
{
    struct seen *s = cookie;
    CHECK_INT(index, s->calls++ % n);
    CHECK(end >= start && start >= s->end);
    s->end = end;
    s->last = n;
}

/* In order, all on the calling thread; afterwards the workers are back. */
static void watched(void)
{
    rs_err err = { 0 };
    rs_pool *pool = NULL;
    struct seen s = { 0 };
    CHECK_OK(rs_pool_open(3, &pool, &err));
    rs_pool_watch(pool, see, &s);
    struct job j = { .max_worker = 1 };
    rs_par_for(pool, 40, mark, &j);
    rs_par_for(pool, 0, mark, &j);
    rs_par_for(pool, 1, mark, &j);
    CHECK_INT(s.calls, 41);
    CHECK_INT(s.last, 1);
    CHECK_INT(j.counts[0], 2);
    CHECK_INT(j.counts[39], 1);
    rs_pool_watch(pool, NULL, NULL);
    j.max_worker = 3;
    rs_par_for(pool, 40, mark, &j);
    CHECK_INT(s.calls, 41);
    CHECK_INT(j.counts[39], 2);
    rs_pool_close(&pool);
}

int main(void)
{
    TEST_RUN(all_indices);
    TEST_RUN(default_threads);
    TEST_RUN(watched);
    return 0;
}
