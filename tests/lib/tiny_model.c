#include "tests/lib/tiny_model.h"

#include "tests/lib/st_writer.h"
#include "tests/lib/test.h"
#include "tests/lib/tmpdir.h"
#include "weights/names_sd15.h"
#include "weights/part_tensors.h"

const rs_unet_config tiny_unet = {
    .in_channels = 4, .out_channels = 4, .n_levels = 2, .channels = { 8, 16 },
    .layers_per_block = { 1, 1 }, .down_attn = { false, true }, .up_attn = { true, false },
    .mid_attn = true, .has_mid = true, .transformer_layers = { 1, 1 }, .heads = { 2, 2 },
    .context_dim = 12, .norm_groups = 4, .norm_eps = 1e-5f, .flip_sin_to_cos = true,
};
const rs_vae_config tiny_vae = {
    .in_channels = 3, .out_channels = 3, .latent_channels = 4, .n_levels = 2, .channels = { 4, 8 },
    .layers_per_block = 1, .norm_groups = 2, .scaling_factor = 0.5f, .mid_attention = true,
    .quant_conv = true, .post_quant_conv = true,
};
const rs_text_config tiny_text = {
    .vocab_size = 50, .width = 12, .layers = 2, .heads = 3, .mlp_width = 24, .max_tokens = 16,
    .act = RS_TEXT_QUICK_GELU, .norm_eps = 1e-5f,
};

static const struct {
    const char *name, *text;
} files[] = {
    { "model_index.json", "{\"_class_name\": \"StableDiffusionPipeline\"}\n" },
    { "unet/config.json",
      "{\"_class_name\": \"UNet2DConditionModel\",\n"
      "\"in_channels\": 4,\n"
      "\"out_channels\": 4,\n"
      "\"block_out_channels\": [8, 16],\n"
      "\"layers_per_block\": 1,\n"
      "\"down_block_types\": [\"DownBlock2D\", \"CrossAttnDownBlock2D\"],\n"
      "\"up_block_types\": [\"CrossAttnUpBlock2D\", \"UpBlock2D\"],\n"
      "\"attention_head_dim\": 2,\n"
      "\"cross_attention_dim\": 12,\n"
      "\"norm_num_groups\": 4,\n"
      "\"act_fn\": \"silu\"}\n" },
    { "vae/config.json",
      "{\"_class_name\": \"AutoencoderKL\",\n"
      "\"block_out_channels\": [4, 8],\n"
      "\"down_block_types\": [\"DownEncoderBlock2D\", \"DownEncoderBlock2D\"],\n"
      "\"up_block_types\": [\"UpDecoderBlock2D\", \"UpDecoderBlock2D\"],\n"
      "\"latent_channels\": 4,\n"
      "\"layers_per_block\": 1,\n"
      "\"norm_num_groups\": 2,\n"
      "\"scaling_factor\": 0.5}\n" },
    { "text_encoder/config.json",
      "{\"model_type\": \"clip_text_model\",\n"
      "\"vocab_size\": 50,\n"
      "\"hidden_size\": 12,\n"
      "\"intermediate_size\": 24,\n"
      "\"num_hidden_layers\": 2,\n"
      "\"num_attention_heads\": 3,\n"
      "\"max_position_embeddings\": 16,\n"
      "\"hidden_act\": \"quick_gelu\"}\n" },
    { "scheduler/scheduler_config.json",
      "{\"_class_name\": \"PNDMScheduler\",\n"
      "\"num_train_timesteps\": 1000,\n"
      "\"beta_start\": 0.00085,\n"
      "\"beta_end\": 0.012,\n"
      "\"beta_schedule\": \"scaled_linear\",\n"
      "\"prediction_type\": \"epsilon\"}\n" },
    { "tokenizer/vocab.json", "{}\n" },
    { "tokenizer/merges.txt", "#version: 0.2\n" },
};

const char *tiny_file(const char *name)
{
    for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
        if (strcmp(files[i].name, name) == 0)
            return files[i].text;
    return NULL;
}

static const char *in_folder(const char *folder, const char *name)
{
    static char path[600];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    return path;
}

static void add(void *cookie, const char *name, int rank, const int64_t *shape)
{
    st_add_ramp(cookie, name, rank, shape);
}

void tiny_folder_write(const char *folder)
{
    for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
        tmpdir_write(in_folder(folder, files[i].name), files[i].text, strlen(files[i].text));
    st_writer *w = st_open();
    rs_text_tensors(&tiny_text, add, w);
    st_close(w, tmpdir_at(in_folder(folder, "text_encoder/model.safetensors")));
    w = st_open();
    rs_unet_tensors(&tiny_unet, add, w);
    st_close(w, tmpdir_at(in_folder(folder, "unet/diffusion_pytorch_model.safetensors")));
    w = st_open();
    rs_vae_tensors(&tiny_vae, add, w);
    st_close(w, tmpdir_at(in_folder(folder, "vae/diffusion_pytorch_model.safetensors")));
}

void tiny_edit(const char *folder, const char *name, const char *from, const char *to)
{
    const char *text = tiny_file(name), *at = text ? strstr(text, from) : NULL;
    char out[4096];
    if (!at)
        TEST_FAIL("%s has no '%s'", name, from);
    snprintf(out, sizeof(out), "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    tmpdir_write(in_folder(folder, name), out, strlen(out));
}

struct single {
    st_writer *w;
    const tiny_single *how;
    rs_part part;
};

static void add_ldm(void *cookie, const char *name, int rank, const int64_t *shape)
{
    const struct single *s = cookie;
    char ldm[256];
    int64_t four[4] = { 0, 0, 1, 1 };
    if (s->how->short_text && strncmp(name, "text_model.", 11) == 0)
        name += 11;
    CHECK(s->part == RS_PART_UNET ? rs_ldm_unet_name(&tiny_unet, name, ldm, sizeof(ldm))
          : s->part == RS_PART_VAE ? rs_ldm_vae_name(&tiny_vae, name, ldm, sizeof(ldm))
                                   : rs_ldm_text_name(name, ldm, sizeof(ldm)));
    if (s->how->leave_out && strncmp(ldm, s->how->leave_out, strlen(s->how->leave_out)) == 0)
        return;
    if (s->part == RS_PART_VAE && rank == 2) { /* 1x1 convolutions in this layout */
        memcpy(four, shape, 2 * sizeof(*shape));
        shape = four;
        rank = 4;
    }
    st_add_ramp(s->w, ldm, rank, shape);
}

void tiny_single_write(const char *name, const tiny_single *how)
{
    static const int64_t extra_shape[] = { 4 };
    struct single s = { .w = st_open(), .how = how };
    s.part = RS_PART_TEXT;
    rs_text_tensors(&tiny_text, add_ldm, &s);
    s.part = RS_PART_UNET;
    rs_unet_tensors(&tiny_unet, add_ldm, &s);
    s.part = RS_PART_VAE;
    rs_vae_tensors(&tiny_vae, add_ldm, &s);
    if (!how->no_metadata) {
        st_metadata(s.w, "restyle.heads", "[2, 2]");
        st_metadata(s.w, "restyle.norm_groups", "4");
        st_metadata(s.w, "restyle.vae_norm_groups", "2");
        st_metadata(s.w, "restyle.scaling_factor", "0.5");
        st_metadata(s.w, "restyle.text_heads", "3");
    }
    if (how->key)
        st_metadata(s.w, how->key, how->value);
    if (how->extra)
        st_add_ramp(s.w, how->extra, 1, extra_shape);
    const int64_t n = how->n_alphas;
    if (how->alphas)
        st_add(s.w, "alphas_cumprod", "F32", 1, &n, how->alphas, (size_t)n * sizeof(float));
    st_close(s.w, tmpdir_at(name));
}
