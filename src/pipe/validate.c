#define _POSIX_C_SOURCE 200809L
#include "pipe/validate.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "media/media.h"
#include "opt/path.h"
#include "pipe/check_prompts.h"
#include "pipe/clips.h"
#include "pipe/job_dir.h"
#include "pipe/made_text.h"
#include "stage/loras.h"
#include "stage/styles.h"
#include "weights/bundle.h"

static const char *text_at(const void *at)
{
    return *(const char *const *)at;
}

/* RS_E_NOTFOUND stands for whatever cannot be read, RS_E_IO for what cannot be
 * written: rs_pipeline_open tells the two apart by it. */
static bool unreadable(rs_opt_ctx *ctx, const char *key, rs_pos pos, const char *path, int errnum)
{
    rs_diags_add(ctx->diags, pos, key, RS_E_NOTFOUND, NULL,
                 errnum == ENOENT ? "there is no '%s'%s%s" : "cannot read '%s'%s%s",
                 rs_path_show(ctx->current_dir, path), errnum == ENOENT ? "" : ": ",
                 errnum == ENOENT ? "" : strerror(errnum));
    return false;
}

static bool unwritable(rs_opt_ctx *ctx, const char *key, rs_pos pos, const char *path,
                       const char *why)
{
    rs_diags_add(ctx->diags, pos, key, RS_E_IO, NULL, "cannot write into '%s': %s",
                 rs_path_show(ctx->current_dir, path), why);
    return false;
}

bool rs_check_input(rs_opt_ctx *ctx, const rs_opt *row, const char *key, const rs_value *value,
                    const void *at)
{
    (void)row;
    return access(text_at(at), R_OK) == 0 ||
           unreadable(ctx, key, value->pos, text_at(at), errno);
}

bool rs_check_folder(rs_opt_ctx *ctx, const rs_opt *row, const char *key, const rs_value *value,
                     const void *at)
{
    return rs_check_input(ctx, row, key, value, at) &&
           (rs_is_dir(text_at(at)) || unreadable(ctx, key, value->pos, text_at(at), ENOTDIR));
}

bool rs_check_tokenizer(rs_opt_ctx *ctx, const rs_opt *row, const char *key, const rs_value *value,
                        const void *at)
{
    static const char *const files[] = { "vocab.json", "merges.txt" };
    if (!rs_check_input(ctx, row, key, value, at))
        return false;
    const char *both = rs_path_join(ctx->arena, text_at(at), "tokenizer.json");
    if (both && access(both, R_OK) == 0)
        return true;
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        const char *path = rs_path_join(ctx->arena, text_at(at), files[i]);
        if (!path)
            ctx->diags->nomem = true;
        else if (access(path, R_OK) != 0)
            return unreadable(ctx, key, value->pos, path, errno);
    }
    return true;
}

/* The nearest folder on the way to path that exists must take new files. */
static bool check_writable(rs_opt_ctx *ctx, const char *key, rs_pos pos, char *path)
{
    while (access(path, F_OK) != 0 && errno == ENOENT && strlen(path) > 1) {
        char *parent = rs_path_dir(ctx->arena, path);
        if (!parent) {
            ctx->diags->nomem = true;
            return false;
        }
        path = parent;
    }
    if (access(path, F_OK) == 0 && !rs_is_dir(path))
        return unwritable(ctx, key, pos, path, "it is no folder");
    if (access(path, W_OK | X_OK) != 0)
        return unwritable(ctx, key, pos, path, strerror(errno));
    return true;
}

bool rs_check_output(rs_opt_ctx *ctx, const rs_opt *row, const char *key, const rs_value *value,
                     const void *at)
{
    (void)row;
    rs_sink_kind kind;
    rs_err err = { 0 };
    if (rs_sink_kind_of(rs_path_show(ctx->current_dir, text_at(at)), false, &kind, &err) != RS_OK) {
        rs_diags_add(ctx->diags, value->pos, key, RS_E_INVALID, NULL, "%s", err.msg);
        return false;
    }
    char *dir = kind == RS_SINK_FOLDER ? rs_arena_strdup(ctx->arena, text_at(at))
                                       : rs_path_dir(ctx->arena, text_at(at));
    if (!dir) {
        ctx->diags->nomem = true;
        return false;
    }
    for (size_t n = strlen(dir); n > 1 && dir[n - 1] == '/'; n--)
        dir[n - 1] = '\0';
    return check_writable(ctx, key, value->pos, dir);
}

bool rs_check_events(rs_opt_ctx *ctx, const rs_opt *row, const char *key, const rs_value *value,
                     const void *at)
{
    (void)row;
    char *dir = rs_path_dir(ctx->arena, text_at(at));
    if (!dir) {
        ctx->diags->nomem = true;
        return false;
    }
    if (rs_is_dir(text_at(at)))
        return unwritable(ctx, key, value->pos, text_at(at), "it is a folder");
    if (access(dir, F_OK) != 0)
        return unwritable(ctx, key, value->pos, dir, strerror(errno));
    return check_writable(ctx, key, value->pos, dir);
}

bool rs_may_overwrite(const rs_value *map, const rs_pipeline_spec *spec)
{
    const rs_entry *output = rs_opt_given(map, "output");
    const rs_entry *overwrite = rs_opt_given(map, "overwrite");
    if (!spec->overwrite || !output || !overwrite)
        return spec->overwrite;
    const bool other_output = output->pos.line == 0 && overwrite->pos.line != 0;
    return !other_output;
}

bool rs_same_file(const char *a, const char *b)
{
    struct stat x, y;
    return strcmp(a, b) == 0 ||
           (stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino);
}

/* A picture restyled into its own folder would keep its name. */
static bool lands_on_input(rs_opt_ctx *ctx, const rs_pipeline_spec *spec)
{
    if (rs_same_file(spec->output, spec->input))
        return true;
    const char *name = rs_path_name(spec->input);
    if (!rs_is_dir(spec->output) || strcmp(rs_path_ext(name), ".png") != 0)
        return false;
    const char *path = rs_path_join(ctx->arena, spec->output, name);
    if (!path)
        ctx->diags->nomem = true;
    return path && rs_same_file(path, spec->input);
}

/* Where the next run would find its own pictures. */
static bool lies_within(const rs_pipeline_spec *spec)
{
    const size_t n = strlen(spec->input);
    return spec->recursive && strncmp(spec->output, spec->input, n) == 0 && spec->output[n] == '/';
}

/* An output with a job, or that tells how it was made, is the job's matter: it may be done, or
 * go on. */
static bool has_job(rs_opt_ctx *ctx, const rs_pipeline_spec *spec)
{
    const char *dir = rs_job_dir(ctx->arena, spec->output, false);
    if (!dir)
        ctx->diags->nomem = true;
    return dir && (rs_is_dir(dir) || rs_made_text_there(ctx->arena, spec->output));
}

static void check_output_use(rs_opt_ctx *ctx, const rs_value *map, const rs_pipeline_spec *spec)
{
    const rs_entry *output = rs_opt_given(map, "output");
    const rs_entry *input = rs_opt_given(map, "input");
    if (!output)
        return;
    const rs_pos pos = output->value->pos;
    if (input && lands_on_input(ctx, spec)) {
        rs_diags_add(ctx->diags, pos, "output", RS_E_INVALID, NULL,
                     "is the input itself: the source is never overwritten, choose another name");
    } else if (input && lies_within(spec)) {
        rs_diags_add(ctx->diags, pos, "output", RS_E_INVALID, NULL,
                     "lies within the input, which 'recursive' searches whole: choose another place");
    } else if (ctx->check_files && spec->inputs.n < 2 && rs_batch_pictures(&spec->batch) == 1 &&
               !rs_may_overwrite(map, spec) && access(spec->output, F_OK) == 0 &&
               !rs_is_dir(spec->output) && !has_job(ctx, spec)) {
        rs_diags_add(ctx->diags, pos, "output", RS_E_IO, NULL,
                     "'%s' exists: choose another name, or allow it with %s",
                     rs_path_show(ctx->current_dir, spec->output),
                     pos.line ? "'overwrite: true'" : "--overwrite");
    }
}

static void check_size(rs_opt_ctx *ctx, rs_pos pos, rs_size size, int multiple)
{
    if (size.width % multiple == 0 && size.height % multiple == 0)
        return;
    const int half = multiple / 2;
    char text[48];
    const int w = (size.width + half) / multiple * multiple;
    const int h = (size.height + half) / multiple * multiple;
    snprintf(text, sizeof(text), "%dx%d", w ? w : multiple, h ? h : multiple);
    rs_diags_add(ctx->diags, pos, "size", RS_E_INVALID, rs_arena_strdup(ctx->arena, text),
                 "this model needs width and height that are multiples of %d, not %dx%d", multiple,
                 size.width, size.height);
}

/* Whether every network's tensors have their places in the model. */
static void check_loras(rs_opt_ctx *ctx, const rs_value *map, const rs_pipeline_spec *spec,
                        const rs_bundle *bundle)
{
    const rs_entry *group = rs_value_find(map, "img2img", strlen("img2img"));
    const rs_entry *list = group ? rs_opt_given(group->value, "loras") : NULL;
    const rs_entry *prompt = group ? rs_opt_given(group->value, "prompt") : NULL;
    const rs_entry *at = list ? list : prompt;
    rs_networks *networks = NULL;
    const char *plain, *negative;
    rs_list loras;
    rs_err err = { 0 };
    if (!at || rs_styles_apply(ctx->arena, &spec->img2img, &plain, &negative, &err) != RS_OK) {
        ctx->diags->nomem = ctx->diags->nomem || err.status == RS_E_NOMEM;
        return; /* styles are rs_check_prompts' */
    }
    rs_status s = rs_loras_of(ctx->arena, &spec->img2img, &loras, &plain, &negative, &err);
    rs_lora *shown = s == RS_OK && loras.n ? RS_NEW_N(ctx->arena, rs_lora, loras.n) : NULL;
    for (size_t i = 0; shown && i < loras.n; i++) {
        shown[i] = ((const rs_lora *)loras.at)[i];
        shown[i].path = rs_path_show(ctx->current_dir, shown[i].path);
    }
    if (shown)
        s = rs_networks_open(ctx->arena, bundle, shown, loras.n, NULL, &networks, &err);
    else if (s == RS_OK && loras.n)
        ctx->diags->nomem = true;
    rs_networks_close(&networks);
    if (s != RS_OK)
        rs_diags_add(ctx->diags, at->value->pos, list ? "img2img.loras" : "img2img.prompt",
                     s == RS_E_INVALID ? s : RS_E_NOTFOUND, NULL, "%s", err.msg);
}

/* Opening reads headers and configuration, no weights. */
static void check_bundle(rs_opt_ctx *ctx, const rs_value *map, const rs_pipeline_spec *spec)
{
    const rs_entry *model = rs_opt_given(map, "model"), *size = rs_opt_given(map, "size");
    if (!model)
        return;
    rs_bundle *bundle = NULL;
    rs_err err = { 0 };
    const char *path = rs_path_show(ctx->current_dir, spec->model);
    if (rs_bundle_open(ctx->arena, path, spec->tokenizer, &bundle, &err) != RS_OK)
        rs_diags_add(ctx->diags, model->value->pos, "model", RS_E_NOTFOUND, NULL, "%s", err.msg);
    else if (size)
        check_size(ctx, size->value->pos, spec->size, 1 << (rs_bundle_vae(bundle)->n_levels - 1));
    if (bundle) {
        check_loras(ctx, map, spec, bundle);
        rs_check_hypernets(ctx, map, spec, bundle);
        rs_check_clip_skip(ctx, map, spec, bundle);
    }
    rs_bundle_close(&bundle);
}

/* Keys that each say how large the output is, and keys that exclude each other. */
static void check_scaling(rs_opt_ctx *ctx, const rs_value *map, const rs_pipeline_spec *spec)
{
    const rs_entry *size = rs_opt_given(map, "size"), *scale = rs_opt_given(map, "scale");
    const rs_entry *resize = rs_opt_given(map, "resize");
    if (scale && !(spec->scale > 0))
        rs_diags_add(ctx->diags, scale->value->pos, "scale", RS_E_INVALID, NULL,
                     "must be above 0: 0.5 halves width and height");
    else if (scale && size && spec->scale != 1.0f)
        rs_diags_add(ctx->diags, scale->value->pos, "scale", RS_E_INVALID, NULL,
                     "'size' is given as well: delete one of the two");
    if (resize && spec->resize == RS_RESIZE_LATENT && spec->loopback.enabled)
        rs_diags_add(ctx->diags, resize->value->pos, "resize", RS_E_INVALID, "crop",
                     "latent needs each frame at its own size, and 'loopback' mixes in outputs of another");
}

void rs_check_pipeline(rs_opt_ctx *ctx, const char *prefix, const rs_value *map, const void *values)
{
    (void)prefix;
    const rs_pipeline_spec *all = values;
    rs_pipeline_spec first;
    const rs_pipeline_spec *const spec = &first;
    if (!rs_clips_pick(ctx->arena, all, 0, &first)) {
        ctx->diags->nomem = true;
        return;
    }
    first.inputs = all->inputs;
    rs_check_clips(ctx, map, all);
    check_output_use(ctx, map, spec);
    rs_check_encode(ctx, map, spec);
    check_scaling(ctx, map, spec);
    rs_check_scripts(ctx, map, spec);
    rs_check_prompts(ctx, map, spec);
    rs_check_inpaint(ctx, map, spec);
    rs_check_batch(ctx, map, spec);
    if (ctx->check_files) {
        rs_check_hdr(ctx, map, spec);
        check_bundle(ctx, map, spec);
    }
}
