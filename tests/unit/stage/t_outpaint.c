/* A1111's outpainting scripts, executed: the noise that mk2 starts from, and whole runs of
 * both over the tiny model. See tools/reference/outpaint.py. */
#include "media/mask.h"
#include "restyle/outpaint.h"
#include "stage/fft.h"
#include "stage/matched_noise.h"
#include "stage/outpaint_plan.h"
#include "tests/lib/golden_model.h"

#define GOLDEN RS_SOURCE_DIR "/tests/golden/"
/* Rounding of two transforms in double precision over values of size 1. */
#define FFT_TOL 1e-13
/* A1111 goes by way of bytes: its overlay is up to two steps off each time (t_inpaint.c), of which
 * mk2 has one a side; the seams between tiles are cut to bytes, too. */
#define OVERLAY_TOL 2.01
#define SEAM_TOL 1.0
#define MEAN_TOL 0.6 /* root of the mean square, in steps */

static rs_err err;
static struct golden golden;

static rs_image image_of(const char *name)
{
    size_t n;
    const rs_wtensor *t = golden_find(&golden, name);
    const float *v = golden_f32(&golden, name, &n);
    rs_image im = { 0 };
    CHECK_OK(rs_image_alloc(&im, (int)t->shape[1], (int)t->shape[0], &err));
    for (size_t i = 0; i < n; i++)
        im.rgb[i] = v[i] / 255.0f;
    return im;
}

static rs_mask mask_of(const char *name)
{
    size_t n;
    const rs_wtensor *t = golden_find(&golden, name);
    const float *v = golden_f32(&golden, name, &n);
    rs_mask m = { 0 };
    CHECK_OK(rs_mask_alloc(&m, (int)t->shape[1], (int)t->shape[0], &err));
    for (size_t i = 0; i < n; i++)
        m.v[i] = (uint8_t)v[i];
    return m;
}

/* The largest difference in steps of 8 bits; *mean: the root of their mean square. */
static double worst_step(const rs_image *got, const rs_image *want, double *mean)
{
    const int n = 3 * want->width * want->height;
    double worst = 0, sum = 0;
    CHECK_INT(got->width, want->width);
    CHECK_INT(got->height, want->height);
    for (int i = 0; i < n; i++) {
        const double d = 255 * fabs((double)got->rgb[i] - (double)want->rgb[i]);
        worst = fmax(worst, d);
        sum += d * d;
    }
    *mean = sqrt(sum / n);
    return worst;
}

static void fft(void)
{
    size_t n;
    const rs_wtensor *t = golden_find(&golden, "fft/in");
    const double *in = golden_f64(&golden, "fft/in", &n), *want = golden_f64(&golden, "fft/out", &n);
    const int h = (int)t->shape[0], w = (int)t->shape[1];
    rs_complex *z = rs_arena_alloc(golden.arena, n * sizeof(double));
    rs_fft *f = NULL;
    double there = 0, back = 0;
    CHECK_INT(n, 2 * h * w);
    for (int i = 0; i < h * w; i++)
        z[i] = (rs_complex){ in[2 * i], in[2 * i + 1] };
    CHECK_OK(rs_fft_open(w, h, &f, &err));
    rs_fft_run(f, z, false);
    for (int i = 0; i < h * w; i++)
        there = fmax(there, hypot(z[i].re - want[2 * i], z[i].im - want[2 * i + 1]));
    rs_fft_run(f, z, true);
    for (int i = 0; i < h * w; i++)
        back = fmax(back, hypot(z[i].re - in[2 * i], z[i].im - in[2 * i + 1]));
    printf("%dx%d: off by %.2g, and by %.2g after the way back\n", w, h, there, back);
    CHECK(there <= FFT_TOL && back <= FFT_TOL);
    rs_fft_close(&f);
    CHECK_INT(rs_fft_open(7, 8, &f, &err), RS_E_RANGE);
}

/* What is cut to bytes may fall on either side of a step, once in a thousand. */
static void noise(void)
{
    char names[64];
    int n = 0;
    snprintf(names, sizeof names, "%s", golden_text(&golden, NULL, "noise"));
    for (const char *name = strtok(names, ","); name; name = strtok(NULL, ","), n++) {
        char at[64], in[80], mask[80], out[80];
        snprintf(at, sizeof at, "noise/%s", name);
        snprintf(in, sizeof in, "%s/in", at);
        snprintf(mask, sizeof mask, "%s/mask", at);
        snprintf(out, sizeof out, "%s/out", at);
        rs_image got = image_of(in), want = image_of(out);
        rs_mask m = mask_of(mask);
        double mean;
        CHECK_OK(rs_matched_noise(&got, &m, strtof(golden_text(&golden, at, "falloff"), NULL),
                                  strtof(golden_text(&golden, at, "color_variation"), NULL), &err));
        const double step = worst_step(&got, &want, &mean);
        printf("%s: off by %g of 255 at most, %g in the mean\n", name, step, mean);
        CHECK(step <= 1.001 && mean <= sqrt(0.001));
        rs_image_release(&got);
        rs_image_release(&want);
        rs_mask_release(&m);
    }
    CHECK(n >= 3);
}

static rs_outpaint outpaint_of(const char *run)
{
    const bool mk2 = strcmp(golden_text(&golden, run, "method"), "mk2") == 0;
    const struct golden *g = &golden;
    rs_outpaint o = { .left = golden_number(g, run, "left"), .right = golden_number(g, run, "right"),
                      .up = golden_number(g, run, "up"), .down = golden_number(g, run, "down"),
                      .mask_blur = golden_number(g, run, "blur"), .tile = golden_number(g, run, "tile") };
    o.method = mk2 ? RS_OUTPAINT_MK2 : RS_OUTPAINT_POOR_MAN;
    if (mk2) {
        o.falloff = strtof(golden_text(&golden, run, "falloff"), NULL);
        o.color_variation = strtof(golden_text(&golden, run, "color_variation"), NULL);
    } else {
        o.content = (rs_inpaint_content)golden_number(&golden, run, "content");
    }
    return o;
}

static rs_img2img_params params_of(const char *run)
{
    rs_img2img_params p;
    rs_img2img_defaults(&p);
    p.prompt = golden_text(&golden, NULL, "prompt");
    p.negative_prompt = golden_text(&golden, NULL, "negative");
    p.scheduler = "karras";
    p.sampler = golden_text(&golden, run, "sampler");
    p.strength = strtof(golden_text(&golden, run, "strength"), NULL);
    p.steps = golden_number(&golden, run, "steps");
    p.cfg_scale = strtof(golden_text(&golden, run, "cfg_scale"), NULL);
    p.rng = RS_RNG_CPU;
    p.rounding = RS_ROUND_TRUNCATE;
    return p;
}

struct watch {
    int calls, last, n_steps;
};

static bool on_step(void *cookie, int step, int n_steps)
{
    struct watch *w = cookie;
    w->calls++;
    w->last = step;
    w->n_steps = n_steps;
    return true;
}

static void one_run(rs_model *m, const rs_image *init, const char *run)
{
    char name[80];
    double mean;
    struct watch w = { 0 };
    const rs_outpaint o = outpaint_of(run);
    const rs_img2img_params p = params_of(run);
    const rs_size size = rs_outpaint_size(&o, init->width, init->height);
    snprintf(name, sizeof name, "%s/out", run);
    rs_image out = { 0 }, want = image_of(name);
    CHECK_OK(rs_img2img_outpaint(m, &p, &o, init, &out, &(rs_progress){ on_step, &w }, &err));
    CHECK_INT(out.width, size.width);
    CHECK_INT(out.height, size.height);
    const double step = worst_step(&out, &want, &mean);
    const int n = rs_outpaint_runs(&o, init->width, init->height);
    const double most = o.method == RS_OUTPAINT_MK2 ? n * OVERLAY_TOL : OVERLAY_TOL + (n > 1) * SEAM_TOL;
    printf("%s: off by %.2f of 255 at most, %.2f in the mean\n", run, step, mean);
    if (!(step <= most && mean <= MEAN_TOL))
        TEST_FAIL("%s: at most %g and %g", run, most, MEAN_TOL);
    CHECK_INT(w.last, w.n_steps);
    CHECK_INT(w.n_steps, n * rs_img2img_steps(&p));
    CHECK_INT(w.calls, w.n_steps + 1);
    rs_image_release(&out);
    rs_image_release(&want);
}

static void runs(void)
{
    char names[256];
    rs_model *m = NULL;
    rs_image init = image_of("init");
    int n = 0;
    CHECK_OK(rs_model_open(GOLDEN "tiny", &(rs_model_options){ .threads = 2 }, &m, &err));
    snprintf(names, sizeof names, "%s", golden_text(&golden, NULL, "runs"));
    for (const char *run = strtok(names, ","); run; run = strtok(NULL, ","), n++)
        one_run(m, &init, run);
    CHECK(n >= 4);
    rs_image_release(&init);
    rs_model_close(&m);
}

int main(void)
{
    golden = golden_open(GOLDEN "outpaint.safetensors");
    TEST_RUN(fft);
    TEST_RUN(noise);
    TEST_RUN(runs);
    golden_close(&golden);
    return 0;
}
