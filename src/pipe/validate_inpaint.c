/* inpaint: what excludes it, and the mask on disk. The group itself checks its keys. */
#define _POSIX_C_SOURCE 200809L
#include <string.h>
#include <unistd.h>

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

void rs_check_inpaint(rs_opt_ctx *ctx, const rs_value *map, const rs_pipeline_spec *spec)
{
    const rs_entry *group = rs_value_find(map, "inpaint", strlen("inpaint"));
    const rs_entry *mask = group ? rs_opt_given(group->value, "mask") : NULL;
    const rs_inpaint_spec *s = &spec->inpaint;
    if (!mask)
        return;
    const rs_pos pos = mask->value->pos;
    if (ctx->check_files && is_path(s->mask) && access(s->mask, R_OK) != 0)
        rs_diags_add(ctx->diags, pos, "inpaint.mask", RS_E_NOTFOUND, NULL, "cannot read '%s'",
                     rs_path_show(ctx->current_dir, s->mask));
    refuse_if(ctx, pos, spec->resize == RS_RESIZE_LATENT,
              "a mask needs the picture's own latent: write another 'resize' than latent");
    refuse_if(ctx, pos, spec->img2img.tiling && s->params.area == RS_INPAINT_ONLY_MASKED,
              "'img2img.tiling' would join the edges of a part: write 'area: whole'");
    refuse_if(ctx, pos, spec->sd_upscale.factor > 0,
              "sd_upscale repaints the whole picture: set sd_upscale.factor to off");
    refuse_if(ctx, pos, spec->upscale.model && spec->upscale.when == RS_UPSCALE_BEFORE,
              "the mask would not fit the enlarged picture: set upscale.when to after");
}
