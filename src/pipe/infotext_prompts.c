#include "pipe/infotext_prompts.h"

#include "base/fs.h"
#include "base/strbuf.h"
#include "infotext/infotext.h"
#include "opt/number.h"
#include "restyle/networks.h"
#include "stage/styles.h"

/* "<lora:name:", of the file's name. */
static void begin_tag(rs_strbuf *sb, const char *kind, const char *path)
{
    const char *name = rs_path_name(path);
    rs_strbuf_printf(sb, "<%s:", kind);
    rs_strbuf_add(sb, name, (size_t)(rs_path_ext(name) - name));
    rs_strbuf_puts(sb, ":");
}

/* <lora:name:te:unet:dyn>, as short as it can be. */
static void put_lora(rs_strbuf *sb, const rs_lora *l)
{
    const float te = l->te == RS_LORA_WEIGHT ? l->weight : l->te;
    const float unet = l->unet == RS_LORA_WEIGHT ? l->weight : l->unet;
    begin_tag(sb, "lora", l->path);
    rs_print_real(sb, (double)te);
    if (unet != te || l->dyn) {
        rs_strbuf_puts(sb, ":");
        rs_print_real(sb, (double)unet);
    }
    if (l->dyn)
        rs_strbuf_printf(sb, ":%d", l->dyn);
    rs_strbuf_puts(sb, ">");
}

static void put_hypernet(rs_strbuf *sb, const rs_hypernetwork *h)
{
    begin_tag(sb, "hypernet", h->path);
    rs_print_real(sb, (double)h->weight);
    rs_strbuf_puts(sb, ">");
}

rs_status rs_infotext_prompts(rs_arena *arena, const rs_img2img_params *params, const char **prompt,
                              const char **negative, rs_err *err)
{
    rs_strbuf sb;
    RS_TRY(rs_styles_apply(arena, params, prompt, negative, err));
    if (params->loras.n + params->hypernetworks.n == 0)
        return RS_OK;
    rs_strbuf_init(&sb, RS_INFOTEXT_MAX_BYTES);
    for (size_t i = 0; i < params->loras.n; i++)
        put_lora(&sb, &((const rs_lora *)params->loras.at)[i]);
    for (size_t i = 0; i < params->hypernetworks.n; i++)
        put_hypernet(&sb, &((const rs_hypernetwork *)params->hypernetworks.at)[i]);
    rs_strbuf_puts(&sb, *prompt);
    *prompt = sb.failed ? NULL : rs_arena_strdup(arena, rs_strbuf_str(&sb));
    rs_strbuf_release(&sb);
    return *prompt ? RS_OK : RS_FAIL(err, RS_E_NOMEM, "no memory for the parameters of a picture");
}
