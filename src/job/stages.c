#include "job/stages.h"

#include "base/err.h"

static bool upscales(const rs_pipeline_spec *spec, rs_upscale_when when)
{
    return spec->upscale.model && spec->upscale.when == when;
}

rs_status rs_stages_open(rs_stages *s, const rs_pipeline_spec *spec, const rs_log *log,
                         rs_profile *profile, rs_err *err)
{
    rs_model_options o = rs_pipeline_model_options(spec);
    o.log = log;
    o.profile = profile;
    s->spec = spec;
    RS_TRY(rs_model_open(spec->model, &o, &s->model, err));
    if (spec->upscale.model)
        RS_TRY(rs_upscaler_open(spec->upscale.model, spec->threads, &s->upscaler, err));
    return RS_OK;
}

void rs_stages_close(rs_stages *s)
{
    rs_upscaler_close(&s->upscaler);
    rs_model_close(&s->model);
    rs_image_release(&s->before);
    for (int i = 0; i < RS_BATCH_MAX_SIZE; i++)
        rs_image_release(&s->painted[i]);
}

rs_size rs_stages_init_size(const rs_pipeline_spec *spec, rs_size in)
{
    return upscales(spec, RS_UPSCALE_BEFORE) ? rs_upscale_size(spec->upscale.factor, in.width, in.height)
                                             : in;
}

rs_size rs_stages_size(const rs_pipeline_spec *spec, rs_size in, rs_size latent)
{
    rs_size s = latent.width ? latent : rs_stages_init_size(spec, in);
    if (spec->sd_upscale.factor > 0)
        s = rs_sd_upscale_size(&spec->sd_upscale, s.width, s.height);
    s = rs_outpaint_size(&spec->outpaint, s.width, s.height);
    return upscales(spec, RS_UPSCALE_AFTER) ? rs_upscale_size(spec->upscale.factor, s.width, s.height) : s;
}

static rs_status inpaint(rs_stages *s, const rs_img2img_params *p, const rs_stages_input *in,
                         rs_image *out, const rs_progress *progress, rs_err *err)
{
    rs_inpaint_params ip = s->spec->inpaint.params;
    const rs_inpaint_picture picture = { .init = in->init, .original = in->original, .mask = in->mask,
                                         .box = in->box };
    ip.size = in->part;
    if (s->spec->loops.count > 1)
        return rs_inpaint_loops(s->model, p, &ip, &s->spec->loops, &picture, out, progress, err);
    return rs_inpaint(s->model, p, &ip, &picture, out, progress, err);
}

static bool is_plain(const rs_pipeline_spec *spec)
{
    return !spec->inpaint.mask && !(spec->sd_upscale.factor > 0) && spec->loops.count <= 1 &&
           !rs_outpaint_grows(&spec->outpaint);
}

int rs_stages_together(const rs_pipeline_spec *spec)
{
    return is_plain(spec) && spec->batch.size > 1 ? spec->batch.size : 1;
}

static rs_status paint(rs_stages *s, const rs_img2img_params *p, const rs_image *init, int n,
                       rs_image *outs, const rs_progress *progress, rs_err *err)
{
    RS_BUG_IF(n > rs_stages_together(s->spec));
    if (s->spec->sd_upscale.factor > 0)
        return rs_img2img_upscale(s->model, p, &s->spec->sd_upscale, init, outs, progress, err);
    if (rs_outpaint_grows(&s->spec->outpaint))
        return rs_img2img_outpaint(s->model, p, &s->spec->outpaint, init, outs, progress, err);
    if (s->spec->loops.count > 1)
        return rs_img2img_loops(s->model, p, &s->spec->loops, init, outs, progress, err);
    return rs_img2img_batch(s->model, p, n, init, outs, progress, err);
}

rs_status rs_stages_run(rs_stages *s, const rs_img2img_params *params, const rs_stages_input *in, int n,
                        rs_image *outs, const rs_progress *progress, rs_err *err)
{
    const rs_upscale_params *up = &s->spec->upscale;
    const bool after = upscales(s->spec, RS_UPSCALE_AFTER);
    rs_image *painted = after ? s->painted : outs;
    const rs_image *init = in->init;
    if (upscales(s->spec, RS_UPSCALE_BEFORE)) {
        RS_TRY(rs_upscale(s->upscaler, up, init, &s->before, progress, err));
        init = &s->before;
    }
    if (in->mask)
        RS_TRY(inpaint(s, params, in, painted, progress, err));
    else
        RS_TRY(paint(s, params, init, n, painted, progress, err));
    for (int i = 0; after && i < n; i++)
        RS_TRY(rs_upscale(s->upscaler, up, &painted[i], &outs[i], progress, err));
    return RS_OK;
}
