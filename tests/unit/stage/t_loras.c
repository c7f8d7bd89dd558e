/* Networks in whole runs: the list and the prompt's tags mean the same, a change of the set
 * loads the model anew and back, with little memory the same pictures, and errors leave the
 * model as it was. That the merged weights are right is shown by unit/model/t_networks. */
#include "base/fs.h"
#include "stage/engine.h"
#include "tests/lib/st_writer.h"
#include "tests/lib/test.h"
#include "tests/lib/test_image.h"
#include "tests/lib/tmpdir.h"

#define GOLDEN RS_SOURCE_DIR "/tests/golden/"
#define NETS GOLDEN "networks"
#define Q "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q"

enum { W = 16, H = 16 };

static rs_err err;

static rs_img2img_params defaults(void)
{
    rs_img2img_params p;
    rs_img2img_defaults(&p);
    p.prompt = "a b";
    p.steps = 2;
    p.lora_dir = NETS;
    return p;
}

static rs_model *open_model(rs_memory memory, const rs_img2img_params *first)
{
    rs_model *m = NULL;
    CHECK_OK(rs_model_open(GOLDEN "tiny", &(rs_model_options){ .threads = 2, .memory = memory,
                                                               .first = first }, &m, &err));
    return m;
}

static rs_image run(rs_model *m, const rs_img2img_params *p)
{
    rs_image in = test_image(W, H), out = { 0 };
    CHECK_OK(rs_img2img(m, p, &in, &out, NULL, &err));
    rs_image_release(&in);
    return out;
}

/* Releases both. */
static bool same(rs_image a, rs_image b)
{
    const bool equal = memcmp(a.rgb, b.rgb, sizeof(float) * W * H * 3) == 0;
    rs_image_release(&a);
    rs_image_release(&b);
    return equal;
}

static rs_lora lora(const char *path, float weight)
{
    return (rs_lora){ .path = path, .weight = weight, .te = RS_LORA_WEIGHT, .unet = RS_LORA_WEIGHT };
}

static void sets_come_and_go(void)
{
    const rs_lora files[] = { lora(NETS "/lora.safetensors", 0.5f), lora(NETS "/full.safetensors", 0.25f) };
    rs_model *m = open_model(RS_MEMORY_NORMAL, NULL), *low = open_model(RS_MEMORY_LOW, NULL);
    const rs_img2img_params plain = defaults();
    rs_img2img_params one = plain, both = plain, tags = plain, split = plain, unet = plain;
    const rs_lora without_text = { .path = files[0].path, .weight = 0.5f, .te = 0, .unet = RS_LORA_WEIGHT };
    one.loras = (rs_list){ 1, &files[0] };
    unet.loras = (rs_list){ 1, &without_text };
    both.loras = (rs_list){ 2, files };
    tags.prompt = "a b<lora:lora:0.5><lyco:full:te=0.25:unet=0.25>";
    split.loras = one.loras;
    split.prompt = "a<lora:full:0.25> b";
    const rs_image bare = run(m, &plain);
    CHECK(!same(run(m, &one), run(m, &plain)));
    CHECK(!same(run(m, &one), run(m, &both)));
    CHECK(!same(run(m, &one), run(m, &unet)));
    CHECK(same(run(m, &both), run(m, &tags)));
    CHECK(same(run(m, &both), run(m, &split)));
    CHECK(same(run(m, &both), run(low, &both)));
    CHECK(same(run(low, &plain), run(m, &plain)));
    CHECK(same(run(m, &plain), bare));
    rs_model_close(&low);
    rs_model_close(&m);
}

static void merged_while_loading(void)
{
    rs_img2img_params p = defaults();
    p.prompt = "a b <lora:dora:0.7>";
    rs_model *later = open_model(RS_MEMORY_NORMAL, NULL), *first = open_model(RS_MEMORY_NORMAL, &p);
    const rs_unet *loaded = first->unet;
    CHECK(same(run(first, &p), run(later, &p)));
    CHECK(first->unet == loaded && first->loras.loras.n == 1);
    rs_model_close(&later);
    rs_model_close(&first);
}

/* A LoRA of two rows; the second is zero unless it shall count. */
static void write_rows(const char *name, bool second)
{
    float up[16], down[16];
    for (int i = 0; i < 16; i++) {
        up[i] = (float)(i + 1) / 64.0f;
        down[i] = i < 8 || second ? (float)(i - 6) / 32.0f : 0;
    }
    const float alpha = 2;
    st_writer *w = st_open();
    st_add(w, Q ".lora_up.weight", "F32", 2, (const int64_t[]){ 8, 2 }, up, sizeof(up));
    st_add(w, Q ".lora_down.weight", "F32", 2, (const int64_t[]){ 2, 8 }, down, sizeof(down));
    st_add(w, Q ".alpha", "F32", 0, NULL, &alpha, sizeof(alpha));
    st_close(w, tmpdir_at(name));
}

static void first_rows_only(void)
{
    char a[512], b[512];
    write_rows("a.safetensors", true);
    write_rows("b.safetensors", false);
    rs_lora part = lora(tmpdir_path(a, sizeof(a), "a.safetensors"), 1);
    const rs_lora all = part, zero = lora(tmpdir_path(b, sizeof(b), "b.safetensors"), 1);
    rs_img2img_params p = defaults(), q = p, r = p;
    part.dyn = 1;
    p.loras = (rs_list){ 1, &part };
    q.loras = (rs_list){ 1, &zero };
    r.loras = (rs_list){ 1, &all };
    rs_model *m = open_model(RS_MEMORY_NORMAL, NULL);
    CHECK(same(run(m, &p), run(m, &q)));
    CHECK(!same(run(m, &p), run(m, &r)));
    rs_model_close(&m);
}

static void refused(rs_model *m, const rs_img2img_params *p, rs_status status, const char *text)
{
    rs_image in = test_image(W, H), out = { 0 };
    CHECK_INT(rs_img2img(m, p, &in, &out, NULL, &err), status);
    if (!strstr(err.msg, text))
        TEST_FAIL("'%s' is not in '%s'", text, err.msg);
    rs_image_release(&in);
}

/* A file of one F32 tensor. */
static void write_one(const char *tensor, int rank, const int64_t *shape)
{
    st_writer *w = st_open();
    st_add_ramp(w, tensor, rank, shape);
    st_close(w, tmpdir_at("one.safetensors"));
}

static void errors(void)
{
    static const struct {
        const char *tensor;
        rs_status status;
        const char *text;
        int rank;
        int64_t shape[4];
    } cases[] = {
        { "lora_unet_nothing.lora_up.weight", RS_E_NOTFOUND,
          "of shape [8, 2]: the model has no such layer", 2, { 8, 2 } },
        { Q ".oft_blocks", RS_E_UNSUPPORTED, "belongs to no kind of network", 2, { 8, 2 } },
        { Q ".lora_up.weight", RS_E_FORMAT, "'lora_down' is missing", 2, { 8, 2 } },
        { Q ".diff", RS_E_FORMAT, "shape [8, 2], expected [8, 8]", 2, { 8, 2 } },
        { Q ".diff_b", RS_E_FORMAT, "has no bias", 1, { 8 } },
        { Q ".alpha", RS_E_FORMAT, "stands alone", 1, { 1 } },
        { "lora_te2_x.alpha", RS_E_UNSUPPORTED, "Stable Diffusion XL", 1, { 1 } },
    };
    const rs_img2img_params plain = defaults();
    rs_model *m = open_model(RS_MEMORY_NORMAL, NULL);
    const rs_image before = run(m, &plain);
    rs_lora file = lora(tmpdir_at("one.safetensors"), 1);
    rs_img2img_params p = plain;
    p.loras = (rs_list){ 1, &file };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        write_one(cases[i].tensor, cases[i].rank, cases[i].shape);
        refused(m, &p, cases[i].status, cases[i].text);
    }
    file.path = NETS "/absent.safetensors";
    refused(m, &p, RS_E_NOTFOUND, "cannot open");
    p = plain;
    p.prompt = "x <lora:absent>";
    refused(m, &p, RS_E_NOTFOUND, "absent.safetensors'");
    p.prompt = "x <lora:../tiny>";
    refused(m, &p, RS_E_INVALID, "leads out of");
    p.prompt = "x <other:lora>";
    refused(m, &p, RS_E_INVALID, "of the kinds lora, lyco and hypernet");
    p.prompt = "x <lora:lora>";
    p.lora_dir = NULL;
    refused(m, &p, RS_E_INVALID, "'lora_dir' must say");
    CHECK(same(run(m, &plain), before));
    rs_model_close(&m);
}

static void copy_lora(const char *name)
{
    rs_arena *arena = rs_arena_open(0);
    char *data;
    size_t size;
    CHECK_OK(rs_read_file(arena, NETS "/lora.safetensors", 1 << 24, &data, &size, &err));
    tmpdir_write(name, data, size);
    rs_arena_close(&arena);
}

/* The stem of the file found, or the message. */
static const char *found(const char *prompt)
{
    static char text[1200];
    rs_arena *arena = rs_arena_open(0);
    rs_img2img_params p = defaults();
    rs_list loras;
    const char *plain, *negative;
    p.prompt = prompt;
    p.lora_dir = tmpdir_at("names");
    const rs_status s = rs_loras_of(arena, &p, &loras, &plain, &negative, &err);
    snprintf(text, sizeof text, "%s", s == RS_OK ? tmpdir_strip(((const rs_lora *)loras.at)->path) : err.msg);
    rs_arena_close(&arena);
    return text;
}

/* By file name, also in folders below; then by the name that the trainer gave, "lora". */
static void names(void)
{
    copy_lora("names/deep/down/file.safetensors");
    tmpdir_write("names/broken.safetensors", "x", 1);
    tmpdir_write("names/notes.txt", "x", 1);
    CHECK_STR(found("<lora:file:1>"), "names/deep/down/file.safetensors");
    CHECK_STR(found("<lora:lora:1>"), "names/deep/down/file.safetensors");
    CHECK_STR(found("<lora:deep/down/file:1>"), "names/deep/down/file.safetensors");
    CHECK(strstr(found("<lora:Lora:1>"), "there is no '"));
    copy_lora("names/second.safetensors");
    CHECK(strstr(found("<lora:lora:1>"), "both have that name: rename one"));
    copy_lora("names/other/lora.safetensors"); /* a file's own name comes first */
    CHECK_STR(found("<lora:lora:1>"), "names/other/lora.safetensors");
    copy_lora("names/third/lora.safetensors");
    CHECK(strstr(found("<lora:lora:1>"), "both have that name: rename one"));
    copy_lora("names/lora.safetensors"); /* in the folder itself, before all others */
    CHECK_STR(found("<lora:lora:1>"), "names/lora.safetensors");
}

int main(void)
{
    tmpdir_open();
    TEST_RUN(sets_come_and_go);
    TEST_RUN(merged_while_loading);
    TEST_RUN(first_rows_only);
    TEST_RUN(errors);
    TEST_RUN(names);
    tmpdir_close();
    return 0;
}
