#define _GNU_SOURCE
#include "tests/checkkern/check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

/* Memory: a slot for each buffer of each set, between two untouchable pages. */
enum { SLOT = 1 << 20, PAGE = 1 << 16, CANARY = 256, SHOWN = 5 };
enum set { INIT, REF, GOT, TWIN, SETS };

typedef struct run {
    const ck_row *row;
    ck_shape shape;
    ck_fill fill;
    uint64_t seed, random;
    ck_buf buf[CK_BUFS];
    size_t span[CK_BUFS]; /* elements from the first live to the last */
    uint8_t *slot[SETS][CK_BUFS], *base[SETS][CK_BUFS];
    uint8_t *live[CK_BUFS];
    double *terms[CK_BUFS];
    int failures;
} run;

static const char *const fill_names[] = {"normal",   "zero", "large", "mixed",  "denormal",
                                         "huge",     "bits", "masked", "neg_inf"};
static const size_t type_size[] = {1, 2, 4, 8};

static uint64_t next(run *r) /* splitmix64 */
{
    uint64_t z = r->random += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static double uniform(run *r) /* -1 .. 1 */
{
    return (double)(next(r) >> 11) * 0x1p-52 - 1;
}

static size_t pick(run *r, const size_t *list, size_t n)
{
    return list[next(r) % n];
}

static bool open_slots(run *r)
{
    for (int s = 0; s < SETS; s++)
        for (int b = 0; b < CK_BUFS; b++) {
            uint8_t *p = mmap(NULL, SLOT + 2 * PAGE, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            if (p == MAP_FAILED || mprotect(p, PAGE, PROT_NONE) != 0 ||
                mprotect(p + PAGE + SLOT, PAGE, PROT_NONE) != 0)
                return false;
            r->slot[s][b] = p + PAGE;
        }
    for (int b = 0; b < CK_BUFS; b++) {
        r->live[b] = malloc(SLOT);
        r->terms[b] = malloc(SLOT * sizeof(double));
        if (!r->live[b] || !r->terms[b])
            return false;
    }
    return true;
}

static void close_slots(run *r)
{
    for (int b = 0; b < CK_BUFS; b++) {
        for (int s = 0; s < SETS; s++)
            if (r->slot[s][b])
                munmap(r->slot[s][b] - PAGE, SLOT + 2 * PAGE);
        free(r->live[b]);
        free(r->terms[b]);
    }
}

static double value(run *r, ck_fill fill, size_t column, double sign)
{
    switch (fill) {
    case CK_ZERO: return 0;
    case CK_LARGE: return sign * (1e4 + 1e3 * uniform(r));
    case CK_MIXED: return copysign(pow(10, 6 * uniform(r)), uniform(r));
    case CK_DENORMAL: return 1e-39 * uniform(r);
    case CK_HUGE: return 1e30 * uniform(r);
    case CK_MASKED: return column % 4 == 1 ? -HUGE_VAL : 4 * uniform(r);
    case CK_NEG_INF: return -HUGE_VAL;
    default: return 4 * uniform(r);
    }
}

static void put(run *r, int b, size_t at, size_t column, ck_fill fill, double sign)
{
    uint8_t *base = r->base[INIT][b];
    const uint32_t bits = (uint32_t)next(r);
    /* an odd step: a buffer of 2^16 sees every half, one of 2^8 every byte */
    const uint16_t half = (uint16_t)(at * 40503u + 7);
    const float f = (float)value(r, fill, column, sign);
    const double d = (double)f;
    switch (r->buf[b].type) {
    case CK_U8: base[at] = (uint8_t)half; break;
    case CK_U16: memcpy(base + 2 * at, &half, 2); break;
    case CK_F32: memcpy(base + 4 * at, fill == CK_BITS ? (const void *)&bits : &f, 4); break;
    case CK_F64: memcpy(base + 8 * at, &d, 8); break;
    }
}

/* Poison where nothing may be read; signalling NaNs where the type has them. */
static void poison(uint8_t *base, ck_type type, size_t n)
{
    const uint64_t word[] = {0xa5, 0xa5a5, 0x7fa5a5a5, 0x7ff4a5a5a5a5a5a5};
    for (size_t i = 0; i < n; i++)
        memcpy(base + i * type_size[type], &word[type], type_size[type]);
}

static size_t index_of(const ck_buf *b, size_t i0, size_t i1, size_t i2)
{
    return i0 * b->s0 + i1 * b->s1 + i2;
}

static void fill_init(run *r, int b)
{
    const ck_buf *buf = &r->buf[b];
    const bool none = !buf->n0 || !buf->n1 || !buf->n2;
    r->span[b] = none ? 0 : index_of(buf, buf->n0 - 1, buf->n1 - 1, buf->n2 - 1) + 1;
    if (r->span[b] * type_size[buf->type] > SLOT - 2 * CANARY) {
        fprintf(stderr, "%s: buffer %d does not fit its slot\n", r->row->name, b);
        exit(2);
    }
    r->base[INIT][b] = r->slot[INIT][b];
    poison(r->base[INIT][b], buf->type, r->span[b]);
    memset(r->live[b], 0, r->span[b]);
    const double sign = uniform(r) < 0 ? -1 : 1;
    for (size_t i0 = 0; i0 < buf->n0; i0++)
        for (size_t i1 = 0; i1 < buf->n1; i1++)
            for (size_t i2 = 0; i2 < buf->n2; i2++) {
                const size_t at = index_of(buf, i0, i1, i2);
                r->live[b][at] = 1;
                if (buf->dir != CK_OUT)
                    put(r, b, at, i2, buf->own_fill ? buf->fill : r->fill, sign);
            }
}

/* A fresh copy of buffer b's start state (or of from's, in place): flush with
 * the page before or behind, or at some odd element, with canaries around. */
static void place(run *r, enum set s, int b, int from)
{
    const size_t size = type_size[r->buf[b].type], bytes = r->span[b] * size;
    uint8_t *lo = r->slot[s][b], *hi = lo + SLOT;
    switch (next(r) % 3) {
    case 0: r->base[s][b] = lo; break;
    case 1: r->base[s][b] = hi - bytes; break;
    default: r->base[s][b] = lo + size * (1 + next(r) % 15);
    }
    uint8_t *base = r->base[s][b], *end = base + bytes;
    uint8_t *before = base - lo < CANARY ? lo : base - CANARY;
    uint8_t *after = hi - end < CANARY ? hi : end + CANARY;
    memset(before, 0xa5, (size_t)(base - before));
    memset(end, 0xa5, (size_t)(after - end));
    memcpy(base, r->base[INIT][from], bytes);
}

static bool canaries_stand(const run *r, enum set s, int b)
{
    const uint8_t *lo = r->slot[s][b], *hi = lo + SLOT, *base = r->base[s][b];
    const uint8_t *end = base + r->span[b] * type_size[r->buf[b].type];
    for (const uint8_t *p = base - lo < CANARY ? lo : base - CANARY; p < base; p++)
        if (*p != 0xa5)
            return false;
    for (const uint8_t *p = end; p < hi && p < end + CANARY; p++)
        if (*p != 0xa5)
            return false;
    return true;
}

/* Runs the kernel over set s; with alias > 0 that buffer is buffer 0. */
static void execute(run *r, enum set s, const rs_kern *kern, int alias)
{
    void *p[CK_BUFS] = {0};
    for (int b = 0; b < r->row->n_buf; b++) {
        place(r, s, b, b == 0 && alias ? alias : b);
        p[b] = r->base[s][b] - r->buf[b].lead * type_size[r->buf[b].type];
    }
    if (alias)
        p[alias] = p[0];
    r->row->call(kern, p, &r->shape);
}

static double number(const uint8_t *base, ck_type type, size_t at)
{
    float f;
    double d;
    switch (type) {
    case CK_F32: memcpy(&f, base + 4 * at, 4); return (double)f;
    case CK_F64: memcpy(&d, base + 8 * at, 8); return d;
    default: return base[at];
    }
}

static bool same_bits(const uint8_t *a, const uint8_t *b, ck_type type, size_t at)
{
    return memcmp(a + at * type_size[type], b + at * type_size[type], type_size[type]) == 0;
}

/* The classes of kern.h. */
static bool close_enough(const run *r, int b, size_t at)
{
    const ck_type type = r->buf[b].type;
    if (same_bits(r->base[GOT][b], r->base[REF][b], type, at))
        return true;
    if (r->row->cls == CK_EXACT)
        return false;
    const double got = number(r->base[GOT][b], type, at), want = number(r->base[REF][b], type, at);
    if (isnan(got) || isnan(want))
        return isnan(got) && isnan(want);
    if (r->row->cls == CK_FUNC)
        return got == want || fabs(got - want) <= 4e-7 * fmax(fabs(want), 1e-3);
    /* a denormal step for each rounding inside, times the largest factor */
    return fabs(got - want) <= 8 * 0x1p-23 * r->terms[b][at] + 64 * 0x1p-149;
}

static void complain(run *r, const char *tier, int alias, int b, size_t at, const char *what)
{
    if (r->failures++ >= SHOWN)
        return;
    const ck_shape *s = &r->shape;
    fprintf(stderr,
            "%s, %s: %s: buffer %d element %zu: got %.9g want %.9g (--seed %llu, fill %s, rows %zu "
            "c %zu ld %zu,%zu patch %d..%d,%d..%d flag %d f %g, in place of %d)\n",
            r->row->name, tier, what, b, at, number(r->base[GOT][b], r->buf[b].type, at),
            number(r->base[REF][b], r->buf[b].type, at), (unsigned long long)r->seed,
            fill_names[r->fill], s->rows, s->c, s->ld, s->ld2, s->y0, s->y1, s->x0, s->x1, s->flag,
            (double)s->f, alias);
}

/* Buffer b after a run: stated elements right, all else as it was. */
static void verify(run *r, const char *tier, int alias, int b)
{
    const ck_type type = r->buf[b].type;
    const uint8_t *start = r->base[INIT][b == 0 && alias ? alias : b];
    if (!canaries_stand(r, GOT, b)) {
        complain(r, tier, alias, b, 0, "written outside the buffer");
        return;
    }
    const bool written = r->buf[b].dir != CK_IN;
    for (size_t at = 0; at < r->span[b]; at++) {
        const bool live = written && r->live[b][at];
        if (live ? close_enough(r, b, at) : same_bits(r->base[GOT][b], start, type, at))
            continue;
        complain(r, tier, alias, b, at, live ? "wrong" : "written where nothing belongs");
        return;
    }
}

static void verify_twin(run *r, const char *tier, int alias, int b)
{
    const ck_type type = r->buf[b].type;
    for (size_t at = 0; at < r->span[b] && r->buf[b].dir != CK_IN; at++) {
        const double got = number(r->base[GOT][b], type, at);
        const double twin = number(r->base[TWIN][b], type, at);
        if (!same_bits(r->base[GOT][b], r->base[TWIN][b], type, at) && !(isnan(got) && isnan(twin))) {
            fprintf(stderr, "twin: %.9g\n", twin);
            complain(r, tier, alias, b, at, "not the bits of the plain C shim");
            return;
        }
    }
}

static bool same_layout(const ck_buf *a, const ck_buf *b)
{
    return a->n0 == b->n0 && a->n1 == b->n1 && a->n2 == b->n2 && a->s0 == b->s0 && a->s1 == b->s1;
}

static void check_tier(run *r, const ck_tier *tier, int alias)
{
    execute(r, GOT, tier->kern, alias);
    for (int b = 0; b < r->row->n_buf; b++)
        verify(r, tier->name, alias, b);
    if (!tier->twin)
        return;
    execute(r, TWIN, tier->twin, alias);
    for (int b = 0; b < r->row->n_buf; b++)
        verify_twin(r, tier->name, alias, b);
}

static void set_terms(run *r)
{
    void *data[CK_BUFS];
    for (int b = 0; b < r->row->n_buf; b++)
        data[b] = r->base[INIT][b] - r->buf[b].lead * type_size[r->buf[b].type];
    const ck_inputs in = {r->buf, data, &r->shape};
    for (int b = 0; b < r->row->n_buf; b++) {
        const ck_buf *buf = &r->buf[b];
        for (size_t i0 = 0; i0 < buf->n0 && buf->dir != CK_IN; i0++)
            for (size_t i1 = 0; i1 < buf->n1; i1++)
                for (size_t i2 = 0; i2 < buf->n2; i2++)
                    r->terms[b][index_of(buf, i0, i1, i2)] = r->row->terms(&in, b, i0, i1, i2);
    }
}

static void prepare(run *r)
{
    memset(r->buf, 0, sizeof r->buf);
    r->row->setup(r->buf, &r->shape);
    for (int b = 0; b < r->row->n_buf; b++)
        fill_init(r, b);
}

static void check_case(run *r, const ck_tier *tiers, int n_tiers)
{
    prepare(r);
    if (r->row->terms)
        set_terms(r);
    execute(r, REF, rs_kern_get(RS_CPU_SCALAR), 0);
    for (int t = 0; t < n_tiers; t++) {
        check_tier(r, &tiers[t], 0);
        for (int i = 0; i < 2; i++) {
            const int alias = r->row->alias[i];
            if (alias && same_layout(&r->buf[0], &r->buf[alias]))
                check_tier(r, &tiers[t], alias);
        }
    }
}

static void draw_shape(run *r, size_t c)
{
    static const size_t rows[] = {0, 1, 2, 3, 4, 7, 8, 9, 16, 17, 33}, gap[] = {0, 0, 1, 5, 16};
    ck_shape *s = &r->shape;
    *s = (ck_shape){.rows = pick(r, rows, 11), .c = c, .ld = c + pick(r, gap, 5)};
    s->ld2 = next(r) % 2 ? s->ld : c + pick(r, gap, 5);
    s->flag = next(r) % 2;
    s->f = (float)(1.05 + uniform(r));
    s->y1 = s->x1 = r->row->tile;
    if (r->row->tile && next(r) % 2) {
        s->y1 = (int)(next(r) % (uint64_t)(r->row->tile + 1));
        s->x1 = (int)(next(r) % (uint64_t)(r->row->tile + 1));
        if (r->row->tile == 6) { /* the output patch starts at 0 */
            s->y0 = (int)(next(r) % (uint64_t)(s->y1 + 1));
            s->x0 = (int)(next(r) % (uint64_t)(s->x1 + 1));
        }
    }
}

static bool has_case_fill(const run *r)
{
    for (int b = 0; b < r->row->n_buf; b++)
        if (r->buf[b].dir != CK_OUT && !r->buf[b].own_fill)
            return true;
    return false;
}

int ck_check_row(const ck_row *row, const ck_tier *tiers, int n_tiers, uint64_t seed)
{
    /* 0, 1, primes, around multiples of 8 and 16, and large; the last two are
     * for vectors only, the three before not for patches */
    static const size_t sizes[] = {0,  1,  2,  3,  5,  7,  8,  9,  11, 15,  16,  17,  23,   24,
                                   25, 31, 32, 33, 47, 63, 64, 65, 97, 131, 320, 521, 4099, 65536};
    const size_t n_sizes = sizeof sizes / sizeof sizes[0] - (row->vector ? 0 : row->tile ? 5 : 2);
    run r = {.row = row, .seed = seed, .random = seed};
    if (!open_slots(&r)) {
        fprintf(stderr, "%s: out of memory\n", row->name);
        exit(2);
    }
    for (size_t i = 0; i < n_sizes; i++)
        for (int fill = 0; fill <= CK_MASKED; fill++) {
            const bool wanted = fill < CK_FILLS || (row->extra >> fill & 1);
            if (!wanted || sizes[i] < row->min_c || (sizes[i] > 5000 && fill && fill < CK_FILLS))
                continue;
            r.fill = (ck_fill)fill;
            draw_shape(&r, sizes[i]);
            check_case(&r, tiers, n_tiers);
            if (!has_case_fill(&r))
                break;
        }
    close_slots(&r);
    return r.failures;
}

static double now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return 1e9 * (double)t.tv_sec + (double)t.tv_nsec;
}

/* The best of the calls made in about 30 ms, each on fresh data in cache. */
static double best_ns(run *r, const rs_kern *kern)
{
    double best = INFINITY;
    const double start = now_ns();
    for (int i = 0; i < 10 || now_ns() - start < 30e6; i++) {
        void *p[CK_BUFS] = {0};
        for (int b = 0; b < r->row->n_buf; b++) {
            p[b] = r->base[GOT][b] = r->slot[GOT][b];
            memcpy(p[b], r->base[INIT][b], r->span[b] * type_size[r->buf[b].type]);
        }
        const double t = now_ns();
        r->row->call(kern, p, &r->shape);
        best = fmin(best, now_ns() - t);
    }
    return best;
}

void ck_bench_row(const ck_row *row, const ck_tier *tiers, int n_tiers)
{
    run r = {.row = row, .shape = row->bench, .random = 1};
    if (!open_slots(&r))
        exit(2);
    prepare(&r);
    double bytes = 0, scalar = 0;
    for (int b = 0; b < row->n_buf; b++) {
        const size_t size = r.buf[b].n0 * r.buf[b].n1 * r.buf[b].n2 * type_size[r.buf[b].type];
        bytes += (double)size * (r.buf[b].dir == CK_INOUT ? 2 : 1);
    }
    for (int t = 0; t < n_tiers; t++) {
        const double ns = best_ns(&r, tiers[t].kern);
        scalar = t ? scalar : ns;
        printf("%-14s %-8s %10.0f ns %7.1f %s %6.1fx\n", t ? "" : row->name, tiers[t].name, ns,
               (row->flops > 0 ? row->flops : bytes) / ns, row->flops > 0 ? "GFLOP/s" : "GB/s   ",
               scalar / ns);
    }
    close_slots(&r);
}
