#include "nn/attention.h"

#include "tensor/op_attention.h"

rs_status rs_attention_load(const rs_scope *s, const rs_attention_names *names, int dim, int context_dim,
                            int heads, bool qkv_bias, rs_attention *a, rs_err *err)
{
    if (heads < 1 || dim % heads)
        return RS_FAIL(err, RS_E_FORMAT, "'%s': %d channels cannot be split in %d heads", s->prefix, dim,
                       heads);
    const rs_scope careful = rs_scope_careful(s);
    rs_attention at = { .dim = dim, .heads = heads,
                        .bf16 = rs_bits_used(s->ex->kern, careful.least, false) == RS_BITS_BF16 };
    /* those of a context are made once a prompt, and texts have values far from the others */
    const rs_scope kv = context_dim ? careful : *s;
    const int kv_dim = context_dim ? context_dim : dim;
    RS_TRY(rs_scope_name(s, &at.name, err));
    RS_TRY(rs_linear_load(s, names->q, dim, dim, qkv_bias, &at.q, err));
    RS_TRY(rs_linear_load(&kv, names->k, kv_dim, dim, qkv_bias, &at.k, err));
    RS_TRY(rs_linear_load(&kv, names->v, kv_dim, dim, qkv_bias, &at.v, err));
    RS_TRY(rs_linear_load(s, names->out, dim, dim, true, &at.out, err));
    *a = at;
    return RS_OK;
}

static rs_status project(const rs_exec *ex, const rs_attention *a, const rs_tensor *context, rs_kv *kv,
                         rs_err *err)
{
    rs_tensor k, v;
    RS_TRY(rs_hypernets_apply(ex, a->hyper, context, &k, &v, err));
    RS_TRY(rs_linear_forward(ex, &a->k, &kv->k, &k, NULL, err));
    return rs_linear_forward(ex, &a->v, &kv->v, &v, NULL, err);
}

rs_status rs_attention_kv(const rs_exec *ex, const rs_attention *a, rs_arena *arena,
                          const rs_tensor *context, rs_kv *kv, rs_err *err)
{
    RS_TRY(rs_tensor_alloc(arena, context->n, context->h, context->w, a->dim, &kv->k, err));
    RS_TRY(rs_tensor_alloc(arena, context->n, context->h, context->w, a->dim, &kv->v, err));
    const rs_arena_mark mark = rs_arena_save(ex->scratch);
    const rs_status s = project(ex, a, context, kv, err);
    rs_arena_rewind(ex->scratch, mark);
    return s;
}

/* Both products over every pair of tokens, masked or not. */
static void record(const rs_exec *ex, const rs_attention *a, const rs_tensor *q, const rs_kv *kv,
                   bool self, double t0)
{
    const double pairs = (double)rs_tensor_count(q) * kv->k.h * kv->k.w;
    rs_prof_end(ex->prof, t0, self ? RS_PROF_SELF_ATTENTION : RS_PROF_CROSS_ATTENTION, a->name,
                4.0 * pairs, 2.0 * (rs_tensor_bytes(q) + rs_tensor_bytes(&kv->k)));
}

static rs_status forward(const rs_exec *ex, const rs_attention *a, const rs_tensor *y,
                         const rs_tensor *x, const rs_kv *kv, bool causal, rs_err *err)
{
    rs_tensor q, o;
    rs_kv own;
    const bool self = !kv;
    RS_TRY(rs_tensor_alloc(ex->scratch, x->n, x->h, x->w, a->dim, &q, err));
    RS_TRY(rs_tensor_alloc(ex->scratch, x->n, x->h, x->w, a->dim, &o, err));
    if (self) {
        RS_TRY(rs_attention_kv(ex, a, ex->scratch, x, &own, err));
        kv = &own;
    }
    RS_TRY(rs_linear_forward(ex, &a->q, &q, x, NULL, err));
    const double t0 = rs_prof_start(ex->prof);
    RS_TRY(rs_op_attention(ex, &o, &q, &kv->k, &kv->v, a->heads, causal, a->bf16, err));
    record(ex, a, &q, kv, self, t0);
    RS_TRY(rs_linear_forward(ex, &a->out, y, &o, y, err));
    return RS_OK;
}

rs_status rs_attention_forward(const rs_exec *ex, const rs_attention *a, const rs_tensor *y,
                               const rs_tensor *x, const rs_kv *kv, bool causal, rs_err *err)
{
    const rs_arena_mark mark = rs_arena_save(ex->scratch);
    const rs_status s = forward(ex, a, y, x, kv, causal, err);
    rs_arena_rewind(ex->scratch, mark);
    return s;
}
