/* Models from one layout to the other, a piece of a tensor at a time.
 *
 * Tensors are walked by their diffusers names (part_tensors.h), so that exactly what the
 * model computes with goes along; the bundle finds them in either layout. In a single file
 * the autoencoder's attention is made of 1x1 convolutions, in a folder of linear layers. */
#include <stdio.h>
#include <string.h>

#include "base/fs.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "weights/bundle_parts.h"
#include "weights/names_sd15.h"
#include "weights/part_tensors.h"
#include "weights/st_write.h"
#include "weights/write_config.h"

#define PIECE ((size_t)65536)
#define FILE_BLOCK ((size_t)1 << 20)
#define MAX_TOKENIZER_BYTES ((size_t)64 << 20)

struct convert {
    const rs_convert_options *o;
    rs_arena *arena;
    rs_bundle *b;
    bool single;             /* the output is one file */
    rs_part part;
    rs_st_tensor *tensors;   /* NULL while they are counted */
    size_t n;
    float *x;                /* [PIECE] */
    uint8_t *bytes;          /* [8 * PIECE] */
    rs_status status;        /* the walk's first error's */
    rs_err *err;
};

static rs_status no_memory(rs_err *err)
{
    return RS_FAIL(err, RS_E_NOMEM, "no memory to convert a model");
}

static const char *output_name(struct convert *c, const char *name)
{
    char ldm[256];
    if (!c->single)
        return rs_arena_strdup(c->arena, name);
    const bool ok = c->part == RS_PART_UNET ? rs_ldm_unet_name(rs_bundle_unet(c->b), name, ldm, sizeof(ldm))
                    : c->part == RS_PART_VAE ? rs_ldm_vae_name(rs_bundle_vae(c->b), name, ldm, sizeof(ldm))
                                             : rs_ldm_text_name(name, ldm, sizeof(ldm));
    return ok ? rs_arena_strdup(c->arena, ldm) : NULL;
}

static void visit(void *cookie, const char *name, int rank, const int64_t *shape)
{
    struct convert *c = cookie;
    const rs_wtensor *t = rs_bundle_find(c->b, c->part, name);
    if (c->status != RS_OK)
        return;
    if (!c->tensors) {
        c->status = rs_wtensor_check(t, rank, shape, c->err);
        if (!t)
            c->status = RS_FAIL(c->err, RS_E_NOTFOUND, "'%s': the %s has no tensor '%.200s'", c->o->input,
                                rs_part_name(c->part), name);
        c->n++;
        return;
    }
    const char *out = output_name(c, name);
    if (!out) {
        c->status = no_memory(c->err);
        return;
    }
    rs_st_tensor *to = &c->tensors[c->n++];
    rs_st_tensor_like(to, out, t, c->o->precision);
    to->rank = rank;
    memcpy(to->shape, shape, (size_t)rank * sizeof(*shape));
    if (c->single && c->part == RS_PART_VAE && rank == 2) {
        to->rank = 4;
        to->shape[2] = to->shape[3] = 1;
    }
}

/* The tensors of parts first to last, in two walks: checked and counted, then described. */
static rs_status collect(struct convert *c, rs_part first, rs_part last, rs_err *err)
{
    c->tensors = NULL;
    c->err = err;
    for (int pass = 0; pass < 2 && c->status == RS_OK; pass++) {
        if (pass && !(c->tensors = RS_NEW_N(c->arena, rs_st_tensor, c->n)))
            return no_memory(err);
        c->n = 0;
        for (c->part = first; c->part <= last; c->part++)
            rs_part_tensors(c->b, c->part, visit, c);
    }
    return c->status;
}

static rs_status put_tensor(const struct convert *c, rs_st_writer *w, const rs_st_tensor *out, rs_err *err)
{
    const rs_wtensor *t = out->source;
    if (strcmp(out->dtype, t->dtype_text) == 0) {
        RS_TRY(rs_st_writer_copy(w, t, err));
    } else {
        for (size_t i = 0; i < t->count; i += PIECE) {
            const size_t n = t->count - i < PIECE ? t->count - i : PIECE;
            rs_wtensor_read(t, i, n, c->x);
            rs_wtensor_drop_part(t, i, n);
            RS_TRY(rs_st_writer_put(w, c->bytes, rs_st_from_f32(out->dtype, c->x, n, c->bytes), err));
        }
    }
    rs_wtensor_drop(t);
    return RS_OK;
}

static rs_status write_tensors(struct convert *c, const char *path, const rs_st_pair *metadata,
                               size_t n_metadata, rs_err *err)
{
    rs_st_writer *w = NULL;
    rs_status s = rs_st_writer_open(c->arena, path, c->o->overwrite, c->tensors, c->n, metadata, n_metadata,
                                    &w, err);
    for (size_t i = 0; i < c->n && s == RS_OK; i++)
        s = put_tensor(c, w, &c->tensors[i], err);
    if (s == RS_OK)
        s = rs_st_writer_finish(&w, err);
    rs_st_writer_abort(&w);
    return s;
}

static rs_status write_single(struct convert *c, rs_err *err)
{
    rs_st_pair metadata[RS_SINGLE_METADATA];
    size_t n;
    RS_TRY(collect(c, RS_PART_TEXT, RS_PART_VAE, err));
    RS_TRY(rs_write_single_metadata(c->arena, c->b, metadata, &n, err));
    return write_tensors(c, c->o->output, metadata, n, err);
}

/* "output/folder/name", or "output/name" without one; the folders are made. */
static rs_status make_path(const struct convert *c, const char *folder, const char *name, const char **out,
                           rs_err *err)
{
    const char *dir = folder ? rs_path_join(c->arena, c->o->output, folder) : c->o->output;
    if (!dir || !(*out = rs_path_join(c->arena, dir, name)))
        return no_memory(err);
    return rs_make_dirs(dir, err);
}

static rs_status write_text(const struct convert *c, const char *folder, const char *name,
                            const rs_strbuf *text, rs_err *err)
{
    const char *path;
    RS_TRY(make_path(c, folder, name, &path, err));
    if (text->failed)
        return no_memory(err);
    return rs_write_file(path, text->data, text->len, err);
}

static rs_status copy_file(const struct convert *c, const char *from, const char *name, rs_err *err)
{
    char *data;
    size_t size;
    RS_TRY(rs_read_file(c->arena, from, MAX_TOKENIZER_BYTES, &data, &size, err));
    const rs_strbuf text = { .data = data, .len = size };
    return write_text(c, "tokenizer", name, &text, err);
}

static rs_status write_configs(const struct convert *c, rs_err *err)
{
    for (size_t i = 0; i < RS_CONFIG_FILES; i++) {
        rs_strbuf sb;
        const char *folder, *name;
        rs_strbuf_init(&sb, 1 << 20);
        rs_write_config(c->b, i, &folder, &name, &sb);
        const rs_status s = write_text(c, folder, name, &sb, err);
        rs_strbuf_release(&sb);
        RS_TRY(s);
    }
    return RS_OK;
}

/* model_index.json last: without it the folder is seen to be incomplete. */
static rs_status write_folder(struct convert *c, rs_err *err)
{
    static const char *const files[RS_PARTS] = {
        [RS_PART_TEXT] = "model.safetensors", [RS_PART_UNET] = "diffusion_pytorch_model.safetensors",
        [RS_PART_VAE] = "diffusion_pytorch_model.safetensors",
    };
    const rs_st_pair format = { "format", "pt" };
    if (rs_is_file(c->o->output))
        return RS_FAIL(err, RS_E_INVALID, "'%s' is a file: for a model folder name a folder", c->o->output);
    if (rs_is_dir(c->o->output) && !c->o->overwrite)
        return RS_FAIL(err, RS_E_INVALID, "'%s' exists: choose another name, or allow it with --overwrite",
                       c->o->output);
    for (rs_part part = 0; part < RS_PARTS; part++) {
        const char *path;
        RS_TRY(collect(c, part, part, err));
        RS_TRY(make_path(c, rs_part_name(part), files[part], &path, err));
        RS_TRY(write_tensors(c, path, &format, 1, err));
    }
    const char *merges = rs_bundle_merges(c->b);
    RS_TRY(copy_file(c, rs_bundle_vocab(c->b), merges ? "vocab.json" : "tokenizer.json", err));
    if (merges)
        RS_TRY(copy_file(c, merges, "merges.txt", err));
    return write_configs(c, err);
}

static bool keep_first(void *cookie, const rs_err *err)
{
    rs_err *first = cookie;
    if (first->status == RS_OK)
        *first = *err;
    return true;
}

/* A model that cannot be run may still be converted when all its parts are there: an
 * inpainting one, or, for a single file, one without a tokenizer. */
static rs_status open_model(struct convert *c, rs_err *err)
{
    rs_err first = { 0 };
    const rs_problem_sink sink = { keep_first, &first };
    RS_TRY(rs_bundle_probe(c->arena, c->o->input, c->o->tokenizer, &sink, &c->b, err));
    const rs_bundle *b = c->b;
    bool whole = b->noise_known && (c->single || b->vocab);
    for (rs_part part = 0; part < RS_PARTS; part++)
        whole &= b->known[part] && b->weights[part];
    return whole ? RS_OK : RS_FAIL(err, first.status, "%s", first.msg);
}

static rs_status open_and_write(struct convert *c, rs_err *err)
{
    const rs_convert_options *o = c->o;
    c->single = strcmp(rs_path_ext(o->output), ".safetensors") == 0;
    RS_TRY(open_model(c, err));
    c->x = RS_NEW_N(c->arena, float, PIECE);
    c->bytes = rs_arena_alloc(c->arena, 8 * PIECE);
    if (!c->x || !c->bytes)
        return no_memory(err);
    return c->single ? write_single(c, err) : write_folder(c, err);
}

rs_status rs_checkpoint_convert(const rs_convert_options *options, rs_err *err)
{
    struct convert c = { .o = options };
    if (!(c.arena = rs_arena_open(FILE_BLOCK)))
        return no_memory(err);
    const rs_status s = open_and_write(&c, err);
    rs_bundle_close(&c.b);
    rs_arena_close(&c.arena);
    return s;
}
