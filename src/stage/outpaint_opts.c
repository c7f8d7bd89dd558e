#include "stage/outpaint_opts.h"

#include "restyle/outpaint.h"
#include "stage/inpaint_opts.h"

static const rs_opt_choice methods[] = {
    { "poor_man", RS_OUTPAINT_POOR_MAN, "begun with masked content, in tiles (A1111's poor man's "
                                        "outpainting)" },
    { "mk2", RS_OUTPAINT_MK2, "begun with noise that looks like the picture, one direction after the "
                              "other (Outpainting mk2)" },
    { 0 }
};

static const rs_opt_word usual_blur = { "auto", -1, "4, and 8 with mk2" };

#define OPT_STRUCT rs_outpaint
static const rs_opt rows[] = {
    { "left", OPT_INT(left), RANGE(0, 2048), UNIT("pixels"), AFFECTS_OUTPUT,
      HELP("how far the picture goes on at its left; width and height are rounded up to multiples of 64 "
           "where they grow") },
    { "right", OPT_INT(right), RANGE(0, 2048), UNIT("pixels"), AFFECTS_OUTPUT,
      HELP("the same at its right") },
    { "up", OPT_INT(up), RANGE(0, 2048), UNIT("pixels"), AFFECTS_OUTPUT, HELP("the same above") },
    { "down", OPT_INT(down), RANGE(0, 2048), UNIT("pixels"), AFFECTS_OUTPUT, HELP("the same below") },
    { "method", OPT_ENUM(method, methods), AFFECTS_OUTPUT,
      HELP("how; both want a high img2img.strength, mk2 80 steps or more of euler_a at 0.8") },
    { "mask_blur", OPT_INT(mask_blur), RANGE(0, 64), WORD(&usual_blur), UNIT("pixels"), AFFECTS_OUTPUT,
      HELP("mask blur: how softly, and how far into the picture, the new part begins") },
    { "content", OPT_ENUM(content, rs_inpaint_contents), AFFECTS_OUTPUT,
      HELP("masked content of poor_man: what is in the new part before it is painted") },
    { "falloff", OPT_FLOAT(falloff), RANGE(0, 4), AFFECTS_OUTPUT,
      HELP("fall-off exponent of mk2: lower for more detail") },
    { "color_variation", OPT_FLOAT(color_variation), RANGE(0, 1), AFFECTS_OUTPUT,
      HELP("colour variation of mk2's noise") },
    { "tile", OPT_INT(tile), RANGE(64, 4096), UNIT("pixels"), AFFECTS_OUTPUT,
      HELP("width and height of what is diffused at once, a multiple of 8; mk2 cuts only in the direction "
           "that grows") },
    { 0 }
};
#undef OPT_STRUCT

const rs_opt_group rs_outpaint_group = {
    .help = "painting on beyond the picture's edges (A1111's outpainting scripts)",
    .rows = rows,
    .size = sizeof(rs_outpaint),
    .defaults =
        &(const rs_outpaint){
            .method = RS_OUTPAINT_POOR_MAN,
            .mask_blur = -1,
            .content = RS_INPAINT_FILL,
            .falloff = 1,
            .color_variation = 0.05f,
            .tile = 512,
        },
};
