#include "stage/script_opts.h"

#include "restyle/scripts.h"
#include "restyle/upscale.h"

static const rs_opt_choice curves[] = {
    { "aggressive", RS_LOOPS_AGGRESSIVE, "most of the way in the first loops" },
    { "linear", RS_LOOPS_LINEAR, "in equal steps" },
    { "lazy", RS_LOOPS_LAZY, "most of the way in the last loops" },
    { 0 }
};

#define OPT_STRUCT rs_loops
static const rs_opt loops_rows[] = {
    { "count", OPT_INT(count), RANGE(1, 32), AFFECTS_OUTPUT,
      HELP("how often each picture is restyled, its output being the next init; the seed goes up by "
           "1 each time") },
    { "final_strength", OPT_FLOAT(final_strength), RANGE(0, 1), AFFECTS_OUTPUT,
      HELP("denoising strength of the last loop; the first has img2img.strength") },
    { "curve", OPT_ENUM(curve, curves), AFFECTS_OUTPUT, HELP("how the strength gets there") },
    { 0 }
};
#undef OPT_STRUCT

const rs_opt_group rs_loops_group = {
    .help = "restyling each picture several times over (A1111's loopback script)",
    .rows = loops_rows,
    .size = sizeof(rs_loops),
    .defaults = &(const rs_loops){ .count = 1, .final_strength = 0.5f, .curve = RS_LOOPS_LINEAR },
};

static const rs_opt_word factor_off = { "off", 0, "no SD upscale" };

#define OPT_STRUCT rs_sd_upscale
static const rs_opt sd_upscale_rows[] = {
    { "factor", OPT_FLOAT(factor), RANGE(1, 4), WORD(&factor_off), AFFECTS_OUTPUT,
      HELP("how much larger the output is; 1 restyles a large picture in tiles") },
    { "tile", OPT_INT(tile), RANGE(64, 4096), UNIT("pixels"), AFFECTS_OUTPUT,
      HELP("width and height of a tile, a multiple of 8") },
    { "overlap", OPT_INT(overlap), RANGE(0, 256), UNIT("pixels"), AFFECTS_OUTPUT,
      HELP("how far neighbouring tiles overlap, and how wide their seams are") },
    { 0 }
};
#undef OPT_STRUCT

const rs_opt_group rs_sd_upscale_group = {
    .help = "enlarging the picture and restyling it tile by tile (A1111's SD upscale script)",
    .rows = sd_upscale_rows,
    .size = sizeof(rs_sd_upscale),
    .defaults = &(const rs_sd_upscale){ .factor = 0, .tile = 512, .overlap = 64 },
};

static const rs_opt_choice whens[] = {
    { "after", RS_UPSCALE_AFTER, "the restyled picture" },
    { "before", RS_UPSCALE_BEFORE, "the source, and the larger picture is restyled" },
    { 0 }
};

static const rs_opt_word tile_whole = { "whole", 0, "the picture in one pass" };

#define OPT_STRUCT rs_upscale_params
static const rs_opt upscale_rows[] = {
    { "model", OPT_PATH(model), FLAGS(RS_OPT_PATH_IN | RS_OPT_AFFECTS_OUTPUT),
      HELP("the upscaler: a .safetensors or .pth file of an ESRGAN-architecture network; without one there "
           "is no upscaling") },
    { "factor", OPT_FLOAT(factor), RANGE(1, 8), AFFECTS_OUTPUT,
      HELP("how much larger; what the network does not do by itself is resized") },
    { "when", OPT_ENUM(when, whens), AFFECTS_OUTPUT, HELP("what is upscaled") },
    { "tile", OPT_INT(tile), RANGE(16, 4096), WORD(&tile_whole), UNIT("pixels"), AFFECTS_OUTPUT,
      HELP("width and height of what goes through the network at once") },
    { "overlap", OPT_INT(overlap), RANGE(0, 256), UNIT("pixels"), AFFECTS_OUTPUT,
      HELP("how far neighbouring tiles overlap, and how wide their seams are") },
    { 0 }
};
#undef OPT_STRUCT

const rs_opt_group rs_upscale_group = {
    .help = "enlarging with a network made for it (A1111's extras)",
    .rows = upscale_rows,
    .size = sizeof(rs_upscale_params),
    .defaults = &(const rs_upscale_params){ .factor = 2, .when = RS_UPSCALE_AFTER, .tile = 192,
                                            .overlap = 8 },
};
