#include "weights/write_config.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const schedules[] = {
    [RS_BETA_SCALED_LINEAR] = "scaled_linear", [RS_BETA_LINEAR] = "linear",
    [RS_BETA_COSINE] = "squaredcos_cap_v2",
};
static const char *const predictions[] = {
    [RS_PREDICT_EPSILON] = "epsilon", [RS_PREDICT_V] = "v_prediction",
};
static const char *const acts[] = { [RS_TEXT_QUICK_GELU] = "quick_gelu", [RS_TEXT_GELU] = "gelu" };

/* The shortest text that reads back as the same float. */
static void put_float(rs_strbuf *sb, float v)
{
    char text[40];
    for (int digits = 6; digits <= 9; digits++) {
        snprintf(text, sizeof(text), "%.*g", digits, (double)v);
        if (strtof(text, NULL) == v)
            break;
    }
    rs_strbuf_puts(sb, text);
}

static void put_ints(rs_strbuf *sb, const char *key, const int *v, int n)
{
    rs_strbuf_printf(sb, "  \"%s\": [", key);
    for (int i = 0; i < n; i++)
        rs_strbuf_printf(sb, "%s%d", i ? ", " : "", v[i]);
    rs_strbuf_puts(sb, "],\n");
}

/* One number where all are the same, as in most models. */
static void put_each(rs_strbuf *sb, const char *key, const int *v, int n)
{
    int same = 1;
    while (same < n && v[same] == v[0])
        same++;
    if (same == n)
        rs_strbuf_printf(sb, "  \"%s\": %d,\n", key, v[0]);
    else
        put_ints(sb, key, v, n);
}

/* One name for each level where has[i] (NULL: all) holds, else the other. */
static void put_types(rs_strbuf *sb, const char *key, const bool *has, int n, const char *yes,
                      const char *no)
{
    rs_strbuf_printf(sb, "  \"%s\": [", key);
    for (int i = 0; i < n; i++)
        rs_strbuf_printf(sb, "%s\"%s\"", i ? ", " : "", !has || has[i] ? yes : no);
    rs_strbuf_puts(sb, "],\n");
}

static void put_unet(rs_strbuf *sb, const rs_bundle *b)
{
    const rs_unet_config *u = rs_bundle_unet(b);
    rs_strbuf_puts(sb, "{\n  \"_class_name\": \"UNet2DConditionModel\",\n  \"act_fn\": \"silu\",\n");
    put_each(sb, "attention_head_dim", u->heads, u->n_levels);
    put_ints(sb, "block_out_channels", u->channels, u->n_levels);
    put_types(sb, "down_block_types", u->down_attn, u->n_levels, "CrossAttnDownBlock2D", "DownBlock2D");
    put_types(sb, "up_block_types", u->up_attn, u->n_levels, "CrossAttnUpBlock2D", "UpBlock2D");
    put_each(sb, "layers_per_block", u->layers_per_block, u->n_levels);
    put_each(sb, "transformer_layers_per_block", u->transformer_layers, u->n_levels);
    rs_strbuf_printf(sb, "  \"mid_block_type\": %s,\n  \"cross_attention_dim\": %d,\n  \"in_channels\": %d,\n"
                     "  \"out_channels\": %d,\n  \"norm_num_groups\": %d,\n  \"use_linear_projection\": %s,\n"
                     "  \"flip_sin_to_cos\": %s,\n  \"freq_shift\": %d,\n  \"sample_size\": 64,\n"
                     "  \"norm_eps\": ",
                     !u->has_mid ? "null"
                     : u->mid_attn ? "\"UNetMidBlock2DCrossAttn\"" : "\"UNetMidBlock2D\"",
                     u->context_dim, u->in_channels, u->out_channels, u->norm_groups,
                     u->linear_projection ? "true" : "false", u->flip_sin_to_cos ? "true" : "false",
                     u->freq_shift);
    put_float(sb, u->norm_eps);
    rs_strbuf_puts(sb, "\n}\n");
}

static void put_vae(rs_strbuf *sb, const rs_bundle *b)
{
    const rs_vae_config *v = rs_bundle_vae(b);
    rs_strbuf_puts(sb, "{\n  \"_class_name\": \"AutoencoderKL\",\n  \"act_fn\": \"silu\",\n");
    put_ints(sb, "block_out_channels", v->channels, v->n_levels);
    put_types(sb, "down_block_types", NULL, v->n_levels, "DownEncoderBlock2D", "");
    put_types(sb, "up_block_types", NULL, v->n_levels, "UpDecoderBlock2D", "");
    rs_strbuf_printf(sb, "  \"in_channels\": %d,\n  \"out_channels\": %d,\n  \"latent_channels\": %d,\n"
                     "  \"layers_per_block\": %d,\n  \"norm_num_groups\": %d,\n"
                     "  \"mid_block_add_attention\": %s,\n  \"use_quant_conv\": %s,\n"
                     "  \"use_post_quant_conv\": %s,\n  \"sample_size\": 512,\n  \"scaling_factor\": ",
                     v->in_channels, v->out_channels, v->latent_channels, v->layers_per_block, v->norm_groups,
                     v->mid_attention ? "true" : "false", v->quant_conv ? "true" : "false",
                     v->post_quant_conv ? "true" : "false");
    put_float(sb, v->scaling_factor);
    rs_strbuf_puts(sb, "\n}\n");
}

/* CLIP's vocabulary ends with the start and the end of a text. */
static void put_text(rs_strbuf *sb, const rs_bundle *b)
{
    const rs_text_config *t = rs_bundle_text(b);
    rs_strbuf_printf(sb, "{\n  \"architectures\": [\"CLIPTextModel\"],\n"
                     "  \"model_type\": \"clip_text_model\",\n"
                     "  \"vocab_size\": %d,\n  \"bos_token_id\": %d,\n  \"eos_token_id\": %d,\n"
                     "  \"hidden_size\": %d,\n  \"intermediate_size\": %d,\n  \"num_hidden_layers\": %d,\n"
                     "  \"num_attention_heads\": %d,\n  \"max_position_embeddings\": %d,\n"
                     "  \"hidden_act\": \"%s\",\n  \"layer_norm_eps\": ", t->vocab_size, t->vocab_size - 2,
                     t->vocab_size - 1, t->width, t->mlp_width, t->layers, t->heads, t->max_tokens,
                     acts[t->act]);
    put_float(sb, t->norm_eps);
    rs_strbuf_puts(sb, "\n}\n");
}

static void put_noise(rs_strbuf *sb, const rs_bundle *b)
{
    const rs_noise_config *n = rs_bundle_noise(b);
    rs_strbuf_printf(sb, "{\n  \"_class_name\": \"DDIMScheduler\",\n  \"num_train_timesteps\": %d,\n"
                     "  \"beta_schedule\": \"%s\",\n  \"beta_start\": %.12g,\n  \"beta_end\": %.12g,\n"
                     "  \"prediction_type\": \"%s\",\n  \"clip_sample\": false,\n"
                     "  \"set_alpha_to_one\": false,\n  \"steps_offset\": 1\n}\n",
                     n->train_steps, schedules[n->betas], n->beta_start, n->beta_end,
                     predictions[n->prediction]);
}

static void put_tokenizer(rs_strbuf *sb, const rs_bundle *b)
{
    rs_strbuf_printf(sb, "{\n  \"tokenizer_class\": \"CLIPTokenizer\",\n  \"model_max_length\": %d\n}\n",
                     rs_bundle_text(b)->max_tokens);
}

static void put_index(rs_strbuf *sb, const rs_bundle *b)
{
    (void)b;
    rs_strbuf_puts(sb, "{\n  \"_class_name\": \"StableDiffusionPipeline\",\n"
                       "  \"feature_extractor\": [null, null],\n  \"image_encoder\": [null, null],\n"
                       "  \"requires_safety_checker\": false,\n  \"safety_checker\": [null, null],\n"
                       "  \"scheduler\": [\"diffusers\", \"DDIMScheduler\"],\n"
                       "  \"text_encoder\": [\"transformers\", \"CLIPTextModel\"],\n"
                       "  \"tokenizer\": [\"transformers\", \"CLIPTokenizer\"],\n"
                       "  \"unet\": [\"diffusers\", \"UNet2DConditionModel\"],\n"
                       "  \"vae\": [\"diffusers\", \"AutoencoderKL\"]\n}\n");
}

void rs_write_config(const rs_bundle *b, size_t i, const char **folder, const char **name, rs_strbuf *sb)
{
    static const struct {
        const char *folder, *name;
        void (*put)(rs_strbuf *sb, const rs_bundle *b);
    } files[RS_CONFIG_FILES] = {
        { "text_encoder", "config.json", put_text },
        { "unet", "config.json", put_unet },
        { "vae", "config.json", put_vae },
        { "scheduler", "scheduler_config.json", put_noise },
        { "tokenizer", "tokenizer_config.json", put_tokenizer },
        { NULL, "model_index.json", put_index }, /* last: it says that the rest is there */
    };
    *folder = files[i].folder;
    *name = files[i].name;
    files[i].put(sb, b);
}

static void put_heads(rs_strbuf *sb, const rs_unet_config *u)
{
    for (int l = 0; l < u->n_levels; l++)
        rs_strbuf_printf(sb, "%s%d", l ? ", " : "[", u->heads[l]);
    rs_strbuf_puts(sb, "]");
}

static rs_status add(rs_arena *arena, rs_st_pair *metadata, size_t *n, const char *key, rs_strbuf *sb,
                     rs_err *err)
{
    const char *value = sb->failed ? NULL : rs_arena_strdup(arena, rs_strbuf_str(sb));
    rs_strbuf_clear(sb);
    if (!value)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for a checkpoint's metadata");
    metadata[(*n)++] = (rs_st_pair){ key, value };
    return RS_OK;
}

static rs_status put_metadata(rs_arena *arena, const rs_bundle *b, rs_st_pair *to, size_t *n, rs_strbuf *sb,
                              rs_err *err)
{
    const rs_noise_config *noise = rs_bundle_noise(b);
    const rs_text_config *t = rs_bundle_text(b);
    const struct {
        const char *key;
        int value;
    } ints[] = {
        { "restyle.norm_groups", rs_bundle_unet(b)->norm_groups },
        { "restyle.vae_norm_groups", rs_bundle_vae(b)->norm_groups },
        { "restyle.text_heads", t->heads },
        { "restyle.train_steps", noise->train_steps },
    };
    const struct {
        const char *key, *value;
    } texts[] = {
        { "format", "pt" },
        { "restyle.text_act", acts[t->act] },
        { "restyle.beta_schedule", schedules[noise->betas] },
        { "restyle.prediction", predictions[noise->prediction] },
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        rs_strbuf_puts(sb, texts[i].value);
        RS_TRY(add(arena, to, n, texts[i].key, sb, err));
    }
    for (size_t i = 0; i < sizeof(ints) / sizeof(*ints); i++) {
        rs_strbuf_printf(sb, "%d", ints[i].value);
        RS_TRY(add(arena, to, n, ints[i].key, sb, err));
    }
    put_heads(sb, rs_bundle_unet(b));
    RS_TRY(add(arena, to, n, "restyle.heads", sb, err));
    put_float(sb, rs_bundle_vae(b)->scaling_factor);
    RS_TRY(add(arena, to, n, "restyle.scaling_factor", sb, err));
    rs_strbuf_printf(sb, "%.12g", noise->beta_start);
    RS_TRY(add(arena, to, n, "restyle.beta_start", sb, err));
    rs_strbuf_printf(sb, "%.12g", noise->beta_end);
    return add(arena, to, n, "restyle.beta_end", sb, err);
}

rs_status rs_write_single_metadata(rs_arena *arena, const rs_bundle *b,
                                   rs_st_pair metadata[RS_SINGLE_METADATA], size_t *n, rs_err *err)
{
    const rs_unet_config *u = rs_bundle_unet(b);
    rs_strbuf sb;
    if (u->norm_eps != 1e-5f || rs_bundle_text(b)->norm_eps != 1e-5f || !u->flip_sin_to_cos || u->freq_shift)
        return RS_FAIL(err, RS_E_UNSUPPORTED, "this model's norm_eps, flip_sin_to_cos or freq_shift are none "
                       "of Stable Diffusion's, which is all that a single file can mean");
    *n = 0;
    rs_strbuf_init(&sb, 4096);
    const rs_status s = put_metadata(arena, b, metadata, n, &sb, err);
    rs_strbuf_release(&sb);
    return s;
}
