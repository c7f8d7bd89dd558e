#include "weights/bundle.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/fs.h"
#include "base/mem.h"
#include "weights/bundle_parts.h"
#include "weights/names_sd15.h"
#include "weights/part_tensors.h"

#define TOKENIZER_HELP                                                                        \
    "'vocab.json' and 'merges.txt' come with the folder 'tokenizer' of any Stable Diffusion " \
    "1.x model in the diffusers layout; name that folder with 'tokenizer:'"

static rs_status no_memory(const rs_bundle *b, rs_err *err)
{
    return RS_FAIL(err, RS_E_NOMEM, "no memory to open '%s'", b->path);
}

/* Folder or file, by what is there. */
static rs_status detect(rs_bundle *b, rs_err *err)
{
    if (rs_is_dir(b->path)) {
        b->single = false;
        return rs_folder_identify(b, err);
    }
    b->single = true;
    return rs_single_open(b, err);
}

/* Takes dir/vocab.json and dir/merges.txt when both are there, else dir/tokenizer.json. */
static rs_status try_tokenizer(rs_bundle *b, const char *dir, rs_err *err)
{
    char *vocab = rs_path_join(b->arena, dir, "vocab.json");
    char *merges = rs_path_join(b->arena, dir, "merges.txt");
    char *both = rs_path_join(b->arena, dir, "tokenizer.json");
    if (!vocab || !merges || !both)
        return no_memory(b, err);
    if (rs_is_file(vocab) && rs_is_file(merges)) {
        b->vocab = vocab;
        b->merges = merges;
    } else if (rs_is_file(both)) {
        b->vocab = both;
    }
    return RS_OK;
}

/* The caller's folder, or the folder 'tokenizer' in the model or beside the file. */
static rs_status find_tokenizer(rs_bundle *b, rs_err *err)
{
    const char *base = b->tokenizer ? b->tokenizer
                       : b->single ? rs_path_dir(b->arena, b->path) : b->path;
    const char *sub = base ? rs_path_join(b->arena, base, "tokenizer") : NULL;
    if (!sub)
        return no_memory(b, err);
    if (b->tokenizer)
        RS_TRY(try_tokenizer(b, base, err));
    if (!b->vocab)
        RS_TRY(try_tokenizer(b, sub, err));
    if (b->vocab)
        return RS_OK;
    if (b->tokenizer)
        return RS_FAIL(err, RS_E_NOTFOUND, "tokenizer '%s' has no 'vocab.json' and 'merges.txt', and no "
                       "'tokenizer.json'; "
                       TOKENIZER_HELP, b->tokenizer);
    return RS_FAIL(err, RS_E_NOTFOUND, b->single ? "'%s' brings no tokenizer, as no single file "
                   "does: "
                   TOKENIZER_HELP ", or copy it beside the file" : "'%s' has no tokenizer: "
                   TOKENIZER_HELP, b->path);
}

/* What the parts must agree on. */
static rs_status check_agreement(const rs_bundle *b, rs_err *err)
{
    if (!b->known[RS_PART_UNET])
        return RS_OK;
    const int in = b->unet.in_channels, z = b->vae.latent_channels;
    const bool inpaints = in == 2 * z + 1; /* see stage/condition.h */
    if (b->known[RS_PART_VAE] && in != z && !inpaints) {
        const char *why = in == 2 * z ? "it is a model that edits by instruction (pix2pix)"
                          : in == z + 1 ? "it is a model that takes depth" : "they do not fit";
        return RS_FAIL(err, RS_E_UNSUPPORTED,
                       "'%s': the unet takes %d channels but the autoencoder gives %d: %s", b->path,
                       in,
                       z, why);
    }
    if (b->known[RS_PART_VAE] && b->unet.out_channels != z)
        return RS_FAIL(err, RS_E_UNSUPPORTED, "'%s': the unet takes %d channels and returns %d",
                       b->path,
                       in, b->unet.out_channels);
    if (b->known[RS_PART_TEXT] && b->unet.context_dim != b->text.width)
        return RS_FAIL(err, RS_E_FORMAT,
                       "'%s': the unet expects text %d wide, the text encoder gives %d", b->path,
                       b->unet.context_dim, b->text.width);
    return RS_OK;
}

static rs_status load_weights(rs_bundle *b, rs_part part, rs_err *err)
{
    return b->single ? RS_OK : rs_folder_weights(b, part, err);
}

static rs_status load_config(rs_bundle *b, rs_part part, rs_err *err)
{
    return b->single ? rs_single_config(b, part, err) : rs_folder_config(b, part, err);
}

static rs_status load_noise(rs_bundle *b, rs_err *err)
{
    return b->single ? rs_single_noise(b, err) : rs_folder_noise(b, err);
}

/* An error goes to the sink and is forgotten, or stops everything. */
static rs_status settle(rs_status s, const rs_problem_sink *sink, rs_err *err)
{
    if (s == RS_OK || s == RS_E_NOMEM || !sink || !sink->take(sink->cookie, err))
        return s;
    rs_err_clear(err);
    return RS_OK;
}

static rs_status fill(rs_bundle *b, const rs_problem_sink *sink, rs_err *err)
{
    RS_TRY(detect(b, err)); /* without it there is nothing to go on with */
    for (rs_part part = 0; part < RS_PARTS; part++) {
        RS_TRY(settle(load_config(b, part, err), sink, err));
        RS_TRY(settle(load_weights(b, part, err), sink, err));
    }
    RS_TRY(settle(load_noise(b, err), sink, err));
    RS_TRY(settle(check_agreement(b, err), sink, err));
    return settle(find_tokenizer(b, err), sink, err);
}

rs_status rs_bundle_probe(rs_arena *arena, const char *path, const char *tokenizer,
                          const rs_problem_sink *sink, rs_bundle **out, rs_err *err)
{
    rs_err own = { 0 }; /* a sink needs the text, even when the caller does not */
    rs_bundle *b = RS_NEW(arena, rs_bundle);
    if (!err)
        err = &own;
    if (!b || !(b->path = rs_arena_strdup(arena, path)))
        return RS_FAIL(err, RS_E_NOMEM, "no memory to open '%s'", path);
    b->arena = arena;
    if (tokenizer && !(b->tokenizer = rs_arena_strdup(arena, tokenizer)))
        return no_memory(b, err);
    const rs_status s = fill(b, sink, err);
    if (s != RS_OK) {
        rs_bundle_close(&b);
        return s;
    }
    *out = b;
    return RS_OK;
}

rs_status rs_bundle_open(rs_arena *arena, const char *path, const char *tokenizer, rs_bundle **out,
                         rs_err *err)
{
    return rs_bundle_probe(arena, path, tokenizer, NULL, out, err);
}

void rs_bundle_close(rs_bundle **bundle)
{
    if (!bundle || !*bundle)
        return;
    rs_bundle *b = *bundle;
    for (rs_part part = 0; part < RS_PARTS; part++)
        if (!b->single || part == 0)
            rs_weights_close(&b->weights[part]);
    *bundle = NULL;
}

const rs_unet_config *rs_bundle_unet(const rs_bundle *b)
{
    return &b->unet;
}

const rs_vae_config *rs_bundle_vae(const rs_bundle *b)
{
    return &b->vae;
}

const rs_text_config *rs_bundle_text(const rs_bundle *b)
{
    return &b->text;
}

const rs_noise_config *rs_bundle_noise(const rs_bundle *b)
{
    return &b->noise;
}

const char *rs_bundle_vocab(const rs_bundle *b)
{
    return b->vocab;
}

const char *rs_bundle_merges(const rs_bundle *b)
{
    return b->merges;
}

/* prefix + name without its "text_model.", which some files leave out. */
static const rs_wtensor *find_text_short(const rs_weights *w, const char *prefix, const char *name)
{
    static const char model[] = "text_model.";
    char full[256];
    if (strncmp(name, model, sizeof(model) - 1) != 0)
        return NULL;
    snprintf(full, sizeof(full), "%s%s", prefix, name + sizeof(model) - 1);
    return rs_weights_find(w, full);
}

/* The autoencoder's attention as diffusers named it before version 0.16. */
static const rs_wtensor *find_old_vae(const rs_weights *w, const char *name)
{
    static const char *const pairs[][2] = {
        { ".to_q.", ".query." }, { ".to_k.", ".key." }, { ".to_v.", ".value." },
        { ".to_out.0.", ".proj_attn." },
    };
    char full[256];
    for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
        const char *at = strstr(name, pairs[i][0]);
        if (!at)
            continue;
        snprintf(full, sizeof(full), "%.*s%s%s", (int)(at - name), name, pairs[i][1],
                 at + strlen(pairs[i][0]));
        return rs_weights_find(w, full);
    }
    return NULL;
}

static const rs_wtensor *find_in_folder(const rs_weights *w, rs_part part, const char *name)
{
    const rs_wtensor *t = rs_weights_find(w, name);
    if (t || part == RS_PART_UNET)
        return t;
    return part == RS_PART_VAE ? find_old_vae(w, name) : find_text_short(w, "", name);
}

static const rs_wtensor *find_in_single(const rs_bundle *b, const rs_weights *w, rs_part part,
                                        const char *name)
{
    char full[256];
    const bool named = part == RS_PART_UNET ? rs_ldm_unet_name(&b->unet, name, full, sizeof(full))
                       : part == RS_PART_VAE ? rs_ldm_vae_name(&b->vae, name, full, sizeof(full))
                                             : rs_ldm_text_name(name, full, sizeof(full));
    const rs_wtensor *t = named ? rs_weights_find(w, full) : NULL;
    return t || part != RS_PART_TEXT ? t : find_text_short(w, RS_LDM_TEXT, name);
}

const rs_wtensor *rs_bundle_find(const rs_bundle *b, rs_part part, const char *name)
{
    const rs_weights *w = b->weights[part];
    if (!w)
        return NULL;
    return b->single ? find_in_single(b, w, part, name) : find_in_folder(w, part, name);
}

static rs_status find_or_fail(const rs_bundle *b, rs_part part, const char *name, const rs_wtensor **out,
                              rs_err *err)
{
    *out = rs_bundle_find(b, part, name);
    if (!*out)
        return RS_FAIL(err, RS_E_NOTFOUND, "'%s': the %s has no tensor '%.200s'", b->path,
                       rs_part_name(part), name);
    return RS_OK;
}

struct check {
    const rs_bundle *b;
    rs_part part;
    rs_status status; /* the first error's */
    rs_err *err;
};

static void check_tensor(void *cookie, const char *name, int rank, const int64_t *shape)
{
    struct check *c = cookie;
    const rs_wtensor *t;
    if (c->status != RS_OK)
        return;
    c->status = find_or_fail(c->b, c->part, name, &t, c->err);
    if (c->status != RS_OK)
        return;
    c->status = rs_wtensor_check(t, rank, shape, c->err);
    if (c->status != RS_OK)
        rs_err_wrap(c->err, c->status, "%s", rs_part_name(c->part));
}

rs_status rs_bundle_check(const rs_bundle *b, rs_part part, rs_err *err)
{
    struct check c = { .b = b, .part = part, .err = err };
    rs_part_tensors(b, part, check_tensor, &c);
    return c.status;
}

void rs_bundle_use_networks(rs_bundle *b, const rs_networks *networks)
{
    b->networks = networks;
}

static bool all_finite(const float *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(v[i]))
            return false;
    return true;
}

/* The tensor with the networks added. */
static rs_status merge(rs_arena *arena, const rs_bundle *b, rs_part part, const char *name,
                       const rs_wtensor *t, rs_wtensor *out, rs_err *err)
{
    size_t bytes;
    float *sum = rs_mul_size(t->count, sizeof(float), &bytes) ? rs_arena_alloc(arena, bytes) : NULL;
    if (!sum)
        return RS_FAIL(err, RS_E_NOMEM, "no memory to merge networks into '%.200s'", name);
    rs_wtensor_read(t, 0, t->count, sum);
    rs_wtensor_drop(t);
    RS_TRY(rs_networks_add(b->networks, arena, part, name, sum, err));
    if (!all_finite(sum, t->count))
        return RS_FAIL(err, RS_E_RANGE, "'%.200s' plus its networks is not finite: lower their weights",
                       name);
    *out = *t;
    out->dtype = RS_DTYPE_F32;
    out->dtype_text = "F32";
    out->data = (const uint8_t *)sum;
    out->bytes = bytes;
    out->in_memory = true;
    return RS_OK;
}

static rs_status find_merged(rs_arena *arena, const rs_bundle *b, rs_part part, const char *name,
                             int rank, const int64_t *want, const rs_wtensor **out, rs_err *err)
{
    const rs_wtensor *t;
    RS_TRY(find_or_fail(b, part, name, &t, err));
    if (b->networks && rs_networks_touch(b->networks, part, name)) {
        rs_wtensor *sum = RS_NEW(arena, rs_wtensor);
        if (!sum)
            return RS_FAIL(err, RS_E_NOMEM, "no memory to merge networks into '%.200s'", name);
        RS_TRY(rs_wtensor_check(t, rank, want, err));
        RS_TRY(merge(arena, b, part, name, t, sum, err));
        t = sum;
    }
    *out = t;
    return RS_OK;
}

rs_status rs_bundle_tensor(rs_arena *arena, const rs_bundle *b, rs_part part, const char *name,
                           int rank, const int64_t *want, rs_pool *pool, const rs_wtensor **out,
                           rs_err *err)
{
    const rs_wtensor *t;
    RS_TRY(find_merged(arena, b, part, name, rank, want, &t, err));
    const rs_status s = rs_wtensor_finite(t, rank, want, pool, err);
    if (s == RS_OK)
        *out = t;
    return s == RS_OK ? s : rs_err_wrap(err, s, "%s", rs_part_name(part));
}

rs_status rs_bundle_f32(rs_arena *arena, const rs_bundle *b, rs_part part, const char *name,
                        int rank,
                        const int64_t *want, const float **out, rs_err *err)
{
    const rs_wtensor *t;
    RS_TRY(find_merged(arena, b, part, name, rank, want, &t, err));
    const rs_status s = rs_wtensor_f32(arena, t, rank, want, out, err);
    return s == RS_OK ? s : rs_err_wrap(err, s, "%s", rs_part_name(part));
}
