#include "nn/transformer.h"

#define LN_EPS 1e-5f   /* torch.nn.LayerNorm */
#define NORM_EPS 1e-6f /* Transformer2DModel's GroupNorm */
/* The feed-forward widens each token 4 times: in chunks it stays in the cache. */
#define FF_ROWS ((size_t)1024)

static const rs_attention_names names = { "to_q", "to_k", "to_v", "to_out.0" };

static rs_status block_load(const rs_scope *s, int c, int context_dim, int heads, rs_transformer_block *b,
                            rs_err *err)
{
    const rs_scope attn1 = rs_scope_sub(s, "attn1"), attn2 = rs_scope_sub(s, "attn2");
    RS_TRY(rs_norm_load(s, "norm1", c, 0, LN_EPS, &b->norm1, err));
    RS_TRY(rs_attention_load(&attn1, &names, c, 0, heads, false, &b->self, err));
    RS_TRY(rs_norm_load(s, "norm2", c, 0, LN_EPS, &b->norm2, err));
    RS_TRY(rs_attention_load(&attn2, &names, c, context_dim, heads, false, &b->cross, err));
    RS_TRY(rs_norm_load(s, "norm3", c, 0, LN_EPS, &b->norm3, err));
    RS_TRY(rs_linear_load(s, "ff.net.0.proj", c, 8 * c, true, &b->ff_in, err));
    return rs_linear_load(s, "ff.net.2", 4 * c, c, true, &b->ff_out, err);
}

rs_status rs_transformer_load(const rs_scope *s, int c, int context_dim, int heads, int depth, int groups,
                              rs_transformer *t, rs_err *err)
{
    rs_transformer r = { .c = c, .depth = depth };
    RS_TRY(rs_norm_load(s, "norm", c, groups, NORM_EPS, &r.norm, err));
    RS_TRY(rs_linear_load(s, "proj_in", c, c, true, &r.proj_in, err));
    r.blocks = RS_NEW_N(s->arena, rs_transformer_block, (size_t)depth);
    if (!r.blocks)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for %d transformer blocks", depth);
    for (int i = 0; i < depth; i++) {
        const rs_scope b = rs_scope_sub(s, "transformer_blocks.%d", i);
        RS_TRY(block_load(&b, c, context_dim, heads, &r.blocks[i], err));
    }
    RS_TRY(rs_linear_load(s, "proj_out", c, c, true, &r.proj_out, err));
    *t = r;
    return RS_OK;
}

rs_status rs_transformer_context(const rs_exec *ex, const rs_transformer *t, rs_arena *arena,
                                 const rs_tensor *context, rs_kv *kv, rs_err *err)
{
    for (int i = 0; i < t->depth; i++)
        RS_TRY(rs_attention_kv(ex, &t->blocks[i].cross, arena, context, &kv[i], err));
    return RS_OK;
}

/* x += ff_out(v * gelu(g)), [v, g] = ff_in(h), h: normalised x */
static rs_status feed_forward(const rs_exec *ex, const rs_transformer_block *b, const rs_tensor *x,
                              const rs_tensor *h, rs_err *err)
{
    const size_t rows = rs_tensor_rows(x), c = (size_t)x->c;
    const size_t most = rows < FF_ROWS ? rows : FF_ROWS;
    rs_tensor gated;
    RS_TRY(rs_tensor_alloc(ex->scratch, 1, 1, (int)most, 4 * x->c, &gated, err));
    for (size_t r = 0; r < rows; r += FF_ROWS) {
        const int n = (int)(rows - r < FF_ROWS ? rows - r : FF_ROWS);
        const rs_tensor in = { 1, 1, n, x->c, h->data + r * c };
        const rs_tensor out = { 1, 1, n, x->c, x->data + r * c };
        gated.w = n;
        RS_TRY(rs_linear_geglu(ex, &b->ff_in, &gated, &in, err));
        RS_TRY(rs_linear_forward(ex, &b->ff_out, &out, &gated, &out, err));
    }
    return RS_OK;
}

static rs_status block_run(const rs_exec *ex, const rs_transformer_block *b, const rs_tensor *x,
                           const rs_kv *kv, rs_err *err)
{
    rs_tensor h;
    RS_TRY(rs_tensor_alloc(ex->scratch, x->n, x->h, x->w, x->c, &h, err));
    RS_TRY(rs_norm_forward(ex, &b->norm1, &h, x, false, err));
    RS_TRY(rs_attention_forward(ex, &b->self, x, &h, NULL, false, err));
    RS_TRY(rs_norm_forward(ex, &b->norm2, &h, x, false, err));
    RS_TRY(rs_attention_forward(ex, &b->cross, x, &h, kv, false, err));
    RS_TRY(rs_norm_forward(ex, &b->norm3, &h, x, false, err));
    return feed_forward(ex, b, x, &h, err);
}

rs_status rs_transformer_block_forward(const rs_exec *ex, const rs_transformer_block *b,
                                       const rs_tensor *x, const rs_kv *kv, rs_err *err)
{
    const rs_arena_mark mark = rs_arena_save(ex->scratch);
    const rs_status s = block_run(ex, b, x, kv, err);
    rs_arena_rewind(ex->scratch, mark);
    return s;
}

static rs_status run(const rs_exec *ex, const rs_transformer *t, const rs_tensor *x, const rs_kv *kv,
                     rs_err *err)
{
    rs_tensor h, tokens;
    RS_TRY(rs_tensor_alloc(ex->scratch, x->n, x->h, x->w, x->c, &tokens, err));
    RS_TRY(rs_tensor_alloc(ex->scratch, x->n, x->h, x->w, x->c, &h, err));
    RS_TRY(rs_norm_forward(ex, &t->norm, &h, x, false, err));
    RS_TRY(rs_linear_forward(ex, &t->proj_in, &tokens, &h, NULL, err));
    for (int i = 0; i < t->depth; i++)
        RS_TRY(rs_transformer_block_forward(ex, &t->blocks[i], &tokens, &kv[i], err));
    RS_TRY(rs_linear_forward(ex, &t->proj_out, x, &tokens, x, err));
    return RS_OK;
}

rs_status rs_transformer_forward(const rs_exec *ex, const rs_transformer *t, const rs_tensor *x,
                                 const rs_kv *kv, rs_err *err)
{
    const rs_arena_mark mark = rs_arena_save(ex->scratch);
    const rs_status s = run(ex, t, x, kv, err);
    rs_arena_rewind(ex->scratch, mark);
    return s;
}
