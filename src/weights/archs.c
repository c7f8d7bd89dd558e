#include "weights/archs.h"

#include <string.h>

static const rs_arch archs[] = {
    { .name = "sd15",
      .unet = { .in_channels = 4, .out_channels = 4, .n_levels = 4,
                .channels = { 320, 640, 1280, 1280 }, .layers_per_block = { 2, 2, 2, 2 },
                .down_attn = { true, true, true, false }, .up_attn = { false, true, true, true },
                .mid_attn = true, .has_mid = true, .transformer_layers = { 1, 1, 1, 1 },
                .heads = { 8, 8, 8, 8 }, .context_dim = 768, .norm_groups = 32, .norm_eps = 1e-5f,
                .flip_sin_to_cos = true },
      .vae = { .in_channels = 3, .out_channels = 3, .latent_channels = 4, .n_levels = 4,
               .channels = { 128, 256, 512, 512 }, .layers_per_block = 2, .norm_groups = 32,
               .scaling_factor = 0.18215f, .mid_attention = true, .quant_conv = true,
               .post_quant_conv = true },
      .text = { .vocab_size = 49408, .width = 768, .layers = 12, .heads = 12, .mlp_width = 3072,
                .max_tokens = 77, .act = RS_TEXT_QUICK_GELU, .norm_eps = 1e-5f } },
    /* everything that sd15 has, small enough for tests */
    { .name = "tiny",
      .unet = { .in_channels = 4, .out_channels = 4, .n_levels = 3, .channels = { 16, 32, 48 },
                .layers_per_block = { 1, 2, 1 }, .down_attn = { true, true, false },
                .up_attn = { false, true, true }, .mid_attn = true, .has_mid = true,
                .transformer_layers = { 1, 2, 1 }, .heads = { 2, 4, 4 }, .context_dim = 24,
                .norm_groups = 8, .norm_eps = 1e-5f, .flip_sin_to_cos = true },
      .vae = { .in_channels = 3, .out_channels = 3, .latent_channels = 4, .n_levels = 3,
               .channels = { 16, 24, 32 }, .layers_per_block = 1, .norm_groups = 8,
               .scaling_factor = 0.18215f, .mid_attention = true, .quant_conv = true,
               .post_quant_conv = true },
      .text = { .vocab_size = 100, .width = 24, .layers = 2, .heads = 3, .mlp_width = 96,
                .max_tokens = 13, .act = RS_TEXT_QUICK_GELU, .norm_eps = 1e-5f } },
};

const rs_arch *rs_arch_at(size_t i)
{
    return i < sizeof(archs) / sizeof(archs[0]) ? &archs[i] : NULL;
}

const rs_arch *rs_arch_find(const char *name)
{
    for (size_t i = 0; rs_arch_at(i); i++)
        if (strcmp(archs[i].name, name) == 0)
            return &archs[i];
    return NULL;
}
