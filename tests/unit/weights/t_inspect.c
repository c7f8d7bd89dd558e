/* The description of a model: its lines, and every problem at once. */
#define _POSIX_C_SOURCE 200809L
#include "restyle/inspect.h"

#include <unistd.h>

#include "base/mem.h"
#include "tests/lib/st_writer.h"
#include "tests/lib/test.h"
#include "tests/lib/tiny_model.h"
#include "tests/lib/tmpdir.h"

static rs_err err;
static char printed[8192];

static void collect(void *cookie, const char *text)
{
    (void)cookie;
    const size_t n = strlen(printed);
    snprintf(printed + n, sizeof(printed) - n, "%s\n", text);
}

static const char *describe(const char *name, const char *tokenizer)
{
    rs_model_info *info = NULL;
    CHECK_OK(rs_model_inspect(tmpdir_at(name), tokenizer, &info, &err));
    printed[0] = '\0';
    rs_model_print(info, collect, NULL);
    rs_model_info_close(&info);
    CHECK(info == NULL);
    rs_model_info_close(&info);
    return tmpdir_strip(printed);
}

static void whole_folder(void)
{
    tiny_folder_write("m");
    CHECK_STR(describe("m", NULL),
              "m: Stable Diffusion 1.x, sizes of its own, diffusers folder\n"
              "  text_encoder  CLIP, 2 layers, 12 wide, 3 heads, 50 words, prompts of 16 tokens\n"
              "                F32, 3.38 k parameters in 36 tensors, 13.5 kB\n"
              "                m/text_encoder/model.safetensors\n"
              "  unet          2 levels of 8, 16 channels, text 12 wide\n"
              "                F32, 64.3 k parameters in 208 tensors, 257 kB\n"
              "                m/unet/diffusion_pytorch_model.safetensors\n"
              "  vae           2 levels of 4, 8 channels, 1/2 of the size, 4 latent channels\n"
              "                F32, 11.8 k parameters in 124 tensors, 47.3 kB\n"
              "                m/vae/diffusion_pytorch_model.safetensors\n"
              "  tokenizer     m/tokenizer/vocab.json\n"
              "  noise         1000 steps, scaled_linear, beta 0.00085 to 0.012, epsilon prediction\n"
              "  picture sizes multiples of 2\n"
              "  missing       nothing\n");
}

static void whole_file(void)
{
    tiny_single_write("s.safetensors", &(const tiny_single){ .extra = "model_ema.x", .key =
                      "restyle.prediction", .value = "v_prediction" });
    CHECK_STR(describe("s.safetensors", tmpdir_at("m")),
              "s.safetensors: Stable Diffusion 1.x, sizes of its own, single file\n"
              "  text_encoder  CLIP, 2 layers, 12 wide, 3 heads, 50 words, prompts of 16 tokens\n"
              "                F32, 3.38 k parameters in 36 tensors, 13.5 kB\n"
              "  unet          2 levels of 8, 16 channels, text 12 wide\n"
              "                F32, 64.3 k parameters in 208 tensors, 257 kB\n"
              "  vae           2 levels of 4, 8 channels, 1/2 of the size, 4 latent channels\n"
              "                F32, 11.8 k parameters in 124 tensors, 47.3 kB\n"
              "  tokenizer     m/tokenizer/vocab.json\n"
              "  noise         1000 steps, scaled_linear, beta 0.00085 to 0.012, v prediction\n"
              "  picture sizes multiples of 2\n"
              "  not used      1 tensor, 16 B\n"
              "  missing       nothing\n");
}

/* A schedule that cannot be explained is a remark; damaged metadata is one problem,
 * though two parts need it. */
static void remarks_and_repeated_problems(void)
{
    static const float alphas[] = { 0.9f, 0.8f, 0.1f };
    rs_model_info *info = NULL;
    tiny_single_write("n.safetensors", &(const tiny_single){ .alphas = alphas, .n_alphas = 3,
                      .key = "restyle.train_steps", .value = "[" });
    CHECK_OK(rs_model_inspect(tmpdir_at("n.safetensors"), tmpdir_at("m"), &info, &err));
    CHECK_INT(info->n_problems, 1);
    CHECK_STR(tmpdir_strip(info->problems[0]), "'n.safetensors': metadata 'restyle.train_steps':1:2: "
              "expected a value, found the end");
    rs_model_info_close(&info);
    tiny_single_write("n.safetensors", &(const tiny_single){ .alphas = alphas, .n_alphas = 3 });
    CHECK_OK(rs_model_inspect(tmpdir_at("n.safetensors"), tmpdir_at("m"), &info, &err));
    CHECK_INT(info->n_problems, 0);
    CHECK_STR(info->note, "its 'alphas_cumprod' is of no known schedule and is not used");
    CHECK_STR(info->noise, "1000 steps, scaled_linear, beta 0.00085 to 0.012");
    rs_model_info_close(&info);
}

static void all_problems_at_once(void)
{
    static const int64_t wrong[] = { 7 };
    static const uint16_t half[] = { 0, 0, 0, 0 };
    tiny_folder_write("p");
    tiny_edit("p", "text_encoder/config.json", "\"quick_gelu\"", "\"relu\"");
    tiny_edit("p", "scheduler/scheduler_config.json", "\"epsilon\"", "\"sample\"");
    CHECK(unlink(tmpdir_at("p/unet/diffusion_pytorch_model.safetensors")) == 0);
    CHECK(unlink(tmpdir_at("p/tokenizer/merges.txt")) == 0);
    st_writer *w = st_open();
    st_add_ramp(w, "encoder.conv_in.bias", 1, wrong);
    st_add(w, "quant_conv.bias", "U16", 1, (const int64_t[]){ 4 }, half, sizeof(half));
    st_close(w, tmpdir_at("p/vae/diffusion_pytorch_model.safetensors"));
    rs_model_info *info = NULL;
    CHECK_OK(rs_model_inspect(tmpdir_at("p"), NULL, &info, &err));
    static const char *const want[] = {
        "p/text_encoder/config.json:8:15: 'hidden_act' holds 'relu', restyle supports quick_gelu, gelu",
        "'p/unet' has no weights: expected 'diffusion_pytorch_model.safetensors' or "
        "'diffusion_pytorch_model.bin'",
        "p/scheduler/scheduler_config.json:6:20: 'prediction_type' holds 'sample', restyle supports "
        "epsilon, v_prediction",
        "'p' has no tokenizer: 'vocab.json' and 'merges.txt' come with the folder 'tokenizer' of any "
        "Stable Diffusion 1.x model in the diffusers layout; name that folder with 'tokenizer:'",
        "the vae has no tensor 'encoder.conv_in.weight'",
        "'p/vae/diffusion_pytorch_model.safetensors': tensor 'encoder.conv_in.bias': shape [7], "
        "expected [4]",
    };
    CHECK(info->n_problems > 6);
    for (size_t i = 0; i < sizeof(want) / sizeof(*want); i++)
        CHECK_STR(tmpdir_strip(info->problems[i]), want[i]);
    /* Of 124 tensors 122 are missing, 2 wrong: 8 + 2 are named, the rest is counted. */
    CHECK_INT(info->n_problems, 4 + 8 + 2 + 1);
    CHECK_STR(info->problems[info->n_problems - 1], "114 more tensors of the vae are missing or wrong");
    CHECK(info->prediction == NULL && info->noise == NULL && info->tokenizer == NULL);
    CHECK(info->parts[0].sizes == NULL && info->parts[0].file != NULL);
    CHECK(info->parts[1].sizes != NULL && info->parts[1].file == NULL);
    CHECK_STR(info->parts[2].precision, "F32 63.6 %, U16 36.4 %");
    rs_model_info_close(&info);
}

static void not_a_model(void)
{
    rs_model_info *info = NULL;
    CHECK_INT(rs_model_inspect(tmpdir_at("absent"), NULL, &info, &err), RS_E_NOTFOUND);
    CHECK_INT(rs_model_inspect(tmpdir_at("m/unet"), NULL, &info, &err), RS_E_NOTFOUND);
    CHECK_INT(rs_model_inspect(tmpdir_at("m/unet/config.json"), NULL, &info, NULL), RS_E_FORMAT);
    CHECK(info == NULL);
}

static void out_of_memory(void)
{
    for (long n = 0;; n++) {
        rs_model_info *info = NULL;
        const char *path = tmpdir_at("p");
        rs_alloc_fail_after(n);
        const rs_status s = rs_model_inspect(path, NULL, &info, &err);
        rs_alloc_fail_after(-1);
        rs_model_info_close(&info);
        if (s == RS_OK) {
            CHECK(n >= 2);
            return;
        }
        CHECK_INT(s, RS_E_NOMEM);
    }
}

int main(void)
{
    tmpdir_open();
    TEST_RUN(whole_folder);
    TEST_RUN(whole_file);
    TEST_RUN(remarks_and_repeated_problems);
    TEST_RUN(all_problems_at_once);
    TEST_RUN(not_a_model);
    TEST_RUN(out_of_memory);
    tmpdir_close();
    return 0;
}
