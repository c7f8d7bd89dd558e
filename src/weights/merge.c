/* Merging checkpoints, a piece of a tensor at a time. */
#include <stdio.h>
#include <string.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "kernel/kern.h"
#include "media/file_hash.h"
#include "weights/names_sd15.h"
#include "weights/st_write.h"

#define PIECE ((size_t)65536) /* values in work at a time */
#define FILE_BLOCK ((size_t)1 << 20)

struct merge {
    const rs_merge_options *o;
    rs_arena *arena;
    rs_weights *a, *b, *c, *vae; /* b, c, vae: NULL when not asked for */
    rs_st_tensor *tensors;       /* source: A's, or the baked autoencoder's, or B's alone */
    size_t n;
    float *x, *y, *z;            /* [PIECE] */
    uint8_t *bytes;              /* [8 * PIECE] */
    char hash[3][65];            /* SHA-256 of A, B, C */
};

static bool mergeable(const char *name)
{
    return strstr(name, "model") && strcmp(name, RS_LDM_TEXT "text_model.embeddings.position_ids") != 0;
}

static bool in_vae(const char *name)
{
    return strncmp(name, RS_LDM_VAE, strlen(RS_LDM_VAE)) == 0;
}

/* The number behind ".word." in a name, or -1. */
static int block_number(const char *name, const char *word)
{
    const char *at = strstr(name, word);
    int v = -1;
    return at && sscanf(at + strlen(word), "%3d.", &v) == 1 ? v : -1;
}

/* Index into the 26 multipliers (see checkpoint.h), and in which order names decide:
 * scripts/mbw/merge_block_weighted.py of bbc-mc/sdweb-merge-block-weighted-gui, after kohya_ss's
 * of 2022 (note.com/kohya_ss/n/n9a485a066d5b), on eyriewow/merge-models. */
static int place(const char *name)
{
    if (strncmp(name, RS_LDM_UNET, strlen(RS_LDM_UNET)) != 0)
        return 0;
    const int in = block_number(name, ".input_blocks."), out = block_number(name, ".output_blocks.");
    if (strstr(name, "time_embed"))
        return 1;
    if (strstr(name, ".out."))
        return 25;
    if (strstr(name, ".middle_block."))
        return 13;
    return in >= 0 && in < 12 ? 1 + in : out >= 0 && out < 12 ? 14 + out : 0;
}

static double multiplier(const struct merge *m, const char *name)
{
    return m->o->blocks ? m->o->blocks[place(name)] : m->o->multiplier;
}

static rs_status no_memory(rs_err *err)
{
    return RS_FAIL(err, RS_E_NOMEM, "no memory to merge checkpoints");
}

/* The autoencoder's tensor in a file of its own (with or without the prefix), or in a
 * whole checkpoint; NULL: it has none. */
static const rs_wtensor *find_vae(const struct merge *m, const char *name)
{
    const rs_wtensor *t = m->vae ? rs_weights_find(m->vae, name) : NULL;
    return t || !m->vae ? t : rs_weights_find(m->vae, name + strlen(RS_LDM_VAE));
}

static rs_status same_shape(const rs_wtensor *a, const rs_wtensor *b, rs_err *err)
{
    char have[200], want[200];
    if (a->rank == b->rank && memcmp(a->shape, b->shape, (size_t)a->rank * sizeof(*a->shape)) == 0)
        return RS_OK;
    return RS_FAIL(err, RS_E_FORMAT, "'%s': tensor '%.200s': shape %s, expected %s as in '%s'", b->file,
                   b->name, rs_shape_text(b->shape, b->rank, have, sizeof(have)),
                   rs_shape_text(a->shape, a->rank, want, sizeof(want)), a->file);
}

/* An inpainting model's first convolution takes 9 channels, the other's 4. */
static bool inpainting(const rs_wtensor *a, const rs_wtensor *b)
{
    return a->rank == 4 && b->rank == 4 && a->shape[1] == 9 && b->shape[1] == 4 &&
           a->shape[0] == b->shape[0] && a->shape[2] == b->shape[2] && a->shape[3] == b->shape[3] &&
           a->shape[0] > 0 && a->count / (size_t)a->shape[0] <= PIECE;
}

static rs_status both_floats(const rs_wtensor *a, const rs_wtensor *b, rs_err *err)
{
    if (a->dtype > RS_DTYPE_F64 || b->dtype > RS_DTYPE_F64)
        return RS_FAIL(err, RS_E_UNSUPPORTED, "tensor '%.200s': dtypes %s ('%s') and %s ('%s') cannot be "
                       "merged", a->name, a->dtype_text, a->file, b->dtype_text, b->file);
    return RS_OK;
}

static rs_status check_pair(const rs_wtensor *a, const rs_wtensor *b, rs_err *err)
{
    RS_TRY(both_floats(a, b, err));
    if (inpainting(b, a))
        return RS_FAIL(err, RS_E_INVALID, "'%s' is an inpainting model: it must be the first one", b->file);
    return inpainting(a, b) ? RS_OK : same_shape(a, b, err);
}

/* B's counterpart of a tensor, or NULL when A stays as it is. */
static rs_status partner(const struct merge *m, const rs_wtensor *t, const rs_wtensor **b,
                         const rs_wtensor **c, rs_err *err)
{
    *b = m->b && mergeable(t->name) ? rs_weights_find(m->b, t->name) : NULL;
    *c = *b && m->c ? rs_weights_find(m->c, t->name) : NULL;
    if (m->c && !*c)
        *b = NULL; /* no difference to add */
    if (m->vae && in_vae(t->name) && find_vae(m, t->name))
        *b = NULL;
    if (*b && rs_weights_find(m->a, t->name) != t)
        *b = NULL; /* only B has it */
    if (*b && t->dtype > RS_DTYPE_F64 && (*b)->dtype == t->dtype)
        *b = NULL; /* positions and the like */
    if (!*b)
        return RS_OK;
    RS_TRY(check_pair(t, *b, err));
    if (*c)
        RS_TRY(both_floats(*b, *c, err));
    return *c ? same_shape(*b, *c, err) : RS_OK;
}

static rs_status announce(struct merge *m, const rs_wtensor *t, rs_err *err)
{
    const rs_wtensor *b, *c, *vae = in_vae(t->name) ? find_vae(m, t->name) : NULL;
    RS_TRY(partner(m, t, &b, &c, err));
    if (vae)
        RS_TRY(both_floats(t, vae, err));
    if (vae)
        RS_TRY(same_shape(t, vae, err));
    rs_st_tensor *out = &m->tensors[m->n++];
    rs_st_tensor_like(out, t->name, vae ? vae : t, m->o->precision);
    if (vae && m->o->precision == RS_SAVE_KEEP) { /* in A's precision */
        const void *source = out->source;
        rs_st_tensor_like(out, t->name, t, RS_SAVE_KEEP);
        out->source = source;
    }
    return RS_OK;
}

/* A's tensors, and those that B alone has (A1111 takes them along in a weighted sum). */
static rs_status announce_all(struct merge *m, rs_err *err)
{
    const size_t na = rs_weights_count(m->a), nb = m->b && !m->c ? rs_weights_count(m->b) : 0;
    if (!(m->tensors = RS_NEW_N(m->arena, rs_st_tensor, na + nb)))
        return no_memory(err);
    for (size_t i = 0; i < na; i++)
        RS_TRY(announce(m, rs_weights_at(m->a, i), err));
    for (size_t i = 0; i < nb; i++) {
        const rs_wtensor *t = rs_weights_at(m->b, i);
        if (mergeable(t->name) && !rs_weights_find(m->a, t->name))
            RS_TRY(announce(m, t, err));
    }
    return RS_OK;
}

/* The n values in x, which are A's, with those of B and C from the first-th on. */
static void combine(const struct merge *m, const rs_wtensor *a, const rs_wtensor *b, const rs_wtensor *c,
                    size_t first, size_t n)
{
    const rs_kern *k = rs_kern_active();
    const double by = multiplier(m, a->name);
    rs_wtensor_read(b, first, n, m->y);
    rs_wtensor_drop_part(b, first, n);
    if (c) {
        rs_wtensor_read(c, first, n, m->z);
        rs_wtensor_drop_part(c, first, n);
        k->axpby(m->y, 1, m->y, -1, m->z, n);
        k->axpby(m->x, 1, m->x, (float)by, m->y, n);
    } else {
        k->axpby(m->x, (float)(1.0 - by), m->x, (float)by, m->y, n);
    }
}

static rs_status put_floats(const struct merge *m, rs_st_writer *w, const char *dtype, size_t n,
                            rs_err *err)
{
    return rs_st_writer_put(w, m->bytes, rs_st_from_f32(dtype, m->x, n, m->bytes), err);
}

static rs_status put_tensor(const struct merge *m, rs_st_writer *w, const rs_st_tensor *out, rs_err *err)
{
    const rs_wtensor *t = out->source, *b, *c;
    RS_TRY(partner(m, t, &b, &c, err));
    if (!b && strcmp(out->dtype, t->dtype_text) == 0) {
        RS_TRY(rs_st_writer_copy(w, t, err));
    } else if (b && inpainting(t, b)) {
        const size_t whole = t->count / (size_t)t->shape[0], part = b->count / (size_t)b->shape[0];
        for (size_t row = 0; row < (size_t)t->shape[0]; row++) {
            rs_wtensor_read(t, row * whole, whole, m->x);
            combine(m, t, b, c, row * part, part); /* 4 channels of 9 */
            RS_TRY(put_floats(m, w, out->dtype, whole, err));
        }
    } else {
        for (size_t i = 0; i < t->count; i += PIECE) {
            const size_t n = t->count - i < PIECE ? t->count - i : PIECE;
            rs_wtensor_read(t, i, n, m->x);
            rs_wtensor_drop_part(t, i, n);
            if (b)
                combine(m, t, b, c, i, n);
            RS_TRY(put_floats(m, w, out->dtype, n, err));
        }
    }
    rs_wtensor_drop(t);
    if (b)
        rs_wtensor_drop(b);
    if (c)
        rs_wtensor_drop(c);
    return RS_OK;
}

/* "key": "text", or null. */
static void put_text(rs_strbuf *sb, const char *key, const char *text)
{
    rs_strbuf_printf(sb, ", \"%s\": %s", key, text ? "\"" : "null");
    for (const char *s = text; s && *s; s++)
        rs_strbuf_printf(sb, *s == '"' || *s == '\\' ? "\\%c" : "%c", (unsigned char)*s < 0x20 ? '?' : *s);
    rs_strbuf_puts(sb, text ? "\"" : "");
}

/* sd_merge_recipe as A1111 writes it, of hashes of the files. */
static void recipe(const struct merge *m, rs_strbuf *sb)
{
    const rs_merge_options *o = m->o;
    rs_strbuf_puts(sb, "{\"type\": \"restyle\"");
    put_text(sb, "primary_model_hash", m->hash[0]);
    put_text(sb, "secondary_model_hash", m->b ? m->hash[1] : NULL);
    put_text(sb, "tertiary_model_hash", m->c ? m->hash[2] : NULL);
    rs_strbuf_printf(sb, ", \"interp_method\": \"%s\", \"multiplier\": %.9g",
                     !o->b ? "No interpolation" : o->c ? "Add difference" : "Weighted sum",
                     o->multiplier);
    for (int i = 0; o->blocks && i < RS_MERGE_BLOCKS; i++)
        rs_strbuf_printf(sb, "%s%.9g%s", i ? ", " : ", \"block_weights\": [", o->blocks[i],
                         i + 1 == RS_MERGE_BLOCKS ? "]" : "");
    rs_strbuf_printf(sb, ", \"save_as_half\": %s", o->precision == RS_SAVE_F16 ? "true" : "false");
    put_text(sb, "bake_in_vae", o->vae ? rs_path_name(o->vae) : NULL);
    rs_strbuf_puts(sb, "}");
}

/* The recipe that a file was made by itself, if it has one and that is JSON. */
static const char *older_recipe(const struct merge *m, const rs_weights *w)
{
    const char *text = rs_weights_metadata(w, "sd_merge_recipe");
    const rs_json *parsed;
    const bool json = text && rs_json_parse(m->arena, text, strlen(text), "recipe", &parsed, NULL) == RS_OK;
    return json ? text : NULL;
}

/* sd_merge_models: by hash, each file's name and older recipe; a file that comes twice once. */
static void models(const struct merge *m, rs_strbuf *sb)
{
    const rs_weights *sets[] = { m->a, m->b, m->c };
    rs_strbuf_puts(sb, "{");
    for (int i = 0; i < 3 && sets[i]; i++) {
        const char *before = older_recipe(m, sets[i]);
        if ((i > 0 && strcmp(m->hash[i], m->hash[0]) == 0) || (i > 1 && strcmp(m->hash[2], m->hash[1]) == 0))
            continue;
        rs_strbuf_printf(sb, "%s\"%s\": {\"type\": \"file\"", i ? ", " : "", m->hash[i]);
        put_text(sb, "name", rs_path_name(rs_weights_path(sets[i])));
        rs_strbuf_printf(sb, ", \"sd_merge_recipe\": %s}", before ? before : "null");
    }
    rs_strbuf_puts(sb, "}");
}

static rs_status write_file(struct merge *m, rs_err *err)
{
    rs_strbuf text[2];
    rs_st_writer *w = NULL;
    for (int i = 0; i < 2; i++)
        rs_strbuf_init(&text[i], 1 << 20);
    recipe(m, &text[0]);
    models(m, &text[1]);
    const rs_st_pair metadata[] = { { "format", "pt" }, { "sd_merge_recipe", rs_strbuf_str(&text[0]) },
                                    { "sd_merge_models", rs_strbuf_str(&text[1]) } };
    rs_status s = text[0].failed || text[1].failed ? no_memory(err) : RS_OK;
    if (s == RS_OK)
        s = rs_st_writer_open(m->arena, m->o->output, m->o->overwrite, m->tensors, m->n, metadata, 3,
                              &w, err);
    for (size_t i = 0; i < m->n && s == RS_OK; i++)
        s = put_tensor(m, w, &m->tensors[i], err);
    if (s == RS_OK)
        s = rs_st_writer_finish(&w, err);
    rs_st_writer_abort(&w);
    for (int i = 0; i < 2; i++)
        rs_strbuf_release(&text[i]);
    return s;
}

static rs_status check_options(const rs_merge_options *o, rs_err *err)
{
    if (!o->b && (o->c || o->blocks))
        return RS_FAIL(err, RS_E_INVALID, "without a second checkpoint there is nothing to merge: "
                       "give B too");
    if (strcmp(rs_path_ext(o->output), ".safetensors") != 0)
        return RS_FAIL(err, RS_E_INVALID, "'%s' must end in .safetensors, the format it is written in",
                       o->output);
    return RS_OK;
}

static rs_status open_and_merge(struct merge *m, rs_err *err)
{
    const rs_merge_options *o = m->o;
    const char *const paths[] = { o->a, o->b, o->c, o->vae };
    rs_weights **const sets[] = { &m->a, &m->b, &m->c, &m->vae };
    for (int i = 0; i < 4; i++)
        if (paths[i])
            RS_TRY(rs_weights_open(m->arena, paths[i], sets[i], err));
    m->x = RS_NEW_N(m->arena, float, PIECE);
    m->y = RS_NEW_N(m->arena, float, PIECE);
    m->z = RS_NEW_N(m->arena, float, PIECE);
    m->bytes = rs_arena_alloc(m->arena, 8 * PIECE);
    if (!m->x || !m->y || !m->z || !m->bytes)
        return no_memory(err);
    RS_TRY(announce_all(m, err));
    for (int i = 0; i < 3; i++)
        if (paths[i])
            RS_TRY(rs_file_sha256(paths[i], m->hash[i], err));
    return write_file(m, err);
}

rs_status rs_checkpoint_merge(const rs_merge_options *options, rs_err *err)
{
    struct merge m = { .o = options };
    RS_TRY(check_options(options, err));
    if (!(m.arena = rs_arena_open(FILE_BLOCK)))
        return no_memory(err);
    const rs_status s = open_and_merge(&m, err);
    rs_weights_close(&m.vae);
    rs_weights_close(&m.c);
    rs_weights_close(&m.b);
    rs_weights_close(&m.a);
    rs_arena_close(&m.arena);
    return s;
}
