/* Streaming softmax (Milakov & Gimelshein 2018; Dao et al., "FlashAttention",
 * 2022), with the queries as columns: a panel of gemm_nr of them is a panel of the
 * matrix product, and what softmax does to a query it does to a lane.
 *
 *     for each tile of keys:         kept in the second-level cache for all
 *       for each panel of queries:   panels of a piece
 *         S = K Q^T          [keys, nr]  and the largest score of each query
 *         P = 2^(S - top)    [keys, nr]  r: how much the old top was too low
 *         O = r O + V^T P    [d+1, nr]   V as it lies, read along its rows
 *     out = O^T / sums                   of P, which a last column of ones in V gives
 *
 * Q comes with the factor log2 e / sqrt d. Masked scores start from -inf instead of
 * 0. One piece for each picture, head and some panels; before, K and V are copied
 * head by head, as all pieces of a head read them: parts of rows that lie apart
 * would share few sets of the caches, and nothing would foresee where the next is.
 *
 * In bfloat16 all is the same with pairs in place of floats: of neighbours in d for K
 * and Q, of neighbouring keys for V and P, where a last odd one has zeros beside it.
 * Below, a unit is a float or a pair. P is rounded before it is summed by the column of
 * ones, so that what the weights have lost cancels. */
#include "tensor/op_attention.h"

#include <math.h>
#include <string.h>

#include "base/compiler.h"
#include "base/mem.h"

#define KEYS ((size_t)96)      /* of a tile: a multiple of gemm_mr, even; S takes 6 or 12 KB */
#define QUERIES ((size_t)256)  /* of a piece, as far as their panels stay in the cache: */
#define CACHED ((size_t)40960) /* floats of Q, and of O */
#define DEPTH ((size_t)320)    /* a panel of Q of at most 20 KB a product */
#define COPY_ROWS ((size_t)64) /* of a piece of the copying */
#define AHEAD ((size_t)8)      /* rows */
#define CHUNK ((size_t)64)     /* values of a query rounded at a time: even */
#define LINE ((size_t)16)      /* floats of a cache line */
#define BF16_ONE 0x3f80

struct job {
    const rs_exec *ex;
    void (*gemm)(const rs_gemm_block *g);
    const rs_tensor *out, *q, *k_in, *v_in;
    size_t heads, d, tq, tk;
    bool bf16;
    size_t per;                /* values of a unit */
    size_t ud, uk;             /* units of d and of tk */
    float *k, *v;              /* [n, heads, tk, ud], [n, heads, uk, d + 1] units */
    size_t nr, panels, pieces; /* panels of a piece, pieces of a head */
    bool causal;
    float scale;
    float *work;
    size_t stride;
};

/* A worker's part of the scratch, and what it works on. */
struct piece {
    size_t q0, rows;      /* queries of the picture */
    size_t q_at;          /* offset of the first in q and out */
    const float *k, *v;   /* of the head */
    float *s;             /* [KEYS, nr] */
    float *q, *o;         /* [panels, ud, nr] units, [panels, d + 1, nr] floats */
    float *top;           /* [panels, nr] */
    float *old, *rescale; /* [nr] */
};

static size_t units(const struct job *j, size_t values)
{
    return rs_div_up(values, j->per);
}

static size_t work_floats(const struct job *j)
{
    return (KEYS + j->panels * (j->ud + j->d + 1 + 1) + 2) * j->nr;
}

static struct piece piece_at(const struct job *j, size_t index, int worker)
{
    const size_t head = index / j->pieces, block = j->panels * j->nr; /* head: of all pictures */
    struct piece p = { .q0 = index % j->pieces * block };
    p.rows = rs_least(j->tq - p.q0, block);
    p.q_at = ((head / j->heads * j->tq + p.q0) * j->heads + head % j->heads) * j->d;
    p.k = j->k + head * j->tk * j->ud;
    p.v = j->v + head * j->uk * (j->d + 1);
    p.s = j->work + (size_t)worker * j->stride;
    p.q = p.s + KEYS * j->nr;
    p.o = p.q + block * j->ud;
    p.top = p.o + block * (j->d + 1);
    p.old = p.top + block;
    p.rescale = p.old + j->nr;
    return p;
}

/* The heads' parts of rows lie apart, where no processor foresees them. */
static void prefetch_row(const float *row, size_t d)
{
    for (size_t i = 0; i < d + LINE - 1; i += LINE)
        RS_PREFETCH(row + i);
}

/* A query [d], scaled, to pairs nr apart. */
static void round_query(const struct job *j, rs_bf16_pair *to, const float *from)
{
    for (size_t i = 0; i < j->d; i += CHUNK) {
        float scaled[CHUNK];
        rs_bf16_pair pairs[CHUNK / 2] = {{{0}}};
        const size_t n = rs_least(CHUNK, j->d - i);
        for (size_t l = 0; l < n; l++)
            scaled[l] = from[i + l] * j->scale;
        j->ex->kern->f32_to_bf16(pairs[0].v, scaled, n);
        for (size_t l = 0; l < (n + 1) / 2; l++)
            to[(i / 2 + l) * j->nr] = pairs[l];
    }
}

/* Queries [rows, d] into panels [ud, nr], scaled; what is missing in the last is 0. */
static void load_queries(const struct job *j, const struct piece *p)
{
    const size_t c = j->heads * j->d, nr = j->nr, all = rs_round_up(p->rows, nr);
    for (size_t r = 0; r < all; r++) {
        const float *from = j->q->data + p->q_at + r * c;
        float *to = p->q + r / nr * nr * j->ud + r % nr;
        if (r + AHEAD < p->rows)
            prefetch_row(from + AHEAD * c, j->d);
        if (j->bf16 && r < p->rows)
            round_query(j, (rs_bf16_pair *)(void *)to, from);
        else
            for (size_t i = 0; i < j->ud; i++)
                to[i * nr] = r < p->rows ? from[i] * j->scale : 0;
        p->top[r] = -INFINITY;
    }
}

static void store_outputs(const struct job *j, const struct piece *p)
{
    const size_t c = j->heads * j->d, nr = j->nr;
    for (size_t r = 0; r < p->rows; r++) {
        const float *from = p->o + r / nr * nr * (j->d + 1) + r % nr, inv = 1 / from[j->d * nr];
        float *to = j->out->data + p->q_at + r * c;
        if (r + AHEAD < p->rows)
            prefetch_row(to + AHEAD * c, j->d);
        for (size_t i = 0; i < j->d; i++)
            to[i] = from[i * nr] * inv;
    }
}

/* Rows r0 to r1 of a head, which start at k_in and v_in, rows of c floats. */
static void copy_rows(const struct job *j, float *k, float *v, const float *k_in, const float *v_in,
                      size_t r0, size_t r1)
{
    const size_t d = j->d, c = j->heads * d;
    for (size_t r = r0; r < r1; r++) {
        memcpy(k + r * d, k_in + r * c, d * sizeof(float));
        memcpy(v + r * (d + 1), v_in + r * c, d * sizeof(float));
        v[r * (d + 1) + d] = 1;
    }
}

/* The same in bfloat16, for even r0. */
static void round_rows(const struct job *j, rs_bf16_pair *k, rs_bf16_pair *v, const float *k_in,
                       const float *v_in, size_t r0, size_t r1)
{
    const size_t d = j->d, c = j->heads * d;
    for (size_t r = r0; r < r1; r++) {
        uint16_t *to = k[r * j->ud].v;
        j->ex->kern->f32_to_bf16(to, k_in + r * c, d);
        if (d % 2)
            to[d] = 0;
    }
    for (size_t r = r0; r < r1; r += 2) {
        rs_bf16_pair *to = v + r / 2 * (d + 1);
        j->ex->kern->bf16_pairs(to, v_in + r * c, rs_least(r1 - r, 2), d, c);
        to[d] = (rs_bf16_pair){{BF16_ONE, BF16_ONE}};
    }
}

/* Some rows of all heads of a picture. */
static void copy_piece(void *arg, size_t index, int worker)
{
    (void)worker;
    const struct job *j = arg;
    const size_t chunks = rs_div_up(j->tk, COPY_ROWS), pic = index / chunks;
    const size_t r0 = index % chunks * COPY_ROWS, r1 = rs_least(r0 + COPY_ROWS, j->tk);
    for (size_t h = 0; h < j->heads; h++) {
        const size_t from = (pic * j->tk * j->heads + h) * j->d, head = pic * j->heads + h;
        float *k = j->k + head * j->tk * j->ud, *v = j->v + head * j->uk * (j->d + 1);
        const float *k_in = j->k_in->data + from, *v_in = j->v_in->data + from;
        if (j->bf16)
            round_rows(j, (rs_bf16_pair *)(void *)k, (rs_bf16_pair *)(void *)v, k_in, v_in, r0, r1);
        else
            copy_rows(j, k, v, k_in, v_in, r0, r1);
    }
}

/* 0 where query q0 + r sees key k0 + i, -inf where that is in its future. */
static void mask(float *s, size_t keys, size_t nr, size_t k0, size_t q0)
{
    for (size_t i = 0; i < keys; i++)
        for (size_t r = 0; r < nr; r++)
            s[i * nr + r] = k0 + i > q0 + r ? -INFINITY : 0;
}

/* Scores of the panel of queries that starts at r, and their largest into top. */
static void scores(const struct job *j, const struct piece *p, size_t r, size_t k0, size_t keys,
                   float *top)
{
    const size_t nr = j->nr;
    if (j->causal)
        mask(p->s, keys, nr, k0, p->q0 + r);
    for (size_t l = 0; l < j->ud; l += DEPTH) {
        const bool last = j->ud - l <= DEPTH;
        j->gemm(&(rs_gemm_block){
            .m = keys, .n = nr, .k = last ? j->ud - l : DEPTH, .a = p->k + k0 * j->ud + l,
            .lda = j->ud, .b = p->q + r * j->ud + l * nr, .ldb = nr,
            .res = l || j->causal ? p->s : NULL, .ldres = nr, .col_max = last ? top : NULL,
            .c = p->s, .ldc = nr });
    }
}

/* Keys k0 to k0 + keys for the panel of the piece's queries that starts at r. */
static void step(const struct job *j, const struct piece *p, size_t r, size_t k0, size_t keys)
{
    const size_t nr = j->nr;
    float *top = p->top + r, *o = p->o + r * (j->d + 1);
    memcpy(p->old, top, nr * sizeof(float));
    scores(j, p, r, k0, keys, top);
    j->ex->kern->softmax_step(p->s, keys, nr, nr, p->old, top, p->rescale);
    if (j->bf16)
        j->ex->kern->bf16_pairs((rs_bf16_pair *)(void *)p->s, p->s, keys, nr, nr);
    j->gemm(&(rs_gemm_block){
        .m = j->d + 1, .n = nr, .k = units(j, keys), .a = p->v + units(j, k0) * (j->d + 1),
        .lda = j->d + 1, .a_trans = true, .b = p->s, .ldb = nr, .res = k0 ? o : NULL, .ldres = nr,
        .res_scale = p->rescale, .c = o, .ldc = nr });
}

static void piece(void *arg, size_t index, int worker)
{
    const struct job *j = arg;
    const struct piece p = piece_at(j, index, worker);
    /* with a mask, keys behind the last query of the piece are never seen */
    const size_t seen = j->causal ? p.q0 + p.rows : j->tk;
    load_queries(j, &p);
    for (size_t k0 = 0; k0 < seen; k0 += KEYS)
        for (size_t r = 0; r < p.rows; r += j->nr)
            step(j, &p, r, k0, rs_least(seen - k0, KEYS));
    store_outputs(j, &p);
}

/* Memory for the copies of k and v and for the workers. */
static rs_status take_memory(struct job *j, rs_err *err)
{
    const size_t n = (size_t)j->q->n;
    size_t bytes;
    RS_TRY(rs_exec_worker_floats(j->ex, work_floats(j), &j->work, err));
    j->stride = rs_exec_stride(work_floats(j));
    if (!rs_mul_size(n * j->heads * (j->ud + j->d + 1), j->tk * sizeof(float), &bytes))
        return RS_FAIL(err, RS_E_RANGE, "attention over %zu tokens is too large", j->tk);
    j->k = rs_arena_alloc(j->ex->scratch, bytes);
    if (!j->k)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for keys and values of %zu tokens (%zu MB)", j->tk,
                       bytes >> 20);
    j->v = j->k + n * j->heads * j->tk * j->ud;
    return RS_OK;
}

rs_status rs_op_attention(const rs_exec *ex, const rs_tensor *out, const rs_tensor *q,
                          const rs_tensor *k, const rs_tensor *v, int heads, bool causal, bool bf16,
                          rs_err *err)
{
    RS_BUG_IF(heads < 1 || q->c % heads || k->c != q->c || v->c != q->c || k->n != q->n);
    struct job j = { .ex = ex, .out = out, .q = q, .k_in = k, .v_in = v, .causal = causal,
                     .gemm = bf16 ? ex->kern->gemm_bf16 : ex->kern->gemm, .bf16 = bf16,
                     .per = bf16 ? 2 : 1,
                     .heads = (size_t)heads, .d = (size_t)(q->c / heads), .nr = ex->kern->gemm_nr,
                     .tq = (size_t)q->h * (size_t)q->w, .tk = (size_t)k->h * (size_t)k->w };
    RS_BUG_IF(causal && j.tq != j.tk);
    j.ud = units(&j, j.d);
    j.uk = units(&j, j.tk);
    j.scale = (float)(1.4426950408889634 / sqrt((double)j.d)); /* log2 e */
    const size_t fit = CACHED / (j.d * j.nr), most = rs_div_up(rs_least(QUERIES, j.tq), j.nr);
    j.panels = fit < 1 ? 1 : rs_least(fit, most);
    j.pieces = rs_div_up(j.tq, j.panels * j.nr);
    const rs_arena_mark mark = rs_arena_save(ex->scratch);
    const rs_status s = take_memory(&j, err);
    if (s == RS_OK) {
        rs_par_for(ex->pool, (size_t)q->n * rs_div_up(j.tk, COPY_ROWS), copy_piece, &j);
        rs_par_for(ex->pool, (size_t)q->n * j.heads * j.pieces, piece, &j);
    }
    rs_arena_rewind(ex->scratch, mark);
    return s;
}
