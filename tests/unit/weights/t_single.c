/* The single-file layout: sizes from shapes and metadata, the noise schedule,
 * and files that are other models. */
#include "weights/bundle.h"

#include "tests/lib/st_writer.h"
#include "tests/lib/test.h"
#include "tests/lib/tiny_model.h"
#include "tests/lib/tmpdir.h"
#include "weights/part_tensors.h"

static rs_arena *arena;
static rs_err err;

static rs_bundle *open_file(const tiny_single *how)
{
    rs_bundle *b = NULL;
    tiny_single_write("s.safetensors", how);
    CHECK_OK(rs_bundle_open(arena, tmpdir_at("s.safetensors"), tmpdir_at("t"), &b, &err));
    return b;
}

static void check_refused(const tiny_single *how, rs_status status, const char *want)
{
    rs_bundle *b = NULL;
    tiny_single_write("s.safetensors", how);
    CHECK_INT(rs_bundle_open(arena, tmpdir_at("s.safetensors"), tmpdir_at("t"), &b, &err), status);
    CHECK_STR(tmpdir_strip(err.msg), want);
    CHECK(b == NULL);
}

struct walk {
    const rs_bundle *b;
    rs_part part;
};

static void check_tensor(void *cookie, const char *name, int rank, const int64_t *shape)
{
    const struct walk *w = cookie;
    const float *values;
    CHECK_OK(rs_bundle_f32(arena, w->b, w->part, name, rank, shape, &values, &err));
}

static void check_tensors(const rs_bundle *b)
{
    struct walk w = { b, RS_PART_TEXT };
    rs_text_tensors(rs_bundle_text(b), check_tensor, &w);
    w.part = RS_PART_UNET;
    rs_unet_tensors(rs_bundle_unet(b), check_tensor, &w);
    w.part = RS_PART_VAE;
    rs_vae_tensors(rs_bundle_vae(b), check_tensor, &w);
}

static void sizes(void)
{
    for (int k = 0; k < 2; k++) {
        rs_bundle *b = open_file(&(const tiny_single){ .short_text = k == 1, .extra = "model_ema.decay" });
        const rs_unet_config *u = rs_bundle_unet(b);
        CHECK(u->in_channels == 4 && u->out_channels == 4 && u->n_levels == 2);
        CHECK(u->channels[0] == 8 && u->channels[1] == 16);
        CHECK(u->layers_per_block[0] == 1 && u->layers_per_block[1] == 1);
        CHECK(!u->down_attn[0] && u->down_attn[1] && u->up_attn[0] && !u->up_attn[1]);
        CHECK(u->has_mid && u->mid_attn && !u->linear_projection && u->context_dim == 12);
        CHECK(u->transformer_layers[0] == 1 && u->transformer_layers[1] == 1);
        CHECK(u->heads[0] == 2 && u->heads[1] == 2 && u->norm_groups == 4);
        CHECK(u->norm_eps == 1e-5f && u->flip_sin_to_cos && u->freq_shift == 0);
        const rs_vae_config *v = rs_bundle_vae(b);
        CHECK(v->in_channels == 3 && v->out_channels == 3 && v->latent_channels == 4);
        CHECK(v->n_levels == 2 && v->channels[0] == 4 && v->channels[1] == 8);
        CHECK(v->layers_per_block == 1 && v->norm_groups == 2 && v->scaling_factor == 0.5f);
        CHECK(v->mid_attention && v->quant_conv && v->post_quant_conv);
        const rs_text_config *t = rs_bundle_text(b);
        CHECK(t->vocab_size == 50 && t->width == 12 && t->layers == 2 && t->heads == 3);
        CHECK(t->mlp_width == 24 && t->max_tokens == 16 && t->act == RS_TEXT_QUICK_GELU);
        check_tensors(b);
        CHECK(rs_bundle_find(b, RS_PART_VAE, "encoder.mid_block.attentions.0.to_q.weight")->rank == 4);
        rs_bundle_close(&b);
    }
}

/* Without metadata: 8 heads, and the largest power of two that divides all channels. */
static void guesses(void)
{
    check_refused(&(const tiny_single){ .no_metadata = true }, RS_E_UNSUPPORTED,
                  "'s.safetensors': the text encoder is 12 wide, which is no multiple of 64, so its "
                  "number of heads must be given as metadata 'restyle.text_heads'");
    rs_bundle *b = open_file(&(const tiny_single){
        .no_metadata = true, .key = "restyle.text_heads", .value = "3" });
    CHECK(rs_bundle_unet(b)->heads[0] == 8 && rs_bundle_unet(b)->heads[1] == 8);
    CHECK_INT(rs_bundle_unet(b)->norm_groups, 8);
    CHECK_INT(rs_bundle_vae(b)->norm_groups, 4);
    CHECK(rs_bundle_vae(b)->scaling_factor == 0.18215f);
    rs_bundle_close(&b);
}

static void metadata(void)
{
    rs_bundle *b = open_file(&(const tiny_single){ .key = "restyle.text_act", .value = "gelu" });
    CHECK_INT(rs_bundle_text(b)->act, RS_TEXT_GELU);
    CHECK_INT(rs_bundle_noise(b)->prediction, RS_PREDICT_EPSILON);
    rs_bundle_close(&b);
    static const struct {
        const char *key, *value;
    } v[] = {
        { "restyle.prediction", "v_prediction" }, { "modelspec.prediction_type", "v" },
    };
    for (size_t i = 0; i < 2; i++) {
        b = open_file(&(const tiny_single){ .key = v[i].key, .value = v[i].value });
        CHECK_INT(rs_bundle_noise(b)->prediction, RS_PREDICT_V);
        rs_bundle_close(&b);
    }
    b = open_file(&(const tiny_single){ .extra = "v_pred" });
    CHECK_INT(rs_bundle_noise(b)->prediction, RS_PREDICT_V);
    rs_bundle_close(&b);
    b = open_file(&(const tiny_single){ .key = "restyle.beta_start", .value = "0.0005" });
    CHECK(rs_bundle_noise(b)->beta_start == 0.0005 && rs_bundle_noise(b)->beta_end == 0.012);
    rs_bundle_close(&b);

    static const struct {
        const char *key, *value, *msg;
    } bad[] = {
        { "restyle.text_act", "relu",
          "'s.safetensors': metadata:1:1: 'restyle.text_act' holds 'relu', restyle supports "
          "quick_gelu, gelu" },
        { "restyle.beta_start", "1, 2",
          "'s.safetensors': metadata 'restyle.beta_start':1:2: expected nothing behind the value, "
          "found ','" },
        { "restyle.beta_start", "-1",
          "'s.safetensors': metadata:1:1: 'restyle.beta_start' is -1, expected a number from 1e-09 "
          "to 0.999" },
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        check_refused(&(const tiny_single){ .key = bad[i].key, .value = bad[i].value },
                      i == 0 ? RS_E_UNSUPPORTED : RS_E_FORMAT, bad[i].msg);
}

/* Products of 1 - beta as torch keeps them. */
static void make_alphas(float *out, int n, const rs_noise_config *c)
{
    double product = 1;
    for (int i = 0; i < n; i++) {
        const double t = (double)i / (n - 1);
        const double r = sqrt(c->beta_start) + t * (sqrt(c->beta_end) - sqrt(c->beta_start));
        const double f0 = cos((i / (double)n + 0.008) / 1.008 * (3.14159265358979323846 / 2));
        const double f1 = cos(((i + 1) / (double)n + 0.008) / 1.008 * (3.14159265358979323846 / 2));
        const double beta = c->betas == RS_BETA_COSINE ? fmin(1 - f1 * f1 / (f0 * f0), 0.999)
                            : c->betas == RS_BETA_LINEAR
                                ? c->beta_start + t * (c->beta_end - c->beta_start) : r * r;
        product *= 1 - beta;
        out[i] = (float)product;
    }
}

static void noise_schedules(void)
{
    static const rs_noise_config cases[] = {
        { 1000, 0.00085, 0.012, RS_BETA_SCALED_LINEAR, RS_PREDICT_EPSILON, { 0 } },
        { 1000, 0.0004, 0.0075, RS_BETA_SCALED_LINEAR, RS_PREDICT_EPSILON, { 0 } },
        { 1000, 0.0001, 0.02, RS_BETA_LINEAR, RS_PREDICT_EPSILON, { 0 } },
        { 500, 0.00123, 0.0345, RS_BETA_SCALED_LINEAR, RS_PREDICT_EPSILON, { 0 } },
        { 1000, 0, 0, RS_BETA_COSINE, RS_PREDICT_EPSILON, { 0 } },
    };
    float alphas[1000];
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const rs_noise_config *c = &cases[i];
        make_alphas(alphas, c->train_steps, c);
        rs_bundle *b = open_file(&(const tiny_single){ .alphas = alphas, .n_alphas = c->train_steps });
        const rs_noise_config *got = rs_bundle_noise(b);
        CHECK_INT(got->train_steps, c->train_steps);
        CHECK_INT(got->betas, c->betas);
        if (c->betas != RS_BETA_COSINE) {
            CHECK_NEAR(got->beta_start, c->beta_start, 1e-9);
            CHECK_NEAR(got->beta_end, c->beta_end, 1e-9);
        }
        rs_bundle_close(&b);
    }
    for (int i = 0; i < 1000; i++) /* of no schedule: Stable Diffusion's own is taken */
        alphas[i] = 1.0f - (float)i / 2000.0f;
    rs_bundle *b = open_file(&(const tiny_single){ .alphas = alphas, .n_alphas = 1000 });
    CHECK(rs_bundle_noise(b)->beta_start == 0.00085 && rs_bundle_noise(b)->train_steps == 1000);
    rs_bundle_close(&b);
    alphas[999] = NAN;
    check_refused(&(const tiny_single){ .alphas = alphas, .n_alphas = 1000 }, RS_E_CORRUPT,
                  "'s.safetensors': tensor 'alphas_cumprod': value [999] is NaN");
    check_refused(&(const tiny_single){ .alphas = alphas, .n_alphas = 1 }, RS_E_FORMAT,
                  "'s.safetensors': tensor 'alphas_cumprod': shape [1], expected 2 to 100000 steps");
}

static void incomplete(void)
{
    static const struct {
        const char *leave_out;
        rs_status status;
        const char *msg;
    } cases[] = {
        { "first_stage_model.", RS_E_NOTFOUND,
          "'s.safetensors' has no autoencoder: no tensor begins with 'first_stage_model.encoder.down'" },
        { "cond_stage_model.", RS_E_NOTFOUND,
          "'s.safetensors' has no text encoder: no tensor begins with 'cond_stage_model.transformer.'" },
        { "model.", RS_E_UNSUPPORTED,
          "'s.safetensors' is incomplete: no tensor begins with 'model.diffusion_model.'" },
        { "model.diffusion_model.out.2.weight", RS_E_NOTFOUND,
          "'s.safetensors': tensor 'model.diffusion_model.out.2.weight' is missing" },
        { "model.diffusion_model.middle_block.1.", RS_E_UNSUPPORTED,
          "'s.safetensors': the unet's middle block has no attention" },
        { "model.diffusion_model.input_blocks.3.0.", RS_E_FORMAT,
          "'s.safetensors': 'input_blocks.3' is no layer of a known kind" },
        { "cond_stage_model.transformer.text_model.encoder.layers.0.mlp.fc1.weight", RS_E_NOTFOUND,
          "'s.safetensors': tensor 'cond_stage_model.transformer.text_model.encoder.layers.0.mlp.fc1."
          "weight' is missing" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        check_refused(&(const tiny_single){ .leave_out = cases[i].leave_out }, cases[i].status,
                      cases[i].msg);
}

static void other_models(void)
{
    static const struct {
        const char *tensor, *msg;
    } cases[] = {
        { "conditioner.embedders.0.x", "'o.safetensors' is Stable Diffusion XL; restyle runs Stable "
          "Diffusion 1.x" },
        { "cond_stage_model.model.x", "'o.safetensors' is a single file of Stable Diffusion 2.x, whose "
          "text encoder (OpenCLIP) has another layout; use the model's diffusers folder" },
        { "lora_unet_down_blocks_0.alpha", "'o.safetensors' is a LoRA, not a whole model" },
        { "control_model.x", "'o.safetensors' is a ControlNet, not a whole model" },
        { "down_blocks.0.x", "'o.safetensors' is the unet of a diffusers model; give the path of the "
          "model's folder" },
        { "encoder.conv_in.weight", "'o.safetensors' is an autoencoder alone; give the path of the whole "
          "model" },
        { "x", "'o.safetensors' is no checkpoint that restyle knows: no tensor begins with "
          "'model.diffusion_model.input_blocks'" },
    };
    static const int64_t shape[] = { 4 };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        rs_bundle *b = NULL;
        st_writer *w = st_open();
        st_add_ramp(w, cases[i].tensor, 1, shape);
        st_close(w, tmpdir_at("o.safetensors"));
        CHECK_INT(rs_bundle_open(arena, tmpdir_at("o.safetensors"), NULL, &b, &err), RS_E_UNSUPPORTED);
        CHECK_STR(tmpdir_strip(err.msg), cases[i].msg);
    }
}

static void tokenizer(void)
{
    rs_bundle *b = NULL;
    tiny_single_write("s.safetensors", &(const tiny_single){ .no_metadata = false });
    CHECK_INT(rs_bundle_open(arena, tmpdir_at("s.safetensors"), NULL, &b, &err), RS_E_NOTFOUND);
    CHECK_STR(tmpdir_strip(err.msg),
              "'s.safetensors' brings no tokenizer, as no single file does: 'vocab.json' and "
              "'merges.txt' come with the folder 'tokenizer' of any Stable Diffusion 1.x model in the "
              "diffusers layout; name that folder with 'tokenizer:', or copy it beside the file");
    tmpdir_write("tokenizer/vocab.json", "{}", 2);
    tmpdir_write("tokenizer/merges.txt", "", 0);
    CHECK_OK(rs_bundle_open(arena, tmpdir_at("s.safetensors"), NULL, &b, &err));
    CHECK_STR(tmpdir_strip(rs_bundle_vocab(b)), "tokenizer/vocab.json");
    rs_bundle_close(&b);
}

int main(void)
{
    tmpdir_open();
    CHECK((arena = rs_arena_open(1 << 18)) != NULL);
    tmpdir_write("t/vocab.json", "{}", 2);
    tmpdir_write("t/merges.txt", "", 0);
    TEST_RUN(sizes);
    TEST_RUN(guesses);
    TEST_RUN(metadata);
    TEST_RUN(noise_schedules);
    TEST_RUN(incomplete);
    TEST_RUN(other_models);
    TEST_RUN(tokenizer);
    rs_arena_close(&arena);
    tmpdir_close();
    return 0;
}
