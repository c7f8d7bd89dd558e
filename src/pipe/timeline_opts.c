#include "pipe/timeline_opts.h"

#include "base/err.h"
#include "media/frame_chain.h"
#include "restyle/timeline.h"

const rs_opt_choice rs_deinterlace_choices[] = {
    { "auto", RS_DEINTERLACE_AUTO, "frames that the file marks as interlaced, with a note" },
    { "never", RS_DEINTERLACE_NEVER, "fields stay as they are, as combs where things move" },
    { "always", RS_DEINTERLACE_ALWAYS, "every frame, for films that are not marked" },
    { 0 }
};

#define OPT_STRUCT rs_range
static const rs_opt range_rows[] = {
    { "start", OPT_MOMENT(start), EXAMPLE("00:00:01.5"), AFFECTS_OUTPUT,
      HELP("the first frame: its number, from 0 on, or a time; without one, the input's first") },
    { "end", OPT_MOMENT(end), EXAMPLE("120"), AFFECTS_OUTPUT,
      HELP("the frame before which to stop: its number, or a time; without one, the input's end") },
    { "every", OPT_INT(every), RANGE(1, 1000000), AFFECTS_OUTPUT,
      HELP("takes only one of so many frames, shown as long as all of them") },
    { 0 }
};
#undef OPT_STRUCT

static void check_range(rs_opt_ctx *ctx, const char *prefix, const rs_value *map, const void *values)
{
    const rs_range *r = values;
    const rs_entry *end = rs_opt_given(map, "end");
    const bool same_kind = r->start.kind == r->end.kind || r->start.kind == RS_MOMENT_NONE;
    if (end && same_kind && r->end.value <= r->start.value)
        rs_diags_add(ctx->diags, end->value->pos, rs_opt_key_path(ctx, prefix, "end"), RS_E_INVALID, NULL,
                     "no frame is before it: it must be after 'start'");
}

const rs_opt_group rs_range_group = {
    .help = "the part of the input to restyle; sound, subtitles and chapters are cut to match",
    .rows = range_rows,
    .size = sizeof(rs_range),
    .defaults = &(const rs_range){ .every = 1 },
    .check = check_range,
};

#define OPT_STRUCT rs_filters_spec
static const rs_opt filters_rows[] = {
    { "before", OPT_STRING(before), EXAMPLE("hqdn3d=4"), RANGE(1, 0), AFFECTS_OUTPUT,
      HELP("a graph for the frames of the input, before they are resized and restyled") },
    { "after", OPT_STRING(after), EXAMPLE("unsharp=5:5:0.6"), RANGE(1, 0), AFFECTS_OUTPUT,
      HELP("a graph for the restyled frames, before they are written") },
    { 0 }
};
#undef OPT_STRUCT

static void check_graph(rs_opt_ctx *ctx, const char *prefix, const rs_value *map, const char *key,
                        const char *graph)
{
    const rs_entry *e = rs_opt_given(map, key);
    rs_err err = { 0 };
    if (e && graph && rs_filters_check(graph, &err) != RS_OK)
        rs_diags_add(ctx->diags, e->value->pos, rs_opt_key_path(ctx, prefix, key), RS_E_INVALID, NULL, "%s",
                     err.msg);
}

static void check_filters(rs_opt_ctx *ctx, const char *prefix, const rs_value *map, const void *values)
{
    const rs_filters_spec *f = values;
    check_graph(ctx, prefix, map, "before", f->before);
    check_graph(ctx, prefix, map, "after", f->after);
}

const rs_opt_group rs_filters_group = {
    .help = "graphs of FFmpeg's video filters, as for its -vf; they may change size and rate",
    .rows = filters_rows,
    .size = sizeof(rs_filters_spec),
    .defaults = &(const rs_filters_spec){ 0 },
    .check = check_filters,
};

static const rs_opt_choice whens[] = {
    { "before", RS_EXEC_BEFORE, "on the frames of the input, behind filters.before" },
    { "after", RS_EXEC_AFTER, "on the restyled frames, in front of filters.after" },
    { 0 }
};

static const rs_opt_choice depths[] = {
    { "8", 8, "rgb24" },
    { "16", 16, "rgb48le" },
    { 0 }
};

#define OPT_STRUCT rs_exec_spec
static const rs_opt exec_rows[] = {
    { "command", OPT_STRING(command), EXAMPLE("./denoise --rgb"), RANGE(1, 0), AFFECTS_OUTPUT,
      HELP("runs it in a shell, with your rights; it reads `RESTYLE1 WIDTH HEIGHT rgb24 RATE`, a line end, "
           "and raw RGB frames, and writes the same, a frame for each; transparency does not pass it") },
    { "when", OPT_ENUM(when, whens), AFFECTS_OUTPUT, HELP("which frames it gets") },
    { "bits", OPT_ENUM(bits, depths), AFFECTS_OUTPUT, HELP("of a red, green or blue value") },
    { "size", OPT_SIZE(size), EXAMPLE("1024x1024"), RANGE(1, 16384), STEP(1), UNIT("pixels"),
      AFFECTS_OUTPUT,
      HELP("of the frames that it gives; without one, of those that it gets") },
    { "timeout", OPT_INT(timeout), RANGE(1, 1000000), UNIT("seconds"), FLAGS(RS_OPT_ADVANCED),
      HELP("how long it may take and give nothing before the run fails") },
    { 0 }
};
#undef OPT_STRUCT

static const rs_exec_spec exec_defaults = { .when = RS_EXEC_AFTER, .bits = 8, .timeout = 600 };

static void check_exec(rs_opt_ctx *ctx, const char *prefix, const rs_value *map, const void *values)
{
    const rs_exec_spec *e = values;
    for (const rs_opt *row = exec_rows; row->key && !e->command; row++) {
        const rs_entry *given = rs_opt_given(map, row->key);
        if (given && !row->type->equal(row, rs_opt_field(row, e), rs_opt_field(row, &exec_defaults)))
            rs_diags_add(ctx->diags, given->value->pos, rs_opt_key_path(ctx, prefix, row->key), RS_E_INVALID,
                         NULL, "nothing is run: write exec.command as well");
    }
}

const rs_opt_group rs_exec_group = {
    .help = "an external program that the frames pass",
    .rows = exec_rows,
    .size = sizeof(rs_exec_spec),
    .defaults = &exec_defaults,
    .check = check_exec,
};
