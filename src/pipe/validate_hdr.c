/* Whether the input is HDR where that is refused, before a model is loaded. */
#include "media/media.h"
#include "opt/path.h"
#include "pipe/validate.h"

void rs_check_hdr(rs_opt_ctx *ctx, const rs_value *map, const rs_pipeline_spec *spec)
{
    const rs_entry *hdr = rs_opt_given(map, "hdr");
    rs_source *source = NULL;
    rs_err err = { 0 };
    if (!hdr || spec->hdr != RS_HDR_REFUSE || spec->inputs.n > 1 || !rs_opt_given(map, "input"))
        return;
    const rs_source_options o = { .recursive = spec->recursive, .refuse_hdr = true };
    const char *path = rs_path_show(ctx->current_dir, spec->input);
    const rs_status s = rs_source_open_with(path, &o, &source, &err);
    rs_source_close(&source);
    if (s == RS_E_UNSUPPORTED) /* what else is wrong with it is the run's to tell */
        rs_diags_add(ctx->diags, hdr->value->pos, "hdr", RS_E_NOTFOUND, NULL, "%s", err.msg);
}
