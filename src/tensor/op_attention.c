/* Streaming softmax (Milakov & Gimelshein 2018; Dao et al., "FlashAttention",
 * 2022), one piece for each (picture, head, Q_TILE queries):
 *
 *     for each KV_TILE keys:   S = Q K^T          [q, kv]  scores
 *                              S, r = softmax step of S     r: how much the old
 *                              O = diag(r) O + S V          maximum was too low
 *     out = O / row sums
 *
 * S stays in the cache: 128 x 256 floats are 128 KB. */
#include "tensor/op_attention.h"

#include <math.h>
#include <string.h>

#include "tensor/gemm.h"

#define Q_TILE ((size_t)128)
#define KV_TILE ((size_t)256)

struct job {
    const rs_exec *ex;
    const rs_tensor *out, *q, *k, *v;
    size_t heads, d, tq, tk, tiles;
    bool causal;
    float *work; /* per worker: scores, sums O, row_max, row_sum, rescale */
    size_t stride;
};

struct tile {
    size_t pic, head, q0, rows;
    float *s, *o, *row_max, *row_sum, *rescale;
};

static void mask_future(float *s, size_t rows, size_t q0, size_t k0, size_t cols)
{
    for (size_t r = 0; r < rows; r++)
        for (size_t c = q0 + r + 1 > k0 ? q0 + r + 1 - k0 : 0; c < cols; c++)
            s[r * KV_TILE + c] = -INFINITY;
}

static void kv_step(const struct job *j, const struct tile *t, size_t k0, size_t cols)
{
    const size_t c = j->heads * j->d, at = t->head * j->d;
    const float *k = j->k->data + (t->pic * j->tk + k0) * c + at;
    const float *v = j->v->data + (t->pic * j->tk + k0) * c + at;
    rs_gemm_tile(&(rs_gemm_args){
        .m = t->rows, .n = cols, .k = j->d,
        .a = j->q->data + (t->pic * j->tq + t->q0) * c + at, .lda = c,
        .b = k, .ldb = c, .b_trans = true, .c = t->s, .ldc = KV_TILE, .alpha = 1.0f });
    if (j->causal)
        mask_future(t->s, t->rows, t->q0, k0, cols);
    j->ex->kern->softmax_tile(t->s, t->rows, cols, KV_TILE, 1.0f / sqrtf((float)j->d), t->row_max,
                              t->row_sum, t->rescale);
    if (k0 > 0)
        j->ex->kern->scale_rows(t->o, t->rows, j->d, j->d, t->rescale);
    rs_gemm_tile(&(rs_gemm_args){
        .m = t->rows, .n = j->d, .k = cols, .a = t->s, .lda = KV_TILE, .b = v, .ldb = c,
        .c = t->o, .ldc = j->d, .alpha = 1.0f, .beta = k0 > 0 ? 1.0f : 0.0f });
}

static void piece(void *arg, size_t index, int worker)
{
    const struct job *j = arg;
    float *w = j->work + (size_t)worker * j->stride;
    struct tile t = {
        .pic = index / (j->heads * j->tiles),
        .head = index / j->tiles % j->heads,
        .q0 = index % j->tiles * Q_TILE,
        .s = w,
        .o = w + Q_TILE * KV_TILE,
    };
    t.row_max = t.o + Q_TILE * j->d;
    t.row_sum = t.row_max + Q_TILE;
    t.rescale = t.row_sum + Q_TILE;
    t.rows = j->tq - t.q0 < Q_TILE ? j->tq - t.q0 : Q_TILE;
    for (size_t r = 0; r < t.rows; r++) {
        t.row_max[r] = -INFINITY;
        t.row_sum[r] = 0.0f;
    }
    /* with a causal mask, keys behind the last query of the tile are never seen */
    const size_t keys = j->causal ? t.q0 + t.rows : j->tk;
    for (size_t k0 = 0; k0 < keys; k0 += KV_TILE)
        kv_step(j, &t, k0, keys - k0 < KV_TILE ? keys - k0 : KV_TILE);
    for (size_t r = 0; r < t.rows; r++)
        t.row_sum[r] = 1.0f / t.row_sum[r];
    j->ex->kern->scale_rows(t.o, t.rows, j->d, j->d, t.row_sum);
    const size_t c = j->heads * j->d;
    float *out = j->out->data + (t.pic * j->tq + t.q0) * c + t.head * j->d;
    for (size_t r = 0; r < t.rows; r++)
        memcpy(out + r * c, t.o + r * j->d, j->d * sizeof(float));
}

rs_status rs_op_attention(const rs_exec *ex, const rs_tensor *out, const rs_tensor *q,
                          const rs_tensor *k, const rs_tensor *v, int heads, bool causal, rs_err *err)
{
    RS_BUG_IF(heads < 1 || q->c % heads || k->c != q->c || v->c != q->c || k->n != q->n);
    struct job j = { .ex = ex, .out = out, .q = q, .k = k, .v = v, .causal = causal,
                     .heads = (size_t)heads, .d = (size_t)(q->c / heads),
                     .tq = (size_t)q->h * (size_t)q->w, .tk = (size_t)k->h * (size_t)k->w };
    RS_BUG_IF(causal && j.tq != j.tk);
    j.tiles = (j.tq + Q_TILE - 1) / Q_TILE;
    const size_t floats = Q_TILE * (KV_TILE + j.d + 3);
    j.stride = rs_exec_stride(floats);
    const rs_arena_mark mark = rs_arena_save(ex->scratch);
    RS_TRY(rs_exec_worker_floats(ex, floats, &j.work, err));
    rs_par_for(ex->pool, (size_t)q->n * j.heads * j.tiles, piece, &j);
    rs_arena_rewind(ex->scratch, mark);
    return RS_OK;
}
