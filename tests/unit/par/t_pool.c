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

int main(void)
{
    TEST_RUN(all_indices);
    TEST_RUN(default_threads);
    return 0;
}
