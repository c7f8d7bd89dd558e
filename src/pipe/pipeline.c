#define _XOPEN_SOURCE 700
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "conf/yaml_tree.h"
#include "pipe/clips.h"
#include "pipe/override.h"
#include "pipe/schema.h"
#include "pipe/validate.h"
#include "restyle/pipeline.h"

struct rs_pipeline {
    rs_arena *arena;
    rs_pipeline_spec spec;
};

enum { ARENA_BLOCK = 16 * 1024, DUMP_MAX = 1 << 20 };

static rs_value *read_tree(rs_opt_ctx *ctx, const rs_pipeline_source *source, const char *text,
                           size_t size)
{
    rs_value *root = source->path
                         ? rs_yaml_parse(ctx->arena, source->path, text, size, ctx->diags)
                         : rs_value_map(ctx->arena, (rs_pos){ .where = "command line" });
    if (!root)
        return NULL;
    for (size_t i = 0; i < source->n_overrides; i++)
        rs_override_apply(ctx, root, &source->overrides[i], (int)i + 1);
    return root;
}

static rs_status verdict(const rs_diags *diags, const rs_pipeline_source *source, rs_err *err)
{
    if (diags->nomem)
        return RS_FAIL(err, RS_E_NOMEM, "no memory to read the pipeline");
    if (diags->n == 0)
        return RS_OK;
    rs_status s = RS_E_IO;
    for (size_t i = 0; i < diags->n; i++) {
        const rs_status one = diags->items[i].status;
        if (one == RS_E_INVALID || (one == RS_E_NOTFOUND && s == RS_E_IO))
            s = one;
    }
    const size_t n = diags->n + diags->dropped;
    return RS_FAIL(err, s, "%s: %zu problem%s", source->path ? source->path : "command line", n,
                   n == 1 ? "" : "s");
}

/* Absolute and without symbolic links, as rs_path_resolve wants it. */
static rs_status real_dir(rs_arena *arena, const char *dir, const char **out, rs_err *err)
{
    char buf[PATH_MAX];
    if (!realpath(dir, buf))
        return rs_err_sys(err, errno, "cannot find the folder '%s'", dir);
    *out = rs_arena_strdup(arena, buf);
    return *out ? RS_OK : RS_FAIL(err, RS_E_NOMEM, "no memory for a path");
}

/* Whatever keeps the file from being read: one status for the caller. */
static rs_status unreadable(rs_status s, rs_err *err)
{
    if (s == RS_E_NOMEM)
        return s;
    if (err)
        err->status = RS_E_NOTFOUND;
    return RS_E_NOTFOUND;
}

/* A single clip is all there is; of several the first stands for them where one is looked at. */
static void set_first(rs_opt_ctx *ctx, rs_pipeline_spec *spec)
{
    rs_pipeline_spec first;
    ctx->diags->nomem |= !rs_clips_pick(ctx->arena, spec, 0, &first);
    spec->input = first.input;
    if (spec->inputs.n < 2)
        spec->output = first.output;
}

static rs_status open_in(rs_arena *arena, const rs_pipeline_source *source, rs_pipeline *p,
                         rs_err *err)
{
    rs_diags *diags = RS_NEW(arena, rs_diags);
    char *text = NULL, *dir = rs_path_dir(arena, source->path ? source->path : "");
    size_t size = 0;
    if (!diags || !dir)
        return RS_FAIL(err, RS_E_NOMEM, "no memory to read the pipeline");
    rs_diags_init(diags, arena);
    rs_opt_ctx ctx = { .arena = arena, .diags = diags, .root = &rs_pipeline_group,
                       .check_files = source->check_files, .partial = source->partial };
    RS_TRY(real_dir(arena, ".", &ctx.current_dir, err));
    if (source->path) {
        const rs_status s = rs_read_file(arena, source->path, RS_YAML_MAX_BYTES, &text, &size, err);
        if (s != RS_OK)
            return unreadable(s, err);
    }
    RS_TRY(real_dir(arena, dir, &ctx.file_dir, err));
    rs_value *root = read_tree(&ctx, source, text, size);
    if (root) {
        rs_clips_expand(&ctx, root);
        rs_pipeline_defaults(&ctx, root, &p->spec);
        rs_opt_parse(&ctx, &rs_pipeline_group, "", root, &p->spec);
        p->spec.overwrite = rs_may_overwrite(root, &p->spec);
        set_first(&ctx, &p->spec);
    }
    rs_diags_send(diags, &source->diags);
    return verdict(diags, source, err);
}

rs_status rs_pipeline_open(const rs_pipeline_source *source, rs_pipeline **pipeline, rs_err *err)
{
    rs_arena *arena = rs_arena_open(ARENA_BLOCK);
    rs_pipeline *p = arena ? RS_NEW(arena, rs_pipeline) : NULL;
    if (!p) {
        rs_arena_close(&arena);
        return RS_FAIL(err, RS_E_NOMEM, "no memory to read the pipeline");
    }
    p->arena = arena;
    const rs_status s = open_in(arena, source, p, err);
    if (s != RS_OK) {
        rs_arena_close(&arena);
        return s;
    }
    *pipeline = p;
    return RS_OK;
}

void rs_pipeline_close(rs_pipeline **pipeline)
{
    if (!pipeline || !*pipeline)
        return;
    rs_arena *arena = (*pipeline)->arena;
    *pipeline = NULL;
    rs_arena_close(&arena);
}

rs_model_options rs_pipeline_model_options(const rs_pipeline_spec *spec)
{
    return (rs_model_options){ .tokenizer = spec->tokenizer, .embeddings = spec->embeddings,
                               .memory = spec->memory, .precision = spec->precision, .threads = spec->threads,
                               .first = &spec->img2img };
}

const rs_pipeline_spec *rs_pipeline_get(const rs_pipeline *pipeline)
{
    return &pipeline->spec;
}

static rs_status send(rs_strbuf *sb, const rs_text_sink *sink, rs_err *err)
{
    const rs_status s = sb->failed ? RS_FAIL(err, RS_E_NOMEM, "no memory to print the pipeline") : RS_OK;
    if (s == RS_OK)
        sink->put(sink->cookie, rs_strbuf_str(sb), sb->len);
    rs_strbuf_release(sb);
    return s;
}

rs_status rs_pipeline_dump(const rs_pipeline *pipeline, const rs_text_sink *sink, rs_err *err)
{
    rs_strbuf sb;
    rs_strbuf_init(&sb, DUMP_MAX);
    rs_opt_dump(&sb, &rs_pipeline_group, &pipeline->spec);
    return send(&sb, sink, err);
}

rs_status rs_pipeline_fingerprint(const rs_pipeline *pipeline, const rs_text_sink *sink, rs_err *err)
{
    rs_strbuf sb;
    rs_strbuf_init(&sb, DUMP_MAX);
    rs_opt_fingerprint(&sb, &rs_pipeline_group, "", &pipeline->spec);
    return send(&sb, sink, err);
}
