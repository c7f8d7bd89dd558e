/* inpaint: what excludes it, and the mask on disk. The group itself checks its keys. */
#define _POSIX_C_SOURCE 200809L
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "media/mask_filter.h"
#include "media/mask_source.h"
#include "opt/path.h"
#include "pipe/validate.h"

static bool is_path(const char *mask)
{
    return strcmp(mask, RS_MASK_ALPHA) != 0 && strcmp(mask, RS_MASK_COLOR) != 0;
}

static void refuse_if(rs_opt_ctx *ctx, rs_pos pos, bool bad, const char *text)
{
    if (bad)
        rs_diags_add(ctx->diags, pos, "inpaint.mask", RS_E_INVALID, NULL, "%s", text);
}

/* Masks against the frames of one input. What is wrong with the input is its own. */
static void check_with(rs_opt_ctx *ctx, rs_pos pos, const rs_pipeline_spec *spec, const char *input)
{
    rs_timeline t = spec->timeline;
    const rs_source_options o = { .recursive = spec->recursive, .timeline = &t, .numbered = true };
    rs_source *frames = NULL;
    rs_mask_source *masks = NULL;
    rs_err err = { 0 };
    t.exec.command = NULL; /* nothing is run yet */
    if (rs_source_open_with(input, &o, &frames, NULL) != RS_OK)
        return;
    rs_status s = rs_mask_source_open(&spec->inpaint, &o, rs_source_get_info(frames), &masks, &err);
    if (s == RS_OK)
        s = rs_mask_source_check(masks, frames, &err);
    if (s != RS_OK)
        rs_diags_add(ctx->diags, pos, "inpaint.mask",
                     s == RS_E_NOMEM || s == RS_E_INVALID ? s : RS_E_NOTFOUND, NULL, "%s", err.msg);
    rs_mask_source_close(&masks);
    rs_source_close(&frames);
}

static void check_frames(rs_opt_ctx *ctx, rs_pos pos, const rs_pipeline_spec *spec)
{
    const char *const *inputs = spec->inputs.at;
    for (size_t i = 0; i < spec->inputs.n; i++)
        check_with(ctx, pos, spec, inputs[i]);
    if (spec->inputs.n == 0 && spec->input)
        check_with(ctx, pos, spec, spec->input);
}

void rs_check_inpaint(rs_opt_ctx *ctx, const rs_value *map, const rs_pipeline_spec *spec)
{
    const rs_entry *group = rs_value_find(map, "inpaint", strlen("inpaint"));
    const rs_entry *mask = group ? rs_opt_given(group->value, "mask") : NULL;
    const rs_inpaint_spec *s = &spec->inpaint;
    if (!mask)
        return;
    const rs_pos pos = mask->value->pos;
    const bool filtered = is_path(s->mask) && spec->timeline.filters.before;
    rs_err err = { 0 };
    if (ctx->check_files && is_path(s->mask) && access(s->mask, R_OK) != 0)
        rs_diags_add(ctx->diags, pos, "inpaint.mask", RS_E_NOTFOUND, NULL, "cannot read '%s'",
                     rs_path_show(ctx->current_dir, s->mask));
    else if (ctx->check_files && is_path(s->mask) && (rs_is_dir(s->mask) || filtered))
        check_frames(ctx, pos, spec);
    else if (filtered && rs_mask_filter_check(spec->timeline.filters.before, &err) != RS_OK)
        rs_diags_add(ctx->diags, pos, "inpaint.mask", err.status, NULL, "%s", err.msg);
    refuse_if(ctx, pos, spec->resize == RS_RESIZE_LATENT,
              "a mask needs the picture's own latent: write another 'resize' than latent");
    refuse_if(ctx, pos, spec->img2img.tiling && s->params.area == RS_INPAINT_ONLY_MASKED,
              "'img2img.tiling' would join the edges of a part: write 'area: whole'");
    refuse_if(ctx, pos, spec->sd_upscale.factor > 0,
              "sd_upscale repaints the whole picture: set sd_upscale.factor to off");
    refuse_if(ctx, pos, spec->upscale.model && spec->upscale.when == RS_UPSCALE_BEFORE,
              "the mask would not fit the enlarged picture: set upscale.when to after");
}
