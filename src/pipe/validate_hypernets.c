/* img2img.hypernetworks and <hypernet:...>: files that can be read, and are for the model. */
#include <string.h>

#include "opt/path.h"
#include "pipe/validate.h"
#include "stage/hypernets.h"

static rs_status check_file(rs_opt_ctx *ctx, const char *path, const rs_bundle *bundle, rs_err *err)
{
    rs_hypernet net;
    const char *shown = rs_path_show(ctx->current_dir, path);
    RS_TRY(rs_hypernet_check(ctx->arena, shown, &net, err));
    if (rs_hypernet_fits(&net, rs_bundle_unet(bundle)))
        return RS_OK;
    return RS_FAIL(err, RS_E_UNSUPPORTED, "'%s' is for another kind of model: its networks are %d wide",
                   shown, net.sizes[0].width);
}

void rs_check_hypernets(rs_opt_ctx *ctx, const rs_value *map, const rs_pipeline_spec *spec,
                        const rs_bundle *bundle)
{
    const rs_entry *group = rs_value_find(map, "img2img", strlen("img2img"));
    const rs_entry *list = group ? rs_opt_given(group->value, "hypernetworks") : NULL;
    const rs_entry *prompt = group ? rs_opt_given(group->value, "prompt") : NULL;
    const rs_entry *at = list ? list : prompt;
    rs_list files = { 0 };
    rs_err err = { 0 };
    if (!at)
        return;
    rs_status s = rs_hypernets_of(ctx->arena, &spec->img2img, &files, &err);
    for (size_t i = 0; s == RS_OK && i < files.n; i++)
        s = check_file(ctx, ((const rs_hypernetwork *)files.at)[i].path, bundle, &err);
    /* what is wrong with tags and styles in general is told by rs_check_prompts and of loras */
    if (s != RS_OK && (list || strstr(spec->img2img.prompt, "<hypernet:")))
        rs_diags_add(ctx->diags, at->value->pos, list ? "img2img.hypernetworks" : "img2img.prompt",
                     s == RS_E_INVALID ? s : RS_E_NOTFOUND, NULL, "%s", err.msg);
}
