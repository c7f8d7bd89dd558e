#define _POSIX_C_SOURCE 200809L
#include "pipe/clips.h"

#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/natural.h"
#include "base/strbuf.h"
#include "media/media.h"
#include "opt/path.h"
#include "pipe/validate.h"

#define NAME "{name}"

static int by_natural_order(const void *a, const void *b)
{
    return rs_natural_cmp(*(char *const *)a, *(char *const *)b);
}

static bool append(rs_arena *arena, rs_value *list, rs_pos pos, const char *path)
{
    rs_value *v = rs_value_scalar(arena, pos, path, strlen(path), true);
    return v && rs_value_append(arena, list, "", 0, pos, v);
}

/* False: no memory. */
static bool expand_one(rs_opt_ctx *ctx, rs_value *v, rs_value *list)
{
    const bool text = v->kind == RS_VALUE_SCALAR && v->text[0];
    const char *dir = v->pos.line ? ctx->file_dir : ctx->current_dir;
    const char *path = text ? rs_path_resolve(ctx->arena, dir, v->text) : NULL;
    glob_t g = { 0 };
    if (text && !path)
        return false;
    if (!text || !strpbrk(path, "*?[") || access(path, F_OK) == 0)
        return rs_value_append(ctx->arena, list, "", 0, v->pos, v);
    const int e = glob(path, 0, NULL, &g);
    bool ok = e != GLOB_NOSPACE;
    if (ok && e == 0)
        qsort(g.gl_pathv, g.gl_pathc, sizeof(g.gl_pathv[0]), by_natural_order);
    for (size_t i = 0; ok && e == 0 && i < g.gl_pathc; i++)
        ok = append(ctx->arena, list, v->pos, g.gl_pathv[i]);
    globfree(&g);
    return ok && (e == 0 || rs_value_append(ctx->arena, list, "", 0, v->pos, v));
}

void rs_clips_expand(rs_opt_ctx *ctx, rs_value *root)
{
    rs_entry *input = rs_value_find(root, "input", strlen("input"));
    if (!input || (input->value->kind != RS_VALUE_SCALAR && input->value->kind != RS_VALUE_LIST))
        return;
    rs_value *list = rs_value_list(ctx->arena, input->value->pos);
    bool ok = list != NULL;
    if (ok && input->value->kind == RS_VALUE_SCALAR)
        ok = expand_one(ctx, input->value, list);
    else
        for (rs_entry *e = input->value->first; ok && e; e = e->next)
            ok = expand_one(ctx, e->value, list);
    if (ok)
        input->value = list;
    else
        ctx->diags->nomem = true;
}

static bool is_one_of(const char *ext, const char *const *list)
{
    for (; *list; list++)
        if (strcasecmp(ext, *list) == 0)
            return true;
    return false;
}

/* What an input becomes in the output's folder: a folder, a picture, or a video. */
static const char *ext_for(const char *input)
{
    static const char *const pictures[] = { ".png", ".jpg", ".jpeg", NULL };
    static const char *const others[] = { ".tif", ".tiff", ".bmp", NULL };
    static const char *const videos[] = { ".mp4", ".mkv", ".mov", ".webm", ".avi", ".gif", ".apng", ".webp",
                                          NULL };
    const char *ext = rs_path_ext(input);
    if (rs_is_dir(input))
        return "";
    if (is_one_of(ext, others))
        return ".png";
    return is_one_of(ext, pictures) || is_one_of(ext, videos) ? ext : ".mp4";
}

/* Of a folder, its whole name. */
static void put_name(rs_strbuf *sb, const char *input)
{
    const char *name = rs_path_name(input), *ext = rs_is_dir(input) ? "" : rs_path_ext(input);
    rs_strbuf_add(sb, name, strlen(name) - strlen(ext));
}

static const char *output_of(rs_arena *arena, const rs_pipeline_spec *spec, const char *input)
{
    rs_strbuf sb;
    const char *at = spec->output, *next;
    rs_strbuf_init(&sb, 1 << 16);
    if (!strstr(at, NAME)) {
        rs_strbuf_printf(&sb, "%s/", at);
        put_name(&sb, input);
        rs_strbuf_puts(&sb, ext_for(input));
    } else {
        for (; (next = strstr(at, NAME)) != NULL; at = next + strlen(NAME)) {
            rs_strbuf_add(&sb, at, (size_t)(next - at));
            put_name(&sb, input);
        }
        rs_strbuf_puts(&sb, at);
    }
    const char *path = sb.failed ? NULL : rs_arena_strdup(arena, rs_strbuf_str(&sb));
    rs_strbuf_release(&sb);
    return path;
}

bool rs_clips_pick(rs_arena *arena, const rs_pipeline_spec *spec, size_t i, rs_pipeline_spec *out)
{
    rs_pipeline_spec one = *spec;
    if (spec->inputs.n)
        one.input = ((const char *const *)spec->inputs.at)[i];
    if (spec->inputs.n > 1)
        one.inputs = (rs_list){ 1, (const char *const *)spec->inputs.at + i };
    if (one.output && one.input && (spec->inputs.n > 1 || strstr(one.output, NAME)))
        one.output = output_of(arena, spec, one.input);
    *out = one;
    return one.output || !spec->output;
}

static bool is_pattern_or_folder(const char *output)
{
    rs_sink_kind kind;
    return strstr(output, NAME) || rs_sink_kind_of(output, false, &kind, NULL) != RS_OK ||
           kind == RS_SINK_FOLDER;
}

static void check_names(rs_opt_ctx *ctx, const rs_entry *output, const rs_pipeline_spec *spec)
{
    const size_t n = spec->inputs.n;
    rs_pipeline_spec one;
    const char **paths = RS_NEW_N(ctx->arena, const char *, n);
    for (size_t i = 0; i < n; i++) {
        if (!paths || !rs_clips_pick(ctx->arena, spec, i, &one)) {
            ctx->diags->nomem = true;
            return;
        }
        paths[i] = one.output;
        const char *shown = rs_path_show(ctx->current_dir, paths[i]);
        if (rs_same_file(one.input, one.output))
            rs_diags_add(ctx->diags, output->value->pos, "output", RS_E_INVALID, NULL,
                         "'%s' is an input: the source is never overwritten, choose another name", shown);
        for (size_t k = 0; k < i; k++)
            if (strcmp(paths[k], paths[i]) == 0)
                rs_diags_add(ctx->diags, output->value->pos, "output", RS_E_INVALID, NULL,
                             "'%s' would be written twice: inputs %zu and %zu have one name", shown, k + 1,
                             i + 1);
    }
}

static bool any_folder(const rs_pipeline_spec *spec)
{
    const char *const *inputs = spec->inputs.at;
    bool any = spec->inpaint.mask && rs_is_dir(spec->inpaint.mask);
    for (size_t i = 0; !any && i < spec->inputs.n; i++)
        any = rs_is_dir(inputs[i]);
    return any;
}

void rs_check_clips(rs_opt_ctx *ctx, const rs_value *map, const rs_pipeline_spec *spec)
{
    const rs_entry *output = rs_opt_given(map, "output"), *recursive = rs_opt_given(map, "recursive");
    if (recursive && spec->recursive && ctx->check_files && rs_opt_given(map, "input") && !any_folder(spec))
        rs_diags_add(ctx->diags, recursive->value->pos, "recursive", RS_E_INVALID, NULL,
                     "has no effect, since the input is no folder: delete it");
    if (spec->inputs.n < 2 || !output)
        return;
    if (is_pattern_or_folder(spec->output))
        check_names(ctx, output, spec);
    else
        rs_diags_add(ctx->diags, output->value->pos, "output", RS_E_INVALID, NULL,
                     "%zu inputs need a folder, or a name with " NAME ", such as out/" NAME ".mp4",
                     spec->inputs.n);
}
