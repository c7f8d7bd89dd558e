/* batch: what it cannot go together with, and the files it would replace. */
#define _POSIX_C_SOURCE 200809L
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "media/media.h"
#include "opt/path.h"
#include "pipe/batch_names.h"
#include "pipe/made_text.h"
#include "pipe/validate.h"
#include "stage/batch.h"

static void refuse(rs_opt_ctx *ctx, const rs_entry *at, bool bad, const char *text)
{
    if (bad)
        rs_diags_add(ctx->diags, at->value->pos, "batch", RS_E_INVALID, NULL, "%s", text);
}

static bool makes_video(const rs_pipeline_spec *spec)
{
    rs_sink_kind kind;
    return rs_sink_kind_of(spec->output, true, &kind, NULL) == RS_OK && kind == RS_SINK_VIDEO;
}

static void check_file(rs_opt_ctx *ctx, const rs_entry *output, const char *path, const char *input,
                       bool overwrite)
{
    const rs_pos pos = output->value->pos;
    const char *shown = rs_path_show(ctx->current_dir, path);
    if (input && rs_same_file(path, input))
        rs_diags_add(ctx->diags, pos, "output", RS_E_INVALID, NULL,
                     "a picture of the batch would replace the input '%s': choose another name", shown);
    else if (!overwrite && access(path, F_OK) == 0 && !rs_made_text_there(ctx->arena, path))
        rs_diags_add(ctx->diags, pos, "output", RS_E_IO, NULL,
                     "'%s' of the batch exists: choose another name, or allow it with %s", shown,
                     pos.line ? "'overwrite: true'" : "--overwrite");
}

static void check_files(rs_opt_ctx *ctx, const rs_value *map, const rs_pipeline_spec *spec)
{
    const rs_entry *output = rs_opt_given(map, "output"), *input = rs_opt_given(map, "input");
    for (int i = 0; output && input && i < rs_batch_files(&spec->batch); i++) {
        const char *path = rs_batch_path(ctx->arena, spec, i);
        if (path)
            check_file(ctx, output, path, spec->input, rs_may_overwrite(map, spec));
        else
            ctx->diags->nomem = true;
    }
}

void rs_check_batch(rs_opt_ctx *ctx, const rs_value *map, const rs_pipeline_spec *spec)
{
    const rs_entry *at = rs_value_find(map, "batch", strlen("batch"));
    if (!at)
        return;
    refuse(ctx, at, !spec->batch.grid && spec->batch.grid_rows != RS_GRID_AUTO,
           "grid_rows has no effect alone: set grid to true");
    if (rs_batch_pictures(&spec->batch) == 1) {
        refuse(ctx, at, spec->batch.grid, "a grid of one picture is that picture: set batch.count or "
               "batch.size, or batch.grid to false");
        return;
    }
    refuse(ctx, at, spec->loopback.enabled,
           "a batch is made of one picture, and loopback goes from frame to frame: set "
           "loopback.enabled to false, or use loops");
    refuse(ctx, at, rs_opt_given(map, "output") && makes_video(spec),
           "a batch makes pictures: name a picture, such as out.png, or a folder as output");
    if (!ctx->check_files)
        return;
    const bool folder = rs_opt_given(map, "input") && rs_is_dir(spec->input);
    refuse(ctx, at, folder, "a batch is made of one picture, and the input is a folder: name one of its "
           "pictures");
    if (!folder)
        check_files(ctx, map, spec);
}
