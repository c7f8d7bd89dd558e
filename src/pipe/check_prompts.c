#include "pipe/check_prompts.h"

#include <string.h>

#include "prompt/prompt_and.h"
#include "prompt/prompt_schedule.h"
#include "prompt/prompt_tags.h"
#include "prompt/prompt_weights.h"
#include "stage/styles.h"

static void tell(rs_opt_ctx *ctx, const rs_entry *at, const char *key, const rs_err *err)
{
    if (err->status == RS_E_NOMEM) {
        ctx->diags->nomem = true;
        return;
    }
    const bool missing = err->status == RS_E_NOTFOUND || err->status == RS_E_IO;
    rs_diags_add(ctx->diags, at->value->pos, key, missing ? RS_E_NOTFOUND : RS_E_INVALID, NULL, "%s",
                 err->msg);
}

static rs_status check_text(rs_arena *arena, rs_span text, const rs_img2img_params *p, rs_err *err)
{
    rs_prompt_schedule s;
    rs_prompt_piece *pieces;
    size_t n;
    RS_TRY(rs_prompt_schedule_parse(arena, text, p->steps, &s, err));
    for (int i = 0; i < s.n_texts && p->emphasis != RS_EMPHASIS_NONE; i++)
        RS_TRY(rs_prompt_weights_parse(arena, s.texts[i], &pieces, &n, err));
    return RS_OK;
}

static rs_status check_prompt(rs_opt_ctx *ctx, const char *prompt, const rs_img2img_params *p, rs_err *err)
{
    rs_prompt_share *shares;
    rs_prompt_tags tags;
    int n;
    const rs_status s = rs_prompt_tags_parse(ctx->arena, prompt, &prompt, &tags, err);
    if (s != RS_OK)
        return ctx->check_files ? RS_OK : s;
    RS_TRY(rs_prompt_and_parse(ctx->arena, prompt, &shares, &n, err));
    for (int i = 0; i < n; i++)
        RS_TRY(check_text(ctx->arena, shares[i].text, p, err));
    return RS_OK;
}

void rs_check_clip_skip(rs_opt_ctx *ctx, const rs_value *map, const rs_pipeline_spec *spec,
                        const rs_bundle *bundle)
{
    const rs_entry *group = rs_value_find(map, "img2img", strlen("img2img"));
    const rs_entry *at = group ? rs_opt_given(group->value, "clip_skip") : NULL;
    const int layers = rs_bundle_text(bundle)->layers;
    if (at && spec->img2img.clip_skip > layers)
        rs_diags_add(ctx->diags, at->value->pos, "img2img.clip_skip", RS_E_INVALID, NULL,
                     "this model's text encoder has %d layers: clip_skip is at most %d", layers, layers);
}

void rs_check_prompts(rs_opt_ctx *ctx, const rs_value *map, const rs_pipeline_spec *spec)
{
    const rs_entry *entry = rs_value_find(map, "img2img", strlen("img2img"));
    if (!entry)
        return;
    const rs_value *group = entry->value;
    const rs_entry *prompt = rs_opt_given(group, "prompt"), *styles = rs_opt_given(group, "styles");
    const rs_entry *file = rs_opt_given(group, "styles_file");
    const rs_entry *negative = rs_opt_given(group, "negative_prompt");
    const char *text = spec->img2img.prompt, *against = spec->img2img.negative_prompt;
    rs_err err = { 0 };
    if (file && !styles)
        rs_diags_add(ctx->diags, file->value->pos, "img2img.styles_file", RS_E_INVALID, NULL,
                     "no style of it is used: name some with 'styles', or leave it out");
    if (styles && (!spec->img2img.styles_file || ctx->check_files) &&
        rs_styles_apply(ctx->arena, &spec->img2img, &text, &against, &err) != RS_OK) {
        tell(ctx, styles, "img2img.styles", &err);
        return;
    }
    if (prompt && check_prompt(ctx, text, &spec->img2img, &err) != RS_OK)
        tell(ctx, prompt, "img2img.prompt", &err);
    const rs_span other = { against, strlen(against) };
    if (negative && check_text(ctx->arena, other, &spec->img2img, &err) != RS_OK)
        tell(ctx, negative, "img2img.negative_prompt", &err);
}
