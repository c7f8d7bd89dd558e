/* Whether the output can be written as the encode group says. */
#include "pipe/validate.h"

#include <string.h>

#include "media/media.h"
#include "opt/path.h"

struct encode {
    rs_opt_ctx *ctx;
    const rs_value *map; /* of the group */
    const char *output, *codec;
};

/* Tells what is wrong with a key of the group; at: where it is written. */
static void tell(const struct encode *e, rs_status s, rs_pos at, const char *key, const rs_err *err)
{
    if (s == RS_E_NOMEM)
        e->ctx->diags->nomem = true;
    else if (s != RS_OK)
        rs_diags_add(e->ctx->diags, at, rs_opt_key_path(e->ctx, "encode.", key), RS_E_INVALID, NULL,
                     "%s", err->msg);
}

static void check_options(const struct encode *e)
{
    const rs_entry *options = rs_opt_given(e->map, "options");
    if (!options)
        return;
    for (const rs_entry *o = options->value->first; o; o = o->next) {
        rs_err err = { 0 };
        const rs_pair pair = { o->key, o->value->text };
        tell(e, rs_sink_check_option(e->output, e->codec, &pair, &err), o->pos,
             rs_opt_key_path(e->ctx, "options.", o->key), &err);
    }
}

void rs_check_encode(rs_opt_ctx *ctx, const rs_value *map, const rs_pipeline_spec *spec)
{
    const rs_entry *group = rs_value_find(map, "encode", strlen("encode"));
    if (!group || !rs_opt_given(map, "output"))
        return;
    const struct encode e = { ctx, group->value, rs_path_show(ctx->current_dir, spec->output),
                              spec->encode.codec };
    const rs_entry *codec = rs_opt_given(e.map, "codec"), *preset = rs_opt_given(e.map, "preset");
    const rs_entry *pixels = rs_opt_given(e.map, "pixel_format"), *crf = rs_opt_given(e.map, "crf");
    const rs_entry *format = rs_opt_given(e.map, "picture_format"),
                   *bits = rs_opt_given(e.map, "bit_depth");
    const rs_encode_spec *v = &spec->encode;
    rs_err err = { 0 };
    if (format)
        tell(&e, rs_sink_check_format(e.output, v->picture_format, &err), format->value->pos,
             "picture_format", &err);
    if (bits)
        tell(&e, rs_sink_check_bits(e.output, v->picture_format, v->bit_depth, &err),
             bits->value->pos, "bit_depth", &err);
    const rs_status s = rs_sink_check_codec(e.output, e.codec, &err);
    if (s != RS_OK) { /* and nothing can be said of the rest */
        tell(&e, s, codec ? codec->value->pos : group->pos, "codec", &err);
        return;
    }
    if (crf && codec) /* else the same pipeline may be for outputs of several kinds */
        tell(&e, rs_sink_check_crf(e.output, e.codec, &err), crf->value->pos, "crf", &err);
    if (preset)
        tell(&e, rs_sink_check_preset(e.output, e.codec, preset->value->text, &err),
             preset->value->pos, "preset", &err);
    if (pixels)
        tell(&e, rs_sink_check_pixels(e.output, e.codec, pixels->value->text, &err),
             pixels->value->pos, "pixel_format", &err);
    check_options(&e);
}
