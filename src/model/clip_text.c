#include "model/clip_text.h"

#include <string.h>

#include "nn/attention.h"
#include "tensor/op_eltwise.h"

struct layer {
    rs_norm norm1, norm2;
    rs_attention attn;
    rs_linear fc1, fc2;
};

struct rs_clip_text {
    rs_text_config cfg;
    rs_table tokens;        /* [vocab, width] */
    const float *positions; /* [max_tokens, width] */
    struct layer *layers;
    rs_norm final;
};

static const rs_attention_names names = { "q_proj", "k_proj", "v_proj", "out_proj" };

static rs_status layer_load(const rs_scope *s, const rs_text_config *cfg, struct layer *l, rs_err *err)
{
    const rs_scope attn = rs_scope_sub(s, "self_attn"), mlp = rs_scope_sub(s, "mlp");
    const int w = cfg->width;
    RS_TRY(rs_norm_load(s, "layer_norm1", w, 0, cfg->norm_eps, &l->norm1, err));
    RS_TRY(rs_attention_load(&attn, &names, w, 0, cfg->heads, true, &l->attn, err));
    RS_TRY(rs_norm_load(s, "layer_norm2", w, 0, cfg->norm_eps, &l->norm2, err));
    RS_TRY(rs_linear_load(&mlp, "fc1", w, cfg->mlp_width, true, &l->fc1, err));
    return rs_linear_load(&mlp, "fc2", cfg->mlp_width, w, true, &l->fc2, err);
}

rs_status rs_clip_text_load(const rs_exec *ex, rs_arena *arena, const rs_bundle *bundle,
                            rs_clip_text **out, rs_err *err)
{
    const rs_scope root = { .bundle = bundle, .part = RS_PART_TEXT, .ex = ex, .arena = arena,
                            .prefix = "text_model" };
    const rs_scope emb = rs_scope_sub(&root, "embeddings");
    rs_clip_text *t = RS_NEW(arena, rs_clip_text);
    if (!t)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for the text encoder");
    t->cfg = *rs_bundle_text(bundle);
    RS_TRY(rs_table_load(&emb, "token_embedding", t->cfg.vocab_size, t->cfg.width, &t->tokens, err));
    RS_TRY(rs_scope_f32(&emb, arena, "position_embedding.weight", 2,
                        (const int64_t[]){ t->cfg.max_tokens, t->cfg.width }, &t->positions, err));
    t->layers = RS_NEW_N(arena, struct layer, (size_t)t->cfg.layers);
    if (!t->layers)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for the text encoder");
    for (int i = 0; i < t->cfg.layers; i++) {
        const rs_scope s = rs_scope_sub(&root, "encoder.layers.%d", i);
        RS_TRY(layer_load(&s, &t->cfg, &t->layers[i], err));
    }
    RS_TRY(rs_norm_load(&root, "final_layer_norm", t->cfg.width, 0, t->cfg.norm_eps, &t->final, err));
    *out = t;
    return RS_OK;
}

static rs_status layer_run(const rs_exec *ex, const rs_clip_text *t, const struct layer *l,
                           const rs_tensor *x, const rs_tensor *h, const rs_tensor *wide, rs_err *err)
{
    RS_TRY(rs_norm_forward(ex, &l->norm1, h, x, false, err));
    RS_TRY(rs_attention_forward(ex, &l->attn, x, h, NULL, true, err));
    RS_TRY(rs_norm_forward(ex, &l->norm2, h, x, false, err));
    RS_TRY(rs_linear_forward(ex, &l->fc1, wide, h, NULL, err));
    const double t0 = rs_prof_start(ex->prof);
    if (t->cfg.act == RS_TEXT_QUICK_GELU)
        rs_op_quick_gelu(ex, wide, wide);
    else
        rs_op_gelu(ex, wide, wide);
    rs_prof_end(ex->prof, t0, RS_PROF_ACTIVATION, l->fc1.name, 0, 2 * rs_tensor_bytes(wide));
    RS_TRY(rs_linear_forward(ex, &l->fc2, x, wide, x, err));
    return RS_OK;
}

static void embed(const rs_exec *ex, const rs_clip_text *t, const int *ids, const float *const *rows,
                  const rs_tensor *x)
{
    const size_t w = (size_t)t->cfg.width, tokens = (size_t)x->w;
    for (size_t r = 0; r < (size_t)x->n * tokens; r++) {
        if (rows && rows[r])
            memcpy(x->data + r * w, rows[r], w * sizeof(float));
        else
            rs_table_row(ex, &t->tokens, ids[r], x->data + r * w);
        ex->kern->add(x->data + r * w, x->data + r * w, t->positions + r % tokens * w, w);
    }
}

static rs_status run(const rs_exec *ex, const rs_clip_text *t, const int *ids, const rs_clip_args *args,
                     const rs_tensor *dst, rs_err *err)
{
    rs_tensor x, h, wide;
    RS_TRY(rs_tensor_alloc(ex->scratch, dst->n, 1, dst->w, dst->c, &x, err));
    RS_TRY(rs_tensor_alloc(ex->scratch, dst->n, 1, dst->w, dst->c, &h, err));
    RS_TRY(rs_tensor_alloc(ex->scratch, dst->n, 1, dst->w, t->cfg.mlp_width, &wide, err));
    embed(ex, t, ids, args->rows, &x);
    for (int i = 0; i < t->cfg.layers - (args->skip - 1); i++)
        RS_TRY(layer_run(ex, t, &t->layers[i], &x, &h, &wide, err));
    return rs_norm_forward(ex, &t->final, dst, &x, false, err);
}

rs_status rs_clip_text_encode(const rs_exec *ex, const rs_clip_text *t, const int *ids,
                              const rs_clip_args *args, const rs_tensor *dst, rs_err *err)
{
    RS_BUG_IF(args->skip < 1 || args->skip > t->cfg.layers);
    RS_BUG_IF(dst->h != 1 || dst->w > t->cfg.max_tokens || dst->c != t->cfg.width);
    const rs_arena_mark mark = rs_arena_save(ex->scratch);
    const rs_status s = run(ex, t, ids, args, dst, err);
    rs_arena_rewind(ex->scratch, mark);
    return s;
}

rs_status rs_clip_text_forward(const rs_exec *ex, const rs_clip_text *t, const int *ids,
                               const rs_tensor *dst, rs_err *err)
{
    return rs_clip_text_encode(ex, t, ids, &(const rs_clip_args){ .skip = 1 }, dst, err);
}
