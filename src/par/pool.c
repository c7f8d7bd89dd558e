/* Workers sleep on a condition variable between jobs and draw indices from one
 * atomic counter within a job. A UNet step has some hundred jobs, so a worker
 * spins for a short while before it goes to sleep. */
#define _GNU_SOURCE
#include "par/pool.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "base/clock.h"
#include "base/mem.h"

#define MAX_THREADS 256
#define SPINS 2000 /* about 50 us: longer than the gap between two layers */

struct worker {
    rs_pool *pool;
    pthread_t thread;
    int id;
};

struct rs_pool {
    int n_threads, n_started;
    pthread_mutex_t lock;
    pthread_cond_t wake, done;
    atomic_uint generation; /* counts jobs; workers wait for it to change */
    bool stop;
    rs_par_fn *fn;
    void *arg;
    size_t n;
    atomic_size_t next;
    int n_busy; /* workers that have not finished the current job */
    rs_par_watch *watch;
    void *watch_cookie;
    struct worker workers[];
};

static void drain(rs_pool *p, int id)
{
    for (;;) {
        const size_t i = atomic_fetch_add(&p->next, 1);
        if (i >= p->n)
            return;
        p->fn(p->arg, i, id);
    }
}

static void *worker_main(void *arg)
{
    struct worker *w = arg;
    rs_pool *p = w->pool;
    unsigned seen = 0;
    for (;;) {
        for (int i = 0; i < SPINS && atomic_load(&p->generation) == seen; i++)
            sched_yield();
        pthread_mutex_lock(&p->lock);
        while (!p->stop && atomic_load(&p->generation) == seen)
            pthread_cond_wait(&p->wake, &p->lock);
        const bool stop = p->stop;
        seen = atomic_load(&p->generation);
        pthread_mutex_unlock(&p->lock);
        if (stop)
            return NULL;
        drain(p, w->id);
        pthread_mutex_lock(&p->lock);
        if (--p->n_busy == 0)
            pthread_cond_signal(&p->done);
        pthread_mutex_unlock(&p->lock);
    }
}

static int available_cpus(void)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof(set), &set) != 0)
        return 1;
    const int n = CPU_COUNT(&set);
    return n > 0 ? n : 1;
}

rs_status rs_pool_open(int threads, rs_pool **pool, rs_err *err)
{
    if (threads <= 0)
        threads = available_cpus();
    if (threads > MAX_THREADS)
        threads = MAX_THREADS;
    rs_pool *p = rs_calloc(sizeof(*p) + (size_t)threads * sizeof(p->workers[0]));
    if (!p)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for %d threads", threads);
    p->n_threads = threads;
    if (pthread_mutex_init(&p->lock, NULL) != 0 || pthread_cond_init(&p->wake, NULL) != 0 ||
        pthread_cond_init(&p->done, NULL) != 0) {
        rs_free(p);
        return RS_FAIL(err, RS_E_NOMEM, "cannot create locks for %d threads", threads);
    }
    for (int i = 1; i < threads; i++) {
        struct worker *w = &p->workers[i];
        w->pool = p;
        w->id = i;
        const int e = pthread_create(&w->thread, NULL, worker_main, w);
        if (e != 0) {
            rs_pool_close(&p);
            return rs_err_sys(err, e, "cannot start thread %d of %d", i + 1, threads);
        }
        p->n_started++;
    }
    *pool = p;
    return RS_OK;
}

void rs_pool_close(rs_pool **pool)
{
    if (!pool || !*pool)
        return;
    rs_pool *p = *pool;
    pthread_mutex_lock(&p->lock);
    p->stop = true;
    atomic_fetch_add(&p->generation, 1);
    pthread_cond_broadcast(&p->wake);
    pthread_mutex_unlock(&p->lock);
    for (int i = 1; i <= p->n_started; i++)
        pthread_join(p->workers[i].thread, NULL);
    pthread_cond_destroy(&p->done);
    pthread_cond_destroy(&p->wake);
    pthread_mutex_destroy(&p->lock);
    rs_free(p);
    *pool = NULL;
}

int rs_pool_threads(const rs_pool *pool)
{
    return pool->n_threads;
}

void rs_pool_watch(rs_pool *pool, rs_par_watch *watch, void *cookie)
{
    pool->watch = watch;
    pool->watch_cookie = cookie;
}

static void run_watched(const rs_pool *pool, size_t n, rs_par_fn *fn, void *arg)
{
    for (size_t i = 0; i < n; i++) {
        const double start = rs_clock_cpu();
        fn(arg, i, 0);
        pool->watch(pool->watch_cookie, i, n, start, rs_clock_cpu());
    }
}

void rs_par_for(rs_pool *pool, size_t n, rs_par_fn *fn, void *arg)
{
    if (n == 0)
        return;
    if (pool->watch) {
        run_watched(pool, n, fn, arg);
        return;
    }
    if (n == 1 || pool->n_threads == 1) {
        for (size_t i = 0; i < n; i++)
            fn(arg, i, 0);
        return;
    }
    pthread_mutex_lock(&pool->lock);
    pool->fn = fn;
    pool->arg = arg;
    pool->n = n;
    atomic_store(&pool->next, 0);
    pool->n_busy = pool->n_started;
    atomic_fetch_add(&pool->generation, 1);
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->lock);
    drain(pool, 0);
    pthread_mutex_lock(&pool->lock);
    while (pool->n_busy > 0)
        pthread_cond_wait(&pool->done, &pool->lock);
    pthread_mutex_unlock(&pool->lock);
}
