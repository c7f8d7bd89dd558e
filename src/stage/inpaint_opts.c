#include "stage/inpaint_opts.h"

#include <string.h>

#include "restyle/inpaint.h"

static const rs_opt_choice mask_words[] = {
    { RS_MASK_ALPHA, 0, "the input's own alpha channel: what is opaque is repainted" },
    { RS_MASK_COLOR, 0, "what has the colour of inpaint.color in the input" },
    { 0 }
};

static const rs_opt_choice modes[] = {
    { "masked", RS_MASK_MASKED, "repaint where the mask is white" },
    { "not_masked", RS_MASK_NOT_MASKED, "repaint where it is black" },
    { 0 }
};

const rs_opt_choice rs_inpaint_contents[] = {
    { "fill", RS_INPAINT_FILL, "blurred surroundings" },
    { "original", RS_INPAINT_ORIGINAL, "the frame as it is" },
    { "latent_noise", RS_INPAINT_LATENT_NOISE, "the seed's noise" },
    { "latent_nothing", RS_INPAINT_LATENT_NOTHING, "an empty latent" },
    { 0 }
};

static const rs_opt_choice areas[] = {
    { "whole", RS_INPAINT_WHOLE, "the whole frame is diffused" },
    { "only_masked", RS_INPAINT_ONLY_MASKED, "only the surroundings of the mask, enlarged to size; the "
                                             "output keeps the source's size" },
    { 0 }
};

static const rs_opt_word same_blur = { "auto", -1, "as much as blur" };

#define OPT_STRUCT rs_inpaint_spec
#define ADVANCED FLAGS(RS_OPT_ADVANCED | RS_OPT_AFFECTS_OUTPUT)
static const rs_opt rows[] = {
    { "mask", OPT_PATH_OR(mask, mask_words), FLAGS(RS_OPT_PATH_IN | RS_OPT_AFFECTS_OUTPUT),
      EXAMPLE("mask.png"),
      HELP("where to repaint: a picture for all frames, a folder of pictures named as the frames, or a "
           "video, with a mask for each frame of the input; they follow it through range, fps and what "
           "filters.before moves") },
    { "color", OPT_STRING(color), RANGE(1, 0), AFFECTS_OUTPUT, EXAMPLE("\"#00ff00\""),
      HELP("with mask: color, the colour to repaint, as #rrggbb in quotes") },
    { "color_tolerance", OPT_INT(color_tolerance), RANGE(0, 255), AFFECTS_OUTPUT,
      HELP("how far red, green and blue may each be from that colour") },
    { "blur", OPT_INT(blur), RANGE(0, 64), UNIT("pixels"), AFFECTS_OUTPUT,
      HELP("mask blur: softens the mask's edge") },
    { "blur_x", OPT_INT(blur_x), RANGE(0, 256), WORD(&same_blur), ADVANCED, HELP("mask blur across") },
    { "blur_y", OPT_INT(blur_y), RANGE(0, 256), WORD(&same_blur), ADVANCED, HELP("mask blur down") },
    { "mode", OPT_ENUM(mode, modes), AFFECTS_OUTPUT, HELP("mask mode") },
    { "content", OPT_ENUM(params.content, rs_inpaint_contents), AFFECTS_OUTPUT,
      HELP("masked content: what is under the mask before it is repainted") },
    { "area", OPT_ENUM(params.area, areas), AFFECTS_OUTPUT, HELP("inpaint area") },
    { "padding", OPT_INT(params.padding), RANGE(0, 4096), UNIT("pixels"), AFFECTS_OUTPUT,
      HELP("only masked padding: how much around the mask is diffused with it") },
    { "box_smoothing", OPT_FLOAT(params.box_smoothing), RANGE(0, 1), ADVANCED,
      HELP("with area: only_masked, share of the previous frame's part in the next, so that the part does "
           "not jump with the mask") },
    { "mask_strength", OPT_FLOAT(params.mask_strength), RANGE(0, 1), ADVANCED,
      HELP("inpainting conditioning mask strength: how much of what the mask covers is hidden from "
           "inpainting models") },
    { "blend", OPT_BOOL(params.blend), ADVANCED,
      HELP("hold the latent outside the mask in every step; without, only inpainting models keep it") },
    { "overlay", OPT_BOOL(params.overlay), ADVANCED,
      HELP("lay the untouched frame over the result outside the mask") },
    { "soft", OPT_BOOL(params.soft.enabled), AFFECTS_OUTPUT,
      HELP("soft inpainting: the mask's grey values repaint by degrees") },
    { "soft_schedule_bias", OPT_FLOAT(params.soft.schedule_bias), RANGE(0, 8), ADVANCED,
      HELP("when the original is preserved: above 1 in early steps, below in late ones") },
    { "soft_preservation", OPT_FLOAT(params.soft.preservation), RANGE(0, 8), ADVANCED,
      HELP("how strongly half masked parts are preserved") },
    { "soft_transition_contrast", OPT_FLOAT(params.soft.transition_contrast), RANGE(1, 32), ADVANCED,
      HELP("how much contrast transitions keep") },
    { "soft_mask_influence", OPT_FLOAT(params.soft.mask_influence), RANGE(0, 1), ADVANCED,
      HELP("how much the mask counts in laying the original back, beside what has changed") },
    { "soft_difference_threshold", OPT_FLOAT(params.soft.difference_threshold), RANGE(0, 8), ADVANCED,
      HELP("how much must change for the original to be half gone") },
    { "soft_difference_contrast", OPT_FLOAT(params.soft.difference_contrast), RANGE(0, 8), ADVANCED,
      HELP("how sharply the original goes at that threshold") },
    { 0 }
};
#undef ADVANCED
#undef OPT_STRUCT

static int hex(char c)
{
    const char *digits = "0123456789abcdef", *at;
    if (c >= 'A' && c <= 'F')
        c = (char)(c - 'A' + 'a');
    at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) : -1;
}

bool rs_parse_color(const char *text, uint8_t rgb[3])
{
    if (text[0] != '#' || strlen(text) != 7)
        return false;
    for (int i = 0; i < 3; i++) {
        const int high = hex(text[1 + 2 * i]), low = hex(text[2 + 2 * i]);
        if (high < 0 || low < 0)
            return false;
        rgb[i] = (uint8_t)(16 * high + low);
    }
    return true;
}

static void refuse(rs_opt_ctx *ctx, const char *prefix, const rs_entry *e, const char *suggestion,
                   const char *text)
{
    if (e)
        rs_diags_add(ctx->diags, e->value->pos, rs_opt_key_path(ctx, prefix, e->key), RS_E_INVALID,
                     suggestion, "%s", text);
}

static void check(rs_opt_ctx *ctx, const char *prefix, const rs_value *map, const void *values)
{
    const rs_inpaint_spec *s = values;
    const rs_entry *mask = rs_opt_given(map, "mask"), *color = rs_opt_given(map, "color");
    const bool by_color = s->mask && strcmp(s->mask, RS_MASK_COLOR) == 0;
    uint8_t rgb[3];
    if (color && !rs_parse_color(s->color, rgb))
        refuse(ctx, prefix, color, "\"#00ff00\"", "expected a colour as #rrggbb");
    else if (color && !by_color)
        refuse(ctx, prefix, color, NULL, "counts with 'mask: color' only");
    if (by_color && !s->color)
        refuse(ctx, prefix, mask, NULL, "needs 'color', such as color: \"#00ff00\"");
    if (!s->mask && !rs_opt_equal(&rs_inpaint_group, s, rs_inpaint_group.defaults))
        rs_diags_add(ctx->diags, map->pos, rs_opt_key_path(ctx, prefix, "mask"), RS_E_INVALID, NULL,
                     "not given, so the other keys of inpaint mean nothing: name a mask, or delete them");
    if (s->params.soft.enabled && !s->params.blend)
        refuse(ctx, prefix, rs_opt_given(map, "soft"), NULL,
               "blends latents by degrees, which 'blend: false' forbids: delete one of the two");
}

const rs_opt_group rs_inpaint_group = {
    .help = "repainting a part of each frame; without a mask, all of it is restyled",
    .rows = rows,
    .size = sizeof(rs_inpaint_spec),
    .check = check,
    .defaults =
        &(const rs_inpaint_spec){
            .color_tolerance = 30,
            .blur = 4,
            .blur_x = -1,
            .blur_y = -1,
            .mode = RS_MASK_MASKED,
            .params = {
                .content = RS_INPAINT_ORIGINAL,
                .area = RS_INPAINT_WHOLE,
                .padding = 32,
                .box_smoothing = 0.8f,
                .mask_strength = 1,
                .blend = true,
                .overlay = true,
                .soft = { false, 1, 0.5f, 4, 0, 0.5f, 2 },
            },
        },
};
