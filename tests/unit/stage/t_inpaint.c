/* Whole inpaint runs: A1111's mask handling, blending of latents, soft inpainting and
 * overlay, executed over k-diffusion; and diffusers' inpaint pipeline with a network of
 * nine channels. See tools/reference/inpaint_runs.py. */
#include "restyle/inpaint.h"
#include "tests/lib/golden_model.h"

#define GOLDEN RS_SOURCE_DIR "/tests/golden/"
/* A1111 cuts the decoded picture to 8 bits (up to a step below), and its overlay is up to a step off:
 * rounded when premultiplied, straightened and composed. */
#define COMPOSITE_TOL 2.01

static rs_err err;
static struct golden golden;

static const float *values_of(const char *run, const char *key, int *w, int *h, size_t *n)
{
    char name[128];
    snprintf(name, sizeof name, "%s/%s", run, key);
    const rs_wtensor *t = golden_find(&golden, name);
    *h = (int)t->shape[0];
    *w = (int)t->shape[1];
    return golden_f32(&golden, name, n);
}

static rs_image image_of(const char *run, const char *key, float scale)
{
    int w, h;
    size_t n;
    const float *v = values_of(run, key, &w, &h, &n);
    rs_image im = { 0 };
    CHECK_OK(rs_image_alloc(&im, w, h, &err));
    for (size_t i = 0; i < n; i++)
        im.rgb[i] = v[i] / scale;
    return im;
}

static rs_mask mask_of(const char *run)
{
    int w, h;
    size_t n;
    const float *v = values_of(run, "raw", &w, &h, &n);
    rs_mask m = { 0 };
    CHECK_OK(rs_mask_alloc(&m, w, h, &err));
    for (size_t i = 0; i < n; i++)
        m.v[i] = (uint8_t)v[i];
    return m;
}

static rs_img2img_params base_params(void)
{
    rs_img2img_params p;
    rs_img2img_defaults(&p);
    p.prompt = golden_text(&golden, NULL, "prompt");
    p.negative_prompt = golden_text(&golden, NULL, "negative");
    p.scheduler = "karras";
    p.sampler = "euler";
    p.strength = 0.7f;
    p.steps = 6;
    p.cfg_scale = 4;
    p.seed = 42;
    p.rng = RS_RNG_CPU;
    return p;
}

static rs_inpaint_params inpaint_of(const char *run)
{
    static const rs_soft_inpaint soft[] = { { false, 1, 0.5f, 4, 0, 0.5f, 2 },
                                            { true, 1, 0.5f, 4, 0, 0.5f, 2 },
                                            { true, 0.5f, 1.25f, 1.5f, 0.75f, 1.5f, 3 } };
    rs_inpaint_params ip;
    rs_inpaint_defaults(&ip);
    ip.content = (rs_inpaint_content)golden_number(&golden, run, "content");
    ip.padding = golden_number(&golden, run, "padding");
    if (ip.padding) {
        ip.area = RS_INPAINT_ONLY_MASKED;
        ip.size = (rs_size){ 40, 24 };
    }
    ip.soft = soft[golden_number(&golden, run, "soft")];
    return ip;
}

/* The decoded part alone comes out of a run without overlay: at the box when cropped. */
static double part_error(const rs_image *out, const char *run, bool cropped)
{
    rs_image want = image_of(run, "image", 1);
    const int x0 = cropped ? 8 : 0, y0 = cropped ? 10 : 0;
    double sum = 0, norm = 0;
    for (int y = 0; y < want.height; y++) {
        for (int i = 0; i < 3 * want.width; i++) {
            const double w = (double)want.rgb[y * 3 * want.width + i];
            const double d = (double)out->rgb[((y0 + y) * out->width + x0) * 3 + i] - w;
            sum += d * d;
            norm += w * w;
        }
    }
    rs_image_release(&want);
    return sqrt(sum / norm);
}

static double worst_step(const rs_image *out, const char *run)
{
    rs_image want = image_of(run, "composite", 255);
    double worst = 0;
    CHECK(out->width == want.width && out->height == want.height);
    for (int i = 0; i < 3 * want.width * want.height; i++)
        worst = fmax(worst, 255 * fabs((double)out->rgb[i] - (double)want.rgb[i]));
    rs_image_release(&want);
    return worst;
}

static void check_outside(const rs_image *out, const rs_image *init, const rs_mask *mask)
{
    int kept = 0;
    for (int i = 0; i < mask->width * mask->height; i++) {
        if (mask->v[i])
            continue;
        CHECK(!memcmp(out->rgb + 3 * i, init->rgb + 3 * i, 3 * sizeof(float)));
        kept++;
    }
    CHECK(kept > 100);
}

static void against_a1111(rs_model *m, const char *run)
{
    rs_img2img_params p = base_params();
    rs_inpaint_params ip = inpaint_of(run);
    rs_image init = image_of(run, "init", 255), out = { 0 };
    rs_mask mask = mask_of(run);
    const rs_inpaint_picture in = { .init = &init, .mask = &mask };
    p.sampler = golden_text(&golden, run, "sampler");
    const int blur = golden_number(&golden, run, "blur");
    CHECK_OK(rs_mask_blur(&mask, blur, blur, &err));
    ip.overlay = false;
    CHECK_OK(rs_inpaint(m, &p, &ip, &in, &out, NULL, &err));
    const double part = part_error(&out, run, ip.padding > 0);
    ip.overlay = true;
    CHECK_OK(rs_inpaint(m, &p, &ip, &in, &out, NULL, &err));
    const double step = worst_step(&out, run);
    printf("%s: relative error %.2g of the picture, %.2f of 255 with the overlay\n", run, part, step);
    if (!(part <= RUN_TOL) || !(step <= COMPOSITE_TOL))
        TEST_FAIL("%s: at most %g and %g", run, RUN_TOL, COMPOSITE_TOL);
    if (!ip.soft.enabled)
        check_outside(&out, &init, &mask);
    rs_image_release(&init);
    rs_image_release(&out);
    rs_mask_release(&mask);
}

static void a1111_runs(void)
{
    char names[512];
    rs_model *m = NULL;
    int n = 0;
    CHECK_OK(rs_model_open(GOLDEN "tiny", &(rs_model_options){ .threads = 2 }, &m, &err));
    CHECK(strlen(golden_text(&golden, NULL, "runs")) < sizeof names);
    snprintf(names, sizeof names, "%s", golden_text(&golden, NULL, "runs"));
    for (const char *run = strtok(names, ","); run; run = strtok(NULL, ","), n++)
        against_a1111(m, run);
    CHECK(n >= 9);
    rs_model_close(&m);
}

/* diffusers leaves the latent outside the mask free, and lays nothing over the result. */
static void nine_channels(void)
{
    rs_img2img_params p = base_params();
    rs_inpaint_params ip;
    rs_model *m = NULL;
    rs_image init = image_of("nine", "init", 255), out = { 0 }, plain = { 0 };
    rs_mask mask = mask_of("nine");
    const rs_inpaint_picture in = { .init = &init, .mask = &mask };
    rs_inpaint_defaults(&ip);
    ip.blend = ip.overlay = false;
    p.steps_mode = RS_STEPS_DIFFUSERS;
    CHECK_OK(rs_model_open(GOLDEN "tiny_inpaint", &(rs_model_options){ .threads = 2 }, &m, &err));
    CHECK_OK(rs_inpaint(m, &p, &ip, &in, &out, NULL, &err));
    const double e = part_error(&out, "nine", false);
    printf("nine channels: relative error %.2g\n", e);
    CHECK(e <= RUN_TOL);
    ip.mask_strength = 0; /* the model sees under the mask: another picture */
    CHECK_OK(rs_inpaint(m, &p, &ip, &in, &plain, NULL, &err));
    CHECK(part_error(&plain, "nine", false) > 1e-3);
    /* without a mask, as with one that is white all over: nothing is visible */
    memset(mask.v, 255, (size_t)mask.width * (size_t)mask.height);
    ip.mask_strength = 1;
    CHECK_OK(rs_inpaint(m, &p, &ip, &in, &out, NULL, &err));
    CHECK_OK(rs_img2img(m, &p, &init, &plain, NULL, &err));
    CHECK(!memcmp(out.rgb, plain.rgb, sizeof(float) * 3 * (size_t)out.width * (size_t)out.height));
    rs_image_release(&init);
    rs_image_release(&out);
    rs_image_release(&plain);
    rs_mask_release(&mask);
    rs_model_close(&m);
}

/* An empty mask gives the original, another size an error, and a box follows slowly. */
static void edges(void)
{
    rs_img2img_params p = base_params();
    rs_inpaint_params ip = inpaint_of("only_masked");
    rs_model *m = NULL;
    rs_image init = image_of("only_masked", "init", 255), out = { 0 };
    rs_mask mask = mask_of("only_masked"), small = { 0 };
    rs_inpaint_box box = { 0 };
    rs_inpaint_picture in = { .init = &init, .mask = &mask, .box = &box };
    p.steps = 1;
    CHECK_OK(rs_model_open(GOLDEN "tiny", &(rs_model_options){ .threads = 1 }, &m, &err));
    CHECK_OK(rs_inpaint(m, &p, &ip, &in, &out, NULL, &err));
    const rs_inpaint_box first = box;
    CHECK(first.width == init.width && first.x2 > first.x1);
    memset(mask.v, 0, (size_t)mask.width * (size_t)mask.height);
    CHECK_OK(rs_inpaint(m, &p, &ip, &in, &out, NULL, &err));
    check_outside(&out, &init, &mask);
    mask.v[mask.width * mask.height - 1] = 255; /* the mask jumps into the corner */
    CHECK_OK(rs_inpaint(m, &p, &ip, &in, &out, NULL, &err));
    CHECK(box.x2 == mask.width && box.y2 == mask.height);
    CHECK(box.x1 > first.x1 && box.x1 < mask.width - 1 - ip.padding);
    CHECK_OK(rs_mask_alloc(&small, 8, 8, &err));
    in.mask = &small;
    CHECK_INT(rs_inpaint(m, &p, &ip, &in, &out, NULL, &err), RS_E_INVALID);
    CHECK(strstr(err.msg, "8x8"));
    rs_image_release(&init);
    rs_image_release(&out);
    rs_mask_release(&mask);
    rs_mask_release(&small);
    rs_model_close(&m);
}

int main(void)
{
    golden = golden_open(GOLDEN "inpaint_runs.safetensors");
    TEST_RUN(a1111_runs);
    TEST_RUN(nine_channels);
    TEST_RUN(edges);
    golden_close(&golden);
    return 0;
}
