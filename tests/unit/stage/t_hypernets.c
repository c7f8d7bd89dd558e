/* Hypernetworks of a picture: by list and by tag, chained, changed from picture to picture, and
 * with one part of the model in memory. What they compute is compared in model/t_hypernets.c. */
#include "restyle/img2img.h"
#include "stage/engine.h"
#include "tests/lib/test.h"
#include "tests/lib/test_image.h"

#define GOLDEN RS_SOURCE_DIR "/tests/golden/"

static rs_err err;

static rs_img2img_params few_steps(const char *prompt)
{
    rs_img2img_params p;
    rs_img2img_defaults(&p);
    p.prompt = prompt;
    p.steps = 3;
    p.hypernetwork_dir = GOLDEN "hypernets";
    return p;
}

static rs_image run(rs_model *m, const rs_img2img_params *p)
{
    rs_image in = test_image(16, 24), out = { 0 };
    CHECK_OK(rs_img2img(m, p, &in, &out, NULL, &err));
    rs_image_release(&in);
    return out;
}

static void check(rs_model *m, const rs_img2img_params *p, const rs_image *want, bool equal)
{
    rs_image out = run(m, p);
    CHECK_INT(memcmp(out.rgb, want->rgb, 16 * 24 * 3 * sizeof(float)) == 0, equal);
    rs_image_release(&out);
}

static void lists_and_tags(rs_memory memory)
{
    rs_model *m = NULL;
    const rs_hypernetwork files[] = { { GOLDEN "hypernets/plain.pt", 2 },
                                      { GOLDEN "hypernets/norm.pt", -1.5f } };
    rs_img2img_params p = few_steps("a cat");
    CHECK_OK(rs_model_open(GOLDEN "tiny", &(rs_model_options){ .threads = 1, .memory = memory }, &m, &err));
    rs_image none = run(m, &p);
    p.hypernetworks = (rs_list){ 2, files };
    rs_image both = run(m, &p);
    check(m, &p, &none, false);
    p = few_steps("<hypernet:plain:2>a cat<hypernet:norm:-1.5>");
    check(m, &p, &both, true);
    p.prompt = "a cat<hypernet:norm:-1.5>";
    p.hypernetworks = (rs_list){ 1, files };
    check(m, &p, &both, true);
    p.prompt = "a cat<hypernet:norm:-1.25>";
    check(m, &p, &both, false);
    p.prompt = "a cat<hypernet:norm:-1.5><lora:lora:0.5>";
    p.lora_dir = GOLDEN "networks";
    check(m, &p, &both, false);
    p.prompt = "a cat<hypernet:norm:-1.5>"; /* the parts are loaded anew and still use them */
    check(m, &p, &both, true);
    p = few_steps("a cat");
    check(m, &p, &none, true);
    rs_image_release(&none);
    rs_image_release(&both);
    rs_model_close(&m);
}

static void normal(void)
{
    lists_and_tags(RS_MEMORY_NORMAL);
}

static void low(void)
{
    lists_and_tags(RS_MEMORY_LOW);
}

/* A failure leaves a model that works. */
static void refused(void)
{
    rs_model *m = NULL;
    rs_image in = test_image(16, 24), out = { 0 };
    rs_img2img_params p = few_steps("a cat");
    CHECK_OK(rs_model_open(GOLDEN "tiny2", &(rs_model_options){ .threads = 1 }, &m, &err));
    rs_image none = run(m, &p);
    p.prompt = "<hypernet:nowhere:1>a cat";
    CHECK(rs_img2img(m, &p, &in, &out, NULL, &err) == RS_E_NOTFOUND);
    CHECK(strstr(err.msg, "prompt: <hypernet:nowhere>: there is no '") && strstr(err.msg, "nowhere.pt'"));
    p.hypernetwork_dir = NULL;
    CHECK(rs_img2img(m, &p, &in, &out, NULL, &err) == RS_E_INVALID);
    CHECK(strstr(err.msg, "'hypernetwork_dir' must say"));
    const rs_hypernetwork other = { GOLDEN "torch/embedding.pt", 1 };
    p = few_steps("a cat");
    p.hypernetworks = (rs_list){ 1, &other };
    CHECK(rs_img2img(m, &p, &in, &out, NULL, &err) == RS_E_FORMAT);
    p = few_steps("a cat");
    check(m, &p, &none, true);
    rs_image_release(&none);
    rs_image_release(&in);
    rs_image_release(&out);
    rs_model_close(&m);
}

int main(void)
{
    TEST_RUN(normal);
    TEST_RUN(low);
    TEST_RUN(refused);
    return 0;
}
