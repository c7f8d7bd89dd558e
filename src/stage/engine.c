/* The parts of a model, and where they lie.
 *
 * RS_MEMORY_NORMAL: all parts in unet_arena, scratch in other_arena.
 *
 * RS_MEMORY_LOW: one part at a time. A picture needs the autoencoder, the UNet, and the
 * autoencoder again; the UNet has large weights and small scratch, the autoencoder small
 * weights and large scratch. So the two arenas change roles, and neither is ever given
 * back and taken again, which virtual machines can make dearer than reading weights:
 *
 *                     unet_arena     other_arena
 *     text encoder    scratch        weights
 *     autoencoder     scratch        weights
 *     UNet            weights        scratch
 */
#include "stage/engine.h"

#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "tensor/gemm.h"

/* Address space, of which only what is written to becomes memory: weights or scratch
 * of any usual size lie in one block, where nothing is wasted. */
#define PART_BLOCK ((size_t)2 << 30)
#define RUN_BLOCK ((size_t)1 << 20)

static rs_status load(rs_model *m, rs_part part, rs_arena *arena, rs_err *err)
{
    const bool fast = m->precision == RS_PRECISION_FAST;
    switch (part) {
    case RS_PART_TEXT: return rs_clip_text_load(&m->ex, arena, m->bundle, &m->text, err);
    case RS_PART_UNET:
        RS_TRY(rs_unet_load(&m->ex, arena, m->bundle, fast, &m->unet, err));
        rs_unet_use_hypernets(m->unet, &m->hypernets.nets);
        return RS_OK;
    default: return rs_vae_load(&m->ex, arena, m->bundle, fast, &m->vae, err);
    }
}

static void unload(rs_model *m)
{
    rs_profile_flush(m->profile); /* its names go */
    m->text = NULL;
    m->unet = NULL;
    m->vae = NULL;
    rs_arena_rewind(m->unet_arena, m->unet_start);
    rs_arena_rewind(m->other_arena, m->other_start);
}

rs_part_times rs_model_take_times(rs_model *model)
{
    const rs_part_times t = model->times;
    model->times = (rs_part_times){ 0 };
    return t;
}

rs_status rs_model_need(rs_model *m, rs_part part, rs_err *err)
{
    if (part == RS_PART_TEXT ? m->text != NULL : part == RS_PART_UNET ? m->unet != NULL : m->vae != NULL)
        return RS_OK;
    const bool unet = part == RS_PART_UNET;
    unload(m);
    m->ex.scratch = unet ? m->other_arena : m->unet_arena;
    const double t0 = rs_prof_start(m->ex.prof);
    RS_TRY(load(m, part, unet ? m->unet_arena : m->other_arena, err));
    rs_prof_end(m->ex.prof, t0, RS_PROF_PART, "load", 0, 0);
    return RS_OK;
}

/* With RS_MEMORY_LOW the parts come later, but what can be said of them is said now. */
static rs_status load_or_check(rs_model *m, rs_part part, rs_err *err)
{
    return m->memory == RS_MEMORY_LOW ? rs_bundle_check(m->bundle, part, err)
                                      : load(m, part, m->unet_arena, err);
}

static rs_status load_parts(rs_model *m, rs_err *err)
{
    for (rs_part part = 0; part < RS_PARTS; part++)
        RS_TRY(load_or_check(m, part, err));
    return RS_OK;
}

static bool same_loras(rs_list a, rs_list b)
{
    const rs_lora *x = a.at, *y = b.at;
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++)
        if (strcmp(x[i].path, y[i].path) != 0 || x[i].weight != y[i].weight || x[i].te != y[i].te ||
            x[i].unet != y[i].unet || x[i].dyn != y[i].dyn)
            return false;
    return true;
}

/* Replaces the set; the parts are those of the old one until they are loaded again. */
static rs_status change_loras(rs_model *m, rs_list loras, rs_err *err)
{
    rs_lora_set set;
    RS_TRY(rs_lora_set_open(m->bundle, loras, m->pool, &set, err));
    rs_lora_set_close(&m->loras);
    m->loras = set;
    rs_bundle_use_networks(m->bundle, set.networks);
    return RS_OK;
}

rs_status rs_model_use_loras(rs_model *m, rs_list loras, rs_err *err)
{
    if (same_loras(m->loras.loras, loras))
        return RS_OK;
    RS_TRY(change_loras(m, loras, err));
    m->prompts = (rs_prompts){ 0 };
    rs_arena_rewind(m->prompt_arena, m->prompt_start);
    unload(m);
    m->ex.scratch = m->other_arena;
    return load_parts(m, err);
}

/* arch: NULL, or instead of a path. */
static rs_status open_bundle(rs_model *m, const char *path, const rs_arch *arch,
                             const rs_model_options *o, rs_err *err)
{
    if (arch)
        return rs_bundle_random(m->arena, arch, &m->bundle, err);
    RS_TRY(rs_bundle_open(m->arena, path, o->tokenizer, &m->bundle, err));
    RS_TRY(rs_tokenizer_open(m->arena, rs_bundle_vocab(m->bundle), rs_bundle_merges(m->bundle),
                             &m->tokenizer, err));
    return o->embeddings ? rs_embeddings_load(m->arena, o->embeddings, m->tokenizer,
                                              rs_bundle_text(m->bundle)->width, m->log, &m->embeddings, err)
                         : RS_OK;
}

static rs_status open_parts(rs_model *m, const char *path, const rs_arch *arch,
                            const rs_model_options *o, rs_err *err)
{
    m->arena = rs_arena_open(RUN_BLOCK);
    m->prompt_arena = rs_arena_open(RUN_BLOCK);
    m->run_arena = rs_arena_open(RUN_BLOCK);
    m->unet_arena = rs_arena_open(PART_BLOCK);
    m->other_arena = rs_arena_open(PART_BLOCK);
    if (!m->arena || !m->prompt_arena || !m->run_arena || !m->unet_arena || !m->other_arena)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for model '%s'", path);
    m->prompt_start = rs_arena_save(m->prompt_arena);
    m->unet_start = rs_arena_save(m->unet_arena);
    m->other_start = rs_arena_save(m->other_arena);
    m->ex.scratch = m->other_arena;
    RS_TRY(rs_pool_open(o->threads, &m->pool, err));
    m->ex.pool = m->pool;
    m->ex.kern = rs_kern_active();
    m->ex.prof = rs_profile_prof(o->profile);
    rs_gemm_init();
    RS_TRY(open_bundle(m, path, arch, o, err));
    if (o->first) {
        rs_list loras;
        const char *prompt, *negative;
        RS_TRY(rs_loras_of(m->arena, o->first, &loras, &prompt, &negative, err));
        RS_TRY(change_loras(m, loras, err));
    }
    RS_TRY(load_parts(m, err));
    return rs_noise_levels_init(m->arena, rs_bundle_noise(m->bundle), &m->levels, err);
}

/* The parts were checked one by one; do they fit each other? */
static rs_status check_fit(const rs_model *m, const char *path, rs_err *err)
{
    const rs_text_config *text = rs_bundle_text(m->bundle);
    const rs_unet_config *unet = rs_bundle_unet(m->bundle);
    const rs_vae_config *vae = rs_bundle_vae(m->bundle);
    if (text->width != unet->context_dim)
        return RS_FAIL(err, RS_E_FORMAT, "model '%s': the text encoder is %d wide, the unet expects %d",
                       path, text->width, unet->context_dim);
    const int z = vae->latent_channels, more = unet->in_channels - z;
    if ((more != 0 && more != z + 1) || unet->out_channels != z)
        return RS_FAIL(err, RS_E_UNSUPPORTED, "model '%s': the unet has %d input and %d output channels, "
                       "latents have %d; expected %d inputs, or %d of an inpainting model", path,
                       unet->in_channels, unet->out_channels, z, z, 2 * z + 1);
    if (vae->in_channels != 3 || vae->out_channels != 3)
        return RS_FAIL(err, RS_E_UNSUPPORTED, "model '%s': the autoencoder has %d colour channels, "
                       "expected 3", path, vae->in_channels);
    const int vocab = m->tokenizer ? rs_tokenizer_vocab_size(m->tokenizer) : 0;
    if (vocab > text->vocab_size)
        return RS_FAIL(err, RS_E_FORMAT, "model '%s': the tokenizer has %d tokens, the text encoder %d",
                       path, vocab, text->vocab_size);
    return RS_OK;
}

static rs_status open_model(const char *path, const rs_arch *arch, const rs_model_options *options,
                            rs_model **model, rs_err *err)
{
    const rs_model_options none = { 0 };
    const rs_model_options *o = options ? options : &none;
    rs_model *m = rs_calloc(sizeof(*m));
    if (!m)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for model '%s'", path);
    m->log = o->log;
    m->memory = o->memory;
    m->precision = o->precision;
    m->profile = o->profile;
    rs_status s = open_parts(m, path, arch, o, err);
    if (s == RS_OK)
        s = check_fit(m, path, err);
    if (s != RS_OK) {
        rs_model_close(&m);
        return s;
    }
    *model = m;
    return RS_OK;
}

rs_status rs_model_open(const char *path, const rs_model_options *options, rs_model **model, rs_err *err)
{
    return open_model(path, NULL, options, model, err);
}

rs_status rs_model_open_random(const rs_arch *arch, const rs_model_options *options, rs_model **model,
                               rs_err *err)
{
    return open_model(arch->name, arch, options, model, err);
}

void rs_model_close(rs_model **model)
{
    if (!model || !*model)
        return;
    rs_model *m = *model;
    rs_profile_flush(m->profile);
    rs_lora_set_close(&m->loras);
    rs_hyper_set_close(&m->hypernets);
    rs_bundle_close(&m->bundle);
    rs_pool_close(&m->pool);
    rs_arena_close(&m->other_arena);
    rs_arena_close(&m->unet_arena);
    rs_arena_close(&m->run_arena);
    rs_arena_close(&m->prompt_arena);
    rs_arena_close(&m->arena);
    rs_free(m);
    *model = NULL;
}

int rs_model_multiple(const rs_model *model)
{
    return 1 << (rs_bundle_vae(model->bundle)->n_levels - 1);
}
