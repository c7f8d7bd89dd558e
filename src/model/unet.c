#include "model/unet.h"

#include <math.h>

#include "base/mem.h"
#include "model/unet_parts.h"
#include "tensor/op_eltwise.h"

/* What a pass carries along. skips: outputs of the way down, newest last. */
struct pass {
    const rs_exec *ex;
    const rs_unet *u;
    const rs_unet_context *context;
    rs_tensor emb; /* silu of the time embedding */
    rs_tensor x;
    rs_tensor *skips;
    int n_skips;
};

/* Sinusoids of the timestep as diffusers' get_timestep_embedding, which works in
 * float32 throughout: so do we, or t = 999 would differ in the fifth digit. */
static void sinusoids(const rs_unet_config *cfg, float t, float *out)
{
    const int half = cfg->channels[0] / 2;
    for (int i = 0; i < half; i++) {
        const float e = (float)(-log(10000.0)) * (float)i / (float)(half - cfg->freq_shift);
        const float angle = t * (float)exp((double)e);
        const float s = (float)sin((double)angle), c = (float)cos((double)angle);
        out[i] = cfg->flip_sin_to_cos ? c : s;
        out[half + i] = cfg->flip_sin_to_cos ? s : c;
    }
    if (cfg->channels[0] % 2)
        out[2 * half] = 0.0f;
}

static rs_status embed_time(struct pass *p, float t, rs_err *err)
{
    const rs_unet *u = p->u;
    rs_tensor wave, h;
    RS_TRY(rs_tensor_alloc(p->ex->scratch, 1, 1, 1, u->time1.out, &p->emb, err));
    RS_TRY(rs_tensor_alloc(p->ex->scratch, 1, 1, 1, u->time1.in, &wave, err));
    RS_TRY(rs_tensor_alloc(p->ex->scratch, 1, 1, 1, u->time1.out, &h, err));
    sinusoids(&u->cfg, t, wave.data);
    RS_TRY(rs_linear_forward(p->ex, &u->time1, &h, &wave, NULL, err));
    rs_op_silu(p->ex, &h, &h);
    RS_TRY(rs_linear_forward(p->ex, &u->time2, &p->emb, &h, NULL, err));
    rs_op_silu(p->ex, &p->emb, &p->emb);
    return RS_OK;
}

static rs_status new_x(const struct pass *p, int h, int w, int c, rs_tensor *out, rs_err *err)
{
    return rs_tensor_alloc(p->ex->scratch, p->x.n, h, w, c, out, err);
}

static rs_status attend(struct pass *p, const rs_unet_level *lev, int i, rs_err *err)
{
    const rs_kv *kv = p->context->kv + lev->first_kv + i * lev->attentions[i].depth;
    return rs_transformer_forward(p->ex, &lev->attentions[i], &p->x, kv, err);
}

static rs_status run_down(struct pass *p, const rs_unet_level *lev, rs_err *err)
{
    rs_tensor y;
    for (int i = 0; i < lev->n_resnets; i++) {
        RS_TRY(new_x(p, p->x.h, p->x.w, lev->c, &y, err));
        RS_TRY(rs_resblock_forward(p->ex, &lev->resnets[i], &y, &p->x, &p->emb, err));
        p->x = y;
        if (i < lev->n_attentions)
            RS_TRY(attend(p, lev, i, err));
        p->skips[p->n_skips++] = p->x;
    }
    if (lev->has_sampler) {
        RS_TRY(new_x(p, (p->x.h + 1) / 2, (p->x.w + 1) / 2, lev->c, &y, err));
        RS_TRY(rs_conv_forward(p->ex, &lev->sampler, &y, &p->x, NULL, err));
        p->skips[p->n_skips++] = p->x = y;
    }
    return RS_OK;
}

static rs_status run_mid(struct pass *p, rs_err *err)
{
    const rs_unet_level *mid = &p->u->mid;
    rs_tensor y; /* the deepest output is a skip as well: not in place */
    RS_TRY(new_x(p, p->x.h, p->x.w, mid->c, &y, err));
    RS_TRY(rs_resblock_forward(p->ex, &mid->resnets[0], &y, &p->x, &p->emb, err));
    p->x = y;
    if (mid->n_attentions)
        RS_TRY(attend(p, mid, 0, err));
    return rs_resblock_forward(p->ex, &mid->resnets[1], &p->x, &p->x, &p->emb, err);
}

/* One resnet of the way up over [x, skip]. */
static rs_status join(struct pass *p, const rs_unet_level *lev, int i, rs_err *err)
{
    const rs_tensor skip = p->skips[--p->n_skips];
    rs_tensor y, both;
    RS_TRY(new_x(p, p->x.h, p->x.w, lev->c, &y, err));
    const rs_arena_mark mark = rs_arena_save(p->ex->scratch);
    RS_TRY(new_x(p, p->x.h, p->x.w, p->x.c + skip.c, &both, err));
    const double t0 = rs_prof_start(p->ex->prof);
    rs_op_concat(p->ex, &both, &p->x, &skip);
    rs_prof_end(p->ex->prof, t0, RS_PROF_CONCAT, lev->resnets[i].norm1.name, 0,
                2 * rs_tensor_bytes(&both));
    RS_TRY(rs_resblock_forward(p->ex, &lev->resnets[i], &y, &both, &p->emb, err));
    rs_arena_rewind(p->ex->scratch, mark);
    p->x = y;
    return i < lev->n_attentions ? attend(p, lev, i, err) : RS_OK;
}

static rs_status run_up(struct pass *p, const rs_unet_level *lev, rs_err *err)
{
    for (int i = 0; i < lev->n_resnets; i++)
        RS_TRY(join(p, lev, i, err));
    if (!lev->has_sampler)
        return RS_OK;
    const rs_tensor next = p->skips[p->n_skips - 1]; /* gives the size, see unet.h */
    rs_tensor y;
    RS_TRY(new_x(p, next.h, next.w, lev->c, &y, err));
    RS_TRY(rs_conv_forward(p->ex, &lev->sampler, &y, &p->x, &(rs_conv_args){ .enlarge = true }, err));
    p->x = y;
    return RS_OK;
}

static rs_status run(struct pass *p, const rs_tensor *dst, const rs_tensor *x, float t, rs_err *err)
{
    const rs_unet *u = p->u;
    p->skips = RS_NEW_N(p->ex->scratch, rs_tensor, (size_t)u->n_skips);
    if (!p->skips)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for the unet");
    RS_TRY(embed_time(p, t, err));
    RS_TRY(rs_tensor_alloc(p->ex->scratch, x->n, x->h, x->w, u->cfg.channels[0], &p->x, err));
    RS_TRY(rs_conv_forward(p->ex, &u->conv_in, &p->x, x, NULL, err));
    p->skips[p->n_skips++] = p->x;
    for (int i = 0; i < u->cfg.n_levels; i++)
        RS_TRY(run_down(p, &u->down[i], err));
    if (u->cfg.has_mid)
        RS_TRY(run_mid(p, err));
    for (int i = 0; i < u->cfg.n_levels; i++)
        RS_TRY(run_up(p, &u->up[i], err));
    return rs_norm_conv_forward(p->ex, &u->norm_out, &u->conv_out, dst, &p->x, NULL, err);
}

rs_status rs_unet_forward(const rs_exec *ex, const rs_unet *u, const rs_tensor *dst, const rs_tensor *x,
                          float t, const rs_unet_context *context, rs_err *err)
{
    RS_BUG_IF(x->c != u->cfg.in_channels || dst->c != u->cfg.out_channels || context->n != x->n);
    const rs_arena_mark mark = rs_arena_save(ex->scratch);
    struct pass p = { .ex = ex, .u = u, .context = context };
    const rs_status s = run(&p, dst, x, t, err);
    rs_arena_rewind(ex->scratch, mark);
    return s;
}
