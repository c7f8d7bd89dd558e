/* Names and shapes against pairs that diffusers' own converters give
 * (tools/reference/single_file_names.py). */
#include "weights/names_sd15.h"
#include "weights/part_tensors.h"

#include "base/fs.h"
#include "tests/lib/test.h"

struct golden_line {
    const char *part, *diffusers, *ldm, *shape;
    bool seen;
};

static struct golden_line lines[2000];
static size_t n_lines;
static rs_arena *arena;

struct geometry {
    rs_unet_config unet;
    rs_vae_config vae;
    rs_text_config text;
};

static const struct geometry sd15 = {
    .unet = {
        .in_channels = 4, .out_channels = 4, .n_levels = 4, .channels = { 320, 640, 1280, 1280 },
        .layers_per_block = { 2, 2, 2, 2 }, .down_attn = { true, true, true, false },
        .up_attn = { false, true, true, true }, .mid_attn = true, .has_mid = true,
        .transformer_layers = { 1, 1, 1, 1 }, .context_dim = 768,
    },
    .vae = {
        .in_channels = 3, .out_channels = 3, .latent_channels = 4, .n_levels = 4,
        .channels = { 128, 256, 512, 512 }, .layers_per_block = 2, .mid_attention = true,
        .quant_conv = true, .post_quant_conv = true,
    },
    .text = { .vocab_size = 49408, .width = 768, .layers = 12, .mlp_width = 3072, .max_tokens = 77 },
};

static const struct geometry odd = {
    .unet = {
        .in_channels = 4, .out_channels = 4, .n_levels = 3, .channels = { 32, 64, 64 },
        .layers_per_block = { 1, 1, 1 }, .down_attn = { false, true, true },
        .up_attn = { true, true, false }, .mid_attn = true, .has_mid = true,
        .transformer_layers = { 2, 2, 2 }, .context_dim = 24, .linear_projection = true,
    },
    .vae = {
        .in_channels = 3, .out_channels = 3, .latent_channels = 3, .n_levels = 2,
        .channels = { 32, 64 }, .layers_per_block = 3, .mid_attention = true,
        .quant_conv = true, .post_quant_conv = true,
    },
    .text = { .vocab_size = 50, .width = 24, .layers = 2, .mlp_width = 48, .max_tokens = 77 },
};

static char *word(char **p, char end)
{
    char *start = *p, *stop = strchr(start, end);
    if (!stop)
        TEST_FAIL("a golden line is cut short at '%.40s'", start);
    *stop = '\0';
    *p = stop + 1;
    return start;
}

static void read_golden(const char *name)
{
    rs_err err;
    char path[1024], *p;
    size_t size;
    snprintf(path, sizeof(path), RS_SOURCE_DIR "/tests/golden/%s", name);
    CHECK_OK(rs_read_file(arena, path, 1 << 20, &p, &size, &err));
    n_lines = 0;
    while (*p) {
        struct golden_line *l = &lines[n_lines++];
        CHECK(n_lines <= sizeof(lines) / sizeof(*lines));
        l->part = word(&p, ' ');
        l->diffusers = word(&p, ' ');
        l->ldm = word(&p, ' ');
        l->shape = word(&p, '\n');
        l->seen = false;
    }
    CHECK(n_lines > 600);
}

static void check_translation(const struct geometry *g)
{
    for (size_t i = 0; i < n_lines; i++) {
        const struct golden_line *l = &lines[i];
        char got[256] = "";
        const bool ok =
            strcmp(l->part, "unet") == 0 ? rs_ldm_unet_name(&g->unet, l->diffusers, got, sizeof(got))
            : strcmp(l->part, "vae") == 0 ? rs_ldm_vae_name(&g->vae, l->diffusers, got, sizeof(got))
                                          : rs_ldm_text_name(l->diffusers, got, sizeof(got));
        if (!ok || strcmp(got, l->ldm) != 0)
            TEST_FAIL("%s: got %s, want %s", l->diffusers, got, l->ldm);
    }
}

static void visit(void *cookie, const char *name, int rank, const int64_t *shape)
{
    const char *part = cookie;
    char text[100] = "";
    for (int i = 0; i < rank; i++)
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%lld", i ? "x" : "",
                 (long long)shape[i]);
    for (size_t i = 0; i < n_lines; i++)
        if (strcmp(lines[i].part, part) == 0 && strcmp(lines[i].diffusers, name) == 0) {
            CHECK_STR(text, lines[i].shape);
            CHECK(!lines[i].seen);
            lines[i].seen = true;
            return;
        }
    TEST_FAIL("%s has no tensor %s", part, name);
}

/* Every tensor of the reference is expected, with its shape, and no other. */
static void check_expected_tensors(const struct geometry *g)
{
    static char unet[] = "unet", vae[] = "vae", text[] = "text_encoder";
    rs_unet_tensors(&g->unet, visit, unet);
    rs_vae_tensors(&g->vae, visit, vae);
    rs_text_tensors(&g->text, visit, text);
    for (size_t i = 0; i < n_lines; i++)
        if (!lines[i].seen)
            TEST_FAIL("%s was not expected", lines[i].diffusers);
}

static void stable_diffusion_15(void)
{
    read_golden("names_sd15.txt");
    CHECK_INT(n_lines, 1130);
    check_translation(&sd15);
    check_expected_tensors(&sd15);
}

static void odd_geometry(void)
{
    read_golden("names_odd.txt");
    check_translation(&odd);
    check_expected_tensors(&odd);
}

static void names_that_are_none(void)
{
    static const char *const names[] = {
        "", "down_blocks", "down_blocks.", "down_blocks.4.resnets.0.norm1.weight",
        "down_blocks.0.resnets.2.norm1.weight", "down_blocks.0.resnets.0.norm3.weight",
        "down_blocks.3.downsamplers.0.conv.weight", "up_blocks.3.upsamplers.0.conv.weight",
        "up_blocks.0.resnets.3.norm1.weight", "up_blocks.x.resnets.0.norm1.weight",
        "up_blocks.-1.resnets.0.norm1.weight", "mid_block.resnets.2.norm1.weight", "conv_inn.weight",
        "up_blocks.99999999999999999999.resnets.0.norm1.weight",
    };
    char out[256], small[20];
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (rs_ldm_unet_name(&sd15.unet, names[i], out, sizeof(out)))
            TEST_FAIL("'%s' gave %s", names[i], out);
    CHECK(!rs_ldm_vae_name(&sd15.vae, "encoder.mid_block.resnets.2.norm1.weight", out, sizeof(out)));
    CHECK(!rs_ldm_unet_name(&sd15.unet, "conv_in.weight", small, sizeof(small)));
}

int main(void)
{
    CHECK((arena = rs_arena_open(1 << 18)) != NULL);
    TEST_RUN(stable_diffusion_15);
    TEST_RUN(odd_geometry);
    TEST_RUN(names_that_are_none);
    rs_arena_close(&arena);
    return 0;
}
