#include "stage/engine.h"

#include "base/err.h"
#include "base/mem.h"
#include "tensor/gemm.h"

/* Address space, of which only what is written to becomes memory: large enough for
 * scratch of any usual picture to lie in one block, where nothing is wasted. */
#define MODEL_BLOCK ((size_t)256 << 20)
#define SCRATCH_BLOCK ((size_t)2 << 30)
#define RUN_BLOCK ((size_t)1 << 20)

static rs_status open_parts(rs_model *m, const char *path, const rs_model_options *o, rs_err *err)
{
    m->arena = rs_arena_open(MODEL_BLOCK);
    m->prompt_arena = rs_arena_open(RUN_BLOCK);
    m->run_arena = rs_arena_open(RUN_BLOCK);
    m->ex.scratch = rs_arena_open(SCRATCH_BLOCK);
    if (!m->arena || !m->prompt_arena || !m->run_arena || !m->ex.scratch)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for model '%s'", path);
    m->prompt_start = rs_arena_save(m->prompt_arena);
    RS_TRY(rs_pool_open(o->threads, &m->pool, err));
    m->ex.pool = m->pool;
    m->ex.kern = rs_kern_active();
    rs_gemm_init();
    RS_TRY(rs_bundle_open(m->arena, path, o->tokenizer, &m->bundle, err));
    RS_TRY(rs_tokenizer_open(m->arena, rs_bundle_vocab(m->bundle), rs_bundle_merges(m->bundle),
                             &m->tokenizer, err));
    RS_TRY(rs_clip_text_load(&m->ex, m->arena, m->bundle, &m->text, err));
    RS_TRY(rs_unet_load(&m->ex, m->arena, m->bundle, &m->unet, err));
    RS_TRY(rs_vae_load(&m->ex, m->arena, m->bundle, &m->vae, err));
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
    if (unet->in_channels != vae->latent_channels || unet->out_channels != vae->latent_channels)
        return RS_FAIL(err, RS_E_UNSUPPORTED, "model '%s': the unet has %d input and %d output channels, "
                       "latents have %d; inpainting and depth models are not supported yet", path,
                       unet->in_channels, unet->out_channels, vae->latent_channels);
    if (vae->in_channels != 3 || vae->out_channels != 3)
        return RS_FAIL(err, RS_E_UNSUPPORTED, "model '%s': the autoencoder has %d colour channels, "
                       "expected 3", path, vae->in_channels);
    const int vocab = rs_tokenizer_vocab_size(m->tokenizer);
    if (vocab > text->vocab_size)
        return RS_FAIL(err, RS_E_FORMAT, "model '%s': the tokenizer has %d tokens, the text encoder %d",
                       path, vocab, text->vocab_size);
    return RS_OK;
}

rs_status rs_model_open(const char *path, const rs_model_options *options, rs_model **model, rs_err *err)
{
    const rs_model_options none = { 0 };
    const rs_model_options *o = options ? options : &none;
    rs_model *m = rs_calloc(sizeof(*m));
    if (!m)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for model '%s'", path);
    m->log = o->log;
    rs_status s = open_parts(m, path, o, err);
    if (s == RS_OK)
        s = check_fit(m, path, err);
    if (s != RS_OK) {
        rs_model_close(&m);
        return s;
    }
    *model = m;
    return RS_OK;
}

void rs_model_close(rs_model **model)
{
    if (!model || !*model)
        return;
    rs_model *m = *model;
    rs_bundle_close(&m->bundle);
    rs_pool_close(&m->pool);
    rs_arena_close(&m->ex.scratch);
    rs_arena_close(&m->run_arena);
    rs_arena_close(&m->prompt_arena);
    rs_arena_close(&m->arena);
    rs_free(m);
    *model = NULL;
}

int rs_model_multiple(const rs_model *model)
{
    return rs_vae_factor(model->vae);
}
