#include "stage/styles.h"

#include <stdio.h>

#include "base/fs.h"
#include "prompt/prompt_styles.h"

static rs_status unknown(const rs_styles *styles, const char *name, const char *file, rs_err *err)
{
    char list[300] = "";
    size_t n = 0;
    for (size_t i = 0; i < styles->n && i < 12 && n + 60 < sizeof(list); i++)
        n += (size_t)snprintf(list + n, sizeof(list) - n, "%s%.40s", i ? ", " : "", styles->items[i].name);
    return RS_FAIL(err, RS_E_NOTFOUND, "'%s' has no style '%s'; it has %s%s", file, name,
                   styles->n ? list : "none", styles->n > 12 ? ", ..." : "");
}

rs_status rs_styles_apply(rs_arena *arena, const rs_img2img_params *params, const char **prompt,
                          const char **negative, rs_err *err)
{
    const char *const *names = params->styles.at;
    rs_styles styles;
    char *text;
    size_t size;
    *prompt = params->prompt;
    *negative = params->negative_prompt;
    if (params->styles.n == 0)
        return RS_OK;
    if (!params->styles_file)
        return RS_FAIL(err, RS_E_INVALID, "styles need styles_file, A1111's styles.csv");
    RS_TRY(rs_read_file(arena, params->styles_file, RS_STYLES_MAX_BYTES, &text, &size, err));
    RS_TRY(rs_styles_parse(arena, params->styles_file, text, size, &styles, err));
    for (size_t i = 0; i < params->styles.n; i++) {
        const rs_style *s = rs_styles_find(&styles, names[i]);
        if (!s)
            return unknown(&styles, names[i], params->styles_file, err);
        RS_TRY(rs_style_merge(arena, s->prompt, *prompt, prompt, err));
        RS_TRY(rs_style_merge(arena, s->negative, *negative, negative, err));
    }
    return RS_OK;
}

rs_status rs_styles_resolve(rs_arena *arena, rs_img2img_params *params, rs_err *err)
{
    const char *prompt, *negative;
    RS_TRY(rs_styles_apply(arena, params, &prompt, &negative, err));
    params->prompt = prompt;
    params->negative_prompt = negative;
    params->styles = (rs_list){ 0 };
    params->styles_file = NULL;
    return RS_OK;
}
