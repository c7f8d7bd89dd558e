/* Bundles of both layouts: what is read, and what is said about models that are
 * incomplete, of another kind, or wrong. */
#define _POSIX_C_SOURCE 200809L
#include "weights/bundle.h"

#include <unistd.h>

#include "base/fs.h"
#include "base/mem.h"
#include "tests/lib/st_writer.h"
#include "tests/lib/test.h"
#include "tests/lib/tiny_model.h"
#include "tests/lib/tmpdir.h"
#include "weights/part_tensors.h"

static rs_arena *arena;
static rs_err err;

static rs_bundle *open_model(const char *name)
{
    rs_bundle *b = NULL;
    CHECK_OK(rs_bundle_open(arena, tmpdir_at(name), NULL, &b, &err));
    return b;
}

/* Opening must fail with this message (the test's own folder left out). */
static void check_refused(const char *name, const char *want)
{
    rs_bundle *b = NULL;
    if (rs_bundle_open(arena, tmpdir_at(name), NULL, &b, &err) == RS_OK)
        TEST_FAIL("'%s' was opened, want: %s", name, want);
    CHECK_STR(tmpdir_strip(err.msg), want);
    CHECK(b == NULL);
}

static void check_unet(const rs_unet_config *got, const rs_unet_config *want)
{
    CHECK_INT(got->in_channels, want->in_channels);
    CHECK_INT(got->out_channels, want->out_channels);
    CHECK_INT(got->n_levels, want->n_levels);
    for (int l = 0; l < want->n_levels; l++) {
        CHECK_INT(got->channels[l], want->channels[l]);
        CHECK_INT(got->layers_per_block[l], want->layers_per_block[l]);
        CHECK_INT(got->down_attn[l], want->down_attn[l]);
        CHECK_INT(got->up_attn[l], want->up_attn[l]);
        CHECK_INT(got->transformer_layers[l], want->transformer_layers[l]);
        CHECK_INT(got->heads[l], want->heads[l]);
    }
    CHECK_INT(got->mid_attn, want->mid_attn);
    CHECK_INT(got->has_mid, want->has_mid);
    CHECK_INT(got->context_dim, want->context_dim);
    CHECK_INT(got->linear_projection, want->linear_projection);
    CHECK_INT(got->norm_groups, want->norm_groups);
    CHECK(got->norm_eps == want->norm_eps);
    CHECK_INT(got->flip_sin_to_cos, want->flip_sin_to_cos);
    CHECK_INT(got->freq_shift, want->freq_shift);
}

static void check_vae(const rs_vae_config *got, const rs_vae_config *want)
{
    CHECK_INT(got->in_channels, want->in_channels);
    CHECK_INT(got->out_channels, want->out_channels);
    CHECK_INT(got->latent_channels, want->latent_channels);
    CHECK_INT(got->n_levels, want->n_levels);
    for (int l = 0; l < want->n_levels; l++)
        CHECK_INT(got->channels[l], want->channels[l]);
    CHECK_INT(got->layers_per_block, want->layers_per_block);
    CHECK_INT(got->norm_groups, want->norm_groups);
    CHECK(got->scaling_factor == want->scaling_factor);
    CHECK_INT(got->mid_attention, want->mid_attention);
    CHECK_INT(got->quant_conv, want->quant_conv);
    CHECK_INT(got->post_quant_conv, want->post_quant_conv);
}

static void check_text(const rs_text_config *got, const rs_text_config *want)
{
    CHECK_INT(got->vocab_size, want->vocab_size);
    CHECK_INT(got->width, want->width);
    CHECK_INT(got->layers, want->layers);
    CHECK_INT(got->heads, want->heads);
    CHECK_INT(got->mlp_width, want->mlp_width);
    CHECK_INT(got->max_tokens, want->max_tokens);
    CHECK_INT(got->act, want->act);
    CHECK(got->norm_eps == want->norm_eps);
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

static void check_all_tensors(const rs_bundle *b)
{
    struct walk w = { b, RS_PART_TEXT };
    rs_text_tensors(&tiny_text, check_tensor, &w);
    w.part = RS_PART_UNET;
    rs_unet_tensors(&tiny_unet, check_tensor, &w);
    w.part = RS_PART_VAE;
    rs_vae_tensors(&tiny_vae, check_tensor, &w);
}

static void check_tiny(rs_bundle *b)
{
    check_unet(rs_bundle_unet(b), &tiny_unet);
    check_vae(rs_bundle_vae(b), &tiny_vae);
    check_text(rs_bundle_text(b), &tiny_text);
    check_all_tensors(b);
    const rs_noise_config *n = rs_bundle_noise(b);
    CHECK_INT(n->train_steps, 1000);
    CHECK(n->beta_start == 0.00085 && n->beta_end == 0.012);
    CHECK_INT(n->betas, RS_BETA_SCALED_LINEAR);
    CHECK_INT(n->prediction, RS_PREDICT_EPSILON);
}

static void folder(void)
{
    rs_bundle *b = open_model("m");
    check_tiny(b);
    CHECK_STR(tmpdir_strip(rs_bundle_vocab(b)), "m/tokenizer/vocab.json");
    CHECK_STR(tmpdir_strip(rs_bundle_merges(b)), "m/tokenizer/merges.txt");
    CHECK(rs_bundle_find(b, RS_PART_UNET, "conv_inn.weight") == NULL);
    const float *v;
    const int64_t four[] = { 4 };
    CHECK_INT(rs_bundle_f32(arena, b, RS_PART_UNET, "x.y", 1, four, &v, &err), RS_E_NOTFOUND);
    CHECK_STR(tmpdir_strip(err.msg), "'m': the unet has no tensor 'x.y'");
    CHECK_INT(rs_bundle_f32(arena, b, RS_PART_VAE, "encoder.conv_in.bias", 1, (const int64_t[]){ 5 },
                            &v, &err), RS_E_FORMAT);
    CHECK_STR(tmpdir_strip(err.msg), "vae: 'm/vae/diffusion_pytorch_model.safetensors': tensor "
              "'encoder.conv_in.bias': shape [4], expected [5]");
    rs_bundle_close(&b);
    CHECK(b == NULL);
    rs_bundle_close(&b);
}

/* Other ways to write the same or another valid config. */
static void config_variants(void)
{
    tiny_edit("m", "unet/config.json", "\"attention_head_dim\": 2", "\"attention_head_dim\": [4, 8], "
              "\"only_cross_attention\": [false, false], \"mid_block_scale_factor\": 1.0");
    rs_bundle *b = open_model("m");
    CHECK_INT(rs_bundle_unet(b)->heads[0], 4);
    CHECK_INT(rs_bundle_unet(b)->heads[1], 8);
    rs_bundle_close(&b);

    tiny_edit("m", "unet/config.json", "\"attention_head_dim\": 2",
              "\"attention_head_dim\": 3, \"num_attention_heads\": 4, \"cross_attention_dim2\": null");
    b = open_model("m");
    CHECK_INT(rs_bundle_unet(b)->heads[1], 4);
    rs_bundle_close(&b);

    tiny_edit("m", "unet/config.json", "\"layers_per_block\": 1",
              "\"layers_per_block\": [1, 3], \"transformer_layers_per_block\": [1, 2], "
              "\"use_linear_projection\": true, \"freq_shift\": 1, \"flip_sin_to_cos\": false, "
              "\"norm_eps\": 1e-6, \"mid_block_type\": null");
    b = open_model("m");
    const rs_unet_config *u = rs_bundle_unet(b);
    CHECK(u->layers_per_block[0] == 1 && u->layers_per_block[1] == 3);
    CHECK(u->transformer_layers[0] == 1 && u->transformer_layers[1] == 2);
    CHECK(u->linear_projection && u->freq_shift == 1 && !u->flip_sin_to_cos);
    CHECK(u->norm_eps == 1e-6f && !u->has_mid && !u->mid_attn);
    rs_bundle_close(&b);
    tiny_folder_write("m");

    static const char nested[] = "{\"model_type\": \"clip\", \"text_config\": {\"vocab_size\": 50, "
                                 "\"hidden_size\": 12, \"hidden_act\": \"gelu\", "
                                 "\"num_attention_heads\": 4}}";
    tmpdir_write("m/text_encoder/config.json", nested, sizeof(nested) - 1);
    b = open_model("m");
    const rs_text_config *t = rs_bundle_text(b);
    CHECK(t->width == 12 && t->heads == 4 && t->act == RS_TEXT_GELU);
    CHECK(t->layers == 12 && t->mlp_width == 2048 && t->max_tokens == 77); /* defaults */
    rs_bundle_close(&b);
    tiny_folder_write("m");

    tiny_edit("m", "scheduler/scheduler_config.json", "\"scaled_linear\"", "\"squaredcos_cap_v2\"");
    b = open_model("m");
    CHECK_INT(rs_bundle_noise(b)->betas, RS_BETA_COSINE);
    CHECK_INT(rs_bundle_noise(b)->timesteps.spacing, RS_SPACING_OWN);
    CHECK_INT(rs_bundle_noise(b)->timesteps.last_alpha, RS_LAST_ALPHA_OWN);
    CHECK_INT(rs_bundle_noise(b)->timesteps.offset, 0);
    rs_bundle_close(&b);
    tiny_edit("m", "scheduler/scheduler_config.json", "\"epsilon\"",
              "\"epsilon\", \"set_alpha_to_one\": false, \"timestep_spacing\": \"trailing\", "
              "\"steps_offset\": 1");
    b = open_model("m");
    CHECK_INT(rs_bundle_noise(b)->timesteps.spacing, RS_SPACING_TRAILING);
    CHECK_INT(rs_bundle_noise(b)->timesteps.last_alpha, RS_LAST_ALPHA_FIRST);
    CHECK_INT(rs_bundle_noise(b)->timesteps.offset, 1);
    rs_bundle_close(&b);
    tmpdir_write("m/scheduler/scheduler_config.json", "{}", 2);
    b = open_model("m");
    CHECK_INT(rs_bundle_noise(b)->betas, RS_BETA_LINEAR);
    CHECK(rs_bundle_noise(b)->beta_start == 0.0001 && rs_bundle_noise(b)->beta_end == 0.02);
    rs_bundle_close(&b);
    tiny_folder_write("m");
}

static void bad_configs(void)
{
    static const struct {
        const char *file, *from, *to, *msg;
    } cases[] = {
        { "unet/config.json", "\"UNet2DConditionModel\"", "\"UNet3D\"",
          "m/unet/config.json:1:17: '_class_name' is \"UNet3D\", restyle supports only "
          "\"UNet2DConditionModel\"" },
        { "unet/config.json", "\"silu\"", "\"gelu\"",
          "m/unet/config.json:11:11: 'act_fn' is \"gelu\", restyle supports only \"silu\"" },
        { "unet/config.json", "\"silu\"", "\"silu\", \"resnet_time_scale_shift\": \"scale_shift\"",
          "m/unet/config.json:11:46: 'resnet_time_scale_shift' is \"scale_shift\", restyle supports "
          "only \"default\"" },
        { "unet/config.json", "\"silu\"", "\"silu\", \"addition_embed_type\": \"text_time\"",
          "m/unet/config.json:11:42: 'addition_embed_type' is \"text_time\", restyle supports only "
          "null" },
        { "unet/config.json", "\"silu\"", "\"silu\", \"time_cond_proj_dim\": 256",
          "m/unet/config.json:11:41: 'time_cond_proj_dim' is 256, restyle supports only null" },
        { "unet/config.json", "\"silu\"", "\"silu\", \"only_cross_attention\": [false, true]",
          "m/unet/config.json:11:43: 'only_cross_attention' is a list, restyle supports only false" },
        { "unet/config.json", "[8, 16]", "[8, 16, 16]",
          "m/unet/config.json:6:21: 'down_block_types' must be a list of 3 strings, one for each of "
          "'block_out_channels'" },
        { "unet/config.json", "[8, 16]", "[]",
          "m/unet/config.json:4:23: 'block_out_channels' must be a list of 1 to 8 integers" },
        { "unet/config.json", "[8, 16]", "8",
          "m/unet/config.json:4:23: 'block_out_channels' must be a list of 1 to 8 integers" },
        { "unet/config.json", "[8, 16]", "[8, 0]",
          "m/unet/config.json:4:27: 'block_out_channels' holds 0, expected an integer from 1 to 16384" },
        { "unet/config.json", "[8, 16]", "[8, 18]",
          "'m/unet/config.json': level 1 of the unet has 18 channels, which 4 norm groups do not "
          "divide" },
        { "unet/config.json", "[8, 16]", "[7, 16]",
          "'m/unet/config.json': the unet's first level has 7 channels, expected an even number from "
          "4" },
        { "unet/config.json", "\"attention_head_dim\": 2", "\"attention_head_dim\": 3",
          "'m/unet/config.json': level 1 of the unet has 16 channels, which 3 attention heads do not "
          "divide" },
        { "unet/config.json", "\"attention_head_dim\": 2", "\"attention_head_dim\": [2]",
          "m/unet/config.json:8:23: 'attention_head_dim' has 1 values, expected 2, one for each of "
          "'block_out_channels'" },
        { "unet/config.json", "\"DownBlock2D\"", "\"AttnDownBlock2D\"",
          "m/unet/config.json:6:22: 'down_block_types' holds 'AttnDownBlock2D', restyle supports "
          "DownBlock2D, CrossAttnDownBlock2D" },
        { "unet/config.json", "\"silu\"", "\"silu\", \"mid_block_type\": \"UNetMidBlock2D\"",
          "m/unet/config.json:11:37: 'mid_block_type' holds 'UNetMidBlock2D', restyle supports "
          "UNetMidBlock2DCrossAttn" },
        { "unet/config.json", "\"cross_attention_dim\": 12", "\"cross_attention_dim\": [12, 24]",
          "m/unet/config.json:9:24: 'cross_attention_dim' differs between levels, restyle supports "
          "one" },
        { "unet/config.json", "\"cross_attention_dim\": 12", "\"cross_attention_dim\": 16",
          "'m': the unet expects text 16 wide, the text encoder gives 12" },
        { "unet/config.json", "\"in_channels\": 4", "\"in_channels\": 5",
          "'m': the unet takes 5 channels but the autoencoder gives 4: it is a model that takes depth" },
        { "unet/config.json", "\"in_channels\": 4", "\"in_channels\": 8",
          "'m': the unet takes 8 channels but the autoencoder gives 4: it is a model that edits by "
          "instruction (pix2pix)" },
        { "unet/config.json", "\"out_channels\": 4", "\"out_channels\": 8",
          "'m': the unet takes 4 channels and returns 8" },
        { "unet/config.json", "\"norm_num_groups\": 4", "\"norm_num_groups\": \"4\"",
          "m/unet/config.json:10:20: 'norm_num_groups' is \"4\", expected an integer from 1 to 1024" },
        { "unet/config.json", "\"in_channels\"", "in_channels",
          "m/unet/config.json:2:1: expected a key in double quotes, found 'i'" },
        { "vae/config.json", "\"AutoencoderKL\"", "\"VQModel\"",
          "m/vae/config.json:1:17: '_class_name' is \"VQModel\", restyle supports only "
          "\"AutoencoderKL\"" },
        { "vae/config.json", "0.5", "0",
          "m/vae/config.json:8:19: 'scaling_factor' is 0, expected a number from 1e-06 to 1e+06" },
        { "vae/config.json", "0.5", "0.5, \"shift_factor\": 0.1",
          "m/vae/config.json:8:40: 'shift_factor' is 0.1, restyle supports only 0" },
        { "vae/config.json", "\"norm_num_groups\": 2", "\"norm_num_groups\": 8",
          "'m/vae/config.json': level 0 of the autoencoder has 4 channels, which 8 norm groups do not "
          "divide" },
        { "vae/config.json", "\"DownEncoderBlock2D\"", "\"AttnDownEncoderBlock2D\"",
          "m/vae/config.json:3:22: 'down_block_types' holds 'AttnDownEncoderBlock2D', restyle supports "
          "DownEncoderBlock2D" },
        { "text_encoder/config.json", "\"clip_text_model\"", "\"t5\"",
          "m/text_encoder/config.json:1:16: 'model_type' is \"t5\", restyle supports only "
          "\"clip_text_model\"" },
        { "text_encoder/config.json", "\"quick_gelu\"", "\"relu\"",
          "m/text_encoder/config.json:8:15: 'hidden_act' holds 'relu', restyle supports quick_gelu, "
          "gelu" },
        { "text_encoder/config.json", "\"num_attention_heads\": 3", "\"num_attention_heads\": 5",
          "'m/text_encoder/config.json': the text encoder is 12 wide, which 5 attention heads do not "
          "divide" },
        { "scheduler/scheduler_config.json", "\"epsilon\"", "\"sample\"",
          "m/scheduler/scheduler_config.json:6:20: 'prediction_type' holds 'sample', restyle supports "
          "epsilon, v_prediction" },
        { "scheduler/scheduler_config.json", "0.00085", "0.02",
          "'m/scheduler/scheduler_config.json': beta_start 0.02 is above beta_end 0.012" },
        { "scheduler/scheduler_config.json", "\"epsilon\"", "\"epsilon\", \"trained_betas\": [0.1]",
          "m/scheduler/scheduler_config.json:6:48: 'trained_betas' is a list, restyle supports only "
          "null" },
        { "scheduler/scheduler_config.json", "\"epsilon\"", "\"epsilon\", \"timestep_spacing\": \"even\"",
          "m/scheduler/scheduler_config.json:6:51: 'timestep_spacing' holds 'even', restyle supports "
          "leading, linspace, trailing" },
        { "scheduler/scheduler_config.json", "1000", "1",
          "m/scheduler/scheduler_config.json:2:24: 'num_train_timesteps' is 1, expected an integer from "
          "2 to 100000" },
        { "model_index.json", "StableDiffusionPipeline", "StableDiffusionXLPipeline",
          "m/model_index.json:1:17: 'StableDiffusionXLPipeline' is Stable Diffusion XL, which has two "
          "text encoders; restyle runs Stable Diffusion 1.x" },
        { "model_index.json", "StableDiffusionPipeline", "FluxPipeline",
          "m/model_index.json:1:17: 'FluxPipeline' is another kind of model; restyle runs Stable "
          "Diffusion 1.x" },
        { "model_index.json", "{", "[",
          "m/model_index.json:1:15: expected ',' or ']', found ':'" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        tiny_edit("m", cases[i].file, cases[i].from, cases[i].to);
        check_refused("m", cases[i].msg);
        tiny_edit("m", cases[i].file, "{", "{"); /* as it was */
    }
    rs_bundle *b = open_model("m");
    rs_bundle_close(&b);
}

/* Renames one file away, checks the message, and brings it back. */
static void check_without(const char *name, const char *as, const char *msg)
{
    const char *from = tmpdir_at(name), *to = tmpdir_at(as);
    CHECK(rename(from, to) == 0);
    check_refused("m", msg);
    CHECK(rename(tmpdir_at(as), tmpdir_at(name)) == 0);
}

#define GOLDEN RS_SOURCE_DIR "/tests/golden/"

static void copy(const char *from, const char *name)
{
    char *data;
    size_t size;
    CHECK_OK(rs_read_file(arena, from, 1 << 24, &data, &size, &err));
    tmpdir_write(name, data, size);
}

struct same {
    const rs_bundle *a, *b;
    int n;
};

static void same_values(void *cookie, const char *name, int rank, const int64_t *shape)
{
    struct same *s = cookie;
    const float *x, *y;
    size_t n = 1;
    CHECK_OK(rs_bundle_f32(arena, s->a, RS_PART_TEXT, name, rank, shape, &x, &err));
    CHECK_OK(rs_bundle_f32(arena, s->b, RS_PART_TEXT, name, rank, shape, &y, &err));
    for (int i = 0; i < rank; i++)
        n *= (size_t)shape[i];
    CHECK(memcmp(x, y, n * sizeof(float)) == 0);
    s->n++;
}

/* A folder with weights of torch.save and one tokenizer.json, as transformers left it
 * (tools/reference/old_folder.py); also by an index of shards. */
static void old_folders(void)
{
    static const char *const files[] = {
        "model_index.json", "scheduler/scheduler_config.json", "text_encoder/config.json",
        "unet/config.json", "unet/diffusion_pytorch_model.safetensors", "vae/config.json",
        "vae/diffusion_pytorch_model.safetensors",
    };
    struct same s = { 0 };
    rs_bundle *a, *b;
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        char from[512], to[128];
        snprintf(from, sizeof from, GOLDEN "tiny/%s", files[i]);
        snprintf(to, sizeof to, "old/%s", files[i]);
        copy(from, to);
    }
    copy(GOLDEN "old_folder/text_encoder/pytorch_model.bin", "old/text_encoder/pytorch_model.bin");
    copy(GOLDEN "old_folder/tokenizer/tokenizer.json", "old/tokenizer/tokenizer.json");
    CHECK_OK(rs_bundle_open(arena, GOLDEN "tiny", NULL, &a, &err));
    b = open_model("old");
    CHECK(!rs_bundle_merges(b) && strstr(rs_bundle_vocab(b), "tokenizer.json"));
    s.a = a;
    s.b = b;
    rs_part_tensors(a, RS_PART_TEXT, same_values, &s);
    CHECK(s.n > 20);
    rs_bundle_close(&b);
    rs_bundle_close(&a);
    CHECK(rename(tmpdir_at("old/text_encoder/pytorch_model.bin"),
                 tmpdir_at("old/text_encoder/pytorch_model-00001-of-00001.bin")) == 0);
    const char index[] = "{\"weight_map\":{\"text_model.final_layer_norm.bias\":"
                         "\"pytorch_model-00001-of-00001.bin\"}}";
    tmpdir_write("old/text_encoder/pytorch_model.bin.index.json", index, sizeof index - 1);
    b = open_model("old");
    CHECK(rs_bundle_find(b, RS_PART_TEXT, "text_model.final_layer_norm.weight"));
    rs_bundle_close(&b);
}

static void missing_parts(void)
{
    check_without("m/unet", "away", "'m' has no folder 'unet': the unet is missing");
    check_without("m/text_encoder", "away",
                  "'m' has no folder 'text_encoder': the text encoder is missing");
    check_without("m/vae/config.json", "away",
                  "'m/vae' has no 'config.json', which describes the autoencoder");
    check_without("m/scheduler", "away",
                  "'m' has no folder 'scheduler': the noise schedule is missing");
    check_without("m/unet/diffusion_pytorch_model.safetensors", "away",
                  "'m/unet' has no weights: expected 'diffusion_pytorch_model.safetensors' or "
                  "'diffusion_pytorch_model.bin'");
    check_without("m/tokenizer/merges.txt", "away",
                  "'m' has no tokenizer: 'vocab.json' and 'merges.txt' come with the folder "
                  "'tokenizer' of any Stable Diffusion 1.x model in the diffusers layout; name that "
                  "folder with 'tokenizer:'");
    CHECK(rename(tmpdir_at("m/model_index.json"), tmpdir_at("away")) == 0); /* may be absent */
    rs_bundle *b = open_model("m");
    rs_bundle_close(&b);
    check_without("m/unet", "away2",
                  "'m' is no model folder: neither 'model_index.json' nor a folder 'unet' is in it; of "
                  "a model in one file give the path of the .safetensors file");
    CHECK(rename(tmpdir_at("away"), tmpdir_at("m/model_index.json")) == 0);
    tmpdir_at("m/text_encoder_2/x");
    check_refused("m", "'m' is Stable Diffusion XL (it has a folder 'text_encoder_2'); restyle runs "
                  "Stable Diffusion 1.x");
    CHECK(rmdir(tmpdir_at("m/text_encoder_2")) == 0);
    tmpdir_write("x.ckpt", "PK\x03\x04", 4);
    check_refused("x.ckpt", "'x.ckpt' is no safetensors file: it looks like a PyTorch "
                  "checkpoint that is cut short");
    check_refused("absent", "cannot open 'absent': No such file or directory");
}

static void other_file_names(void)
{
    const char *plain = "m/unet/diffusion_pytorch_model.safetensors";
    static const char *const others[] = {
        "m/unet/diffusion_pytorch_model.fp16.safetensors", "m/unet/part-1.safetensors",
    };
    rs_bundle *b;
    CHECK(rename(tmpdir_at(plain), tmpdir_at(others[0])) == 0);
    b = open_model("m");
    check_all_tensors(b);
    rs_bundle_close(&b);
    CHECK(rename(tmpdir_at(others[0]), tmpdir_at(others[1])) == 0);
    static const char index[] = "{\"weight_map\": {\"conv_in.weight\": \"part-1.safetensors\"}}";
    tmpdir_write("m/unet/diffusion_pytorch_model.safetensors.index.json", index, sizeof(index) - 1);
    b = open_model("m");
    check_all_tensors(b);
    rs_bundle_close(&b);
    CHECK(unlink(tmpdir_at("m/unet/diffusion_pytorch_model.safetensors.index.json")) == 0);
    CHECK(rename(tmpdir_at(others[1]), tmpdir_at(plain)) == 0);
}

static void tokenizers(void)
{
    rs_bundle *b = NULL;
    tmpdir_write("t/vocab.json", "{}", 2);
    tmpdir_write("t/merges.txt", "", 0);
    CHECK_OK(rs_bundle_open(arena, tmpdir_at("m"), tmpdir_at("t"), &b, &err));
    CHECK_STR(tmpdir_strip(rs_bundle_vocab(b)), "t/vocab.json");
    rs_bundle_close(&b);
    CHECK_OK(rs_bundle_open(arena, tmpdir_at("m"), tmpdir_at("m"), &b, &err)); /* a model's folder */
    CHECK_STR(tmpdir_strip(rs_bundle_merges(b)), "m/tokenizer/merges.txt");
    rs_bundle_close(&b);
    CHECK_INT(rs_bundle_open(arena, tmpdir_at("m"), tmpdir_at("none"), &b, &err), RS_E_NOTFOUND);
    CHECK_STR(tmpdir_strip(err.msg),
              "tokenizer 'none' has no 'vocab.json' and 'merges.txt', and no 'tokenizer.json'; "
              "'vocab.json' and 'merges.txt' come with the folder 'tokenizer' of any Stable Diffusion "
              "1.x model in the diffusers layout; name that folder with 'tokenizer:'");
}

/* Autoencoders of old diffusers versions, and text encoders of new transformers. */
static void rename_tensor(void *cookie, const char *name, int rank, const int64_t *shape)
{
    static const char *const pairs[][2] = {
        { "to_q", "query" }, { "to_k", "key" }, { "to_v", "value" }, { "to_out.0", "proj_attn" },
    };
    char full[256];
    snprintf(full, sizeof(full), "%s", strncmp(name, "text_model.", 11) == 0 ? name + 11 : name);
    for (size_t i = 0; i < 4; i++) {
        const char *at = strstr(name, pairs[i][0]);
        if (at)
            snprintf(full, sizeof(full), "%.*s%s%s", (int)(at - name), name, pairs[i][1],
                     at + strlen(pairs[i][0]));
    }
    st_add_ramp(cookie, full, rank, shape);
}

static void old_and_new_names(void)
{
    st_writer *w = st_open();
    rs_vae_tensors(&tiny_vae, rename_tensor, w);
    st_close(w, tmpdir_at("m/vae/diffusion_pytorch_model.safetensors"));
    w = st_open();
    rs_text_tensors(&tiny_text, rename_tensor, w);
    st_close(w, tmpdir_at("m/text_encoder/model.safetensors"));
    rs_bundle *b = open_model("m");
    check_all_tensors(b);
    rs_bundle_close(&b);
    tiny_folder_write("m");
}

static void out_of_memory(void)
{
    static const char *const models[] = { "m", "single.safetensors" };
    tiny_single_write("single.safetensors", &(const tiny_single){ .extra = "model_ema.x" });
    for (int k = 0; k < 2; k++)
        for (long n = 0;; n++) {
            rs_arena *a = rs_arena_open(512);
            rs_bundle *b = NULL;
            const char *path = tmpdir_at(models[k]), *tokenizer = tmpdir_at("t");
            rs_alloc_fail_after(n);
            const rs_status s = rs_bundle_open(a, path, tokenizer, &b, &err);
            rs_alloc_fail_after(-1);
            rs_bundle_close(&b);
            rs_arena_close(&a);
            if (s == RS_OK) {
                CHECK(n > 10);
                break;
            }
            CHECK_INT(s, RS_E_NOMEM);
        }
}

int main(void)
{
    tmpdir_open();
    CHECK((arena = rs_arena_open(1 << 18)) != NULL);
    tiny_folder_write("m");
    TEST_RUN(folder);
    TEST_RUN(config_variants);
    TEST_RUN(bad_configs);
    TEST_RUN(missing_parts);
    TEST_RUN(other_file_names);
    TEST_RUN(tokenizers);
    TEST_RUN(old_folders);
    TEST_RUN(old_and_new_names);
    TEST_RUN(out_of_memory);
    rs_arena_close(&arena);
    tmpdir_close();
    return 0;
}
