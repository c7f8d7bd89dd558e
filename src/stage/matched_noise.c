/* The picture's spectrum, its masked part filled with the mean, is laid over that of soft
 * noise: amplitude |noise|^2 |picture|^falloff with the picture's phase. What comes back
 * gets the histogram of the visible pixels, channel by channel. */
#include "stage/matched_noise.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/rng_pcg64.h"
#include "stage/fft.h"
#include "stage/quantiles.h"

struct ranked {
    double v;
    size_t at; /* of the pixel */
};

struct noise {
    rs_image *picture;
    const rs_mask *mask;
    double falloff, color_variation;
    int h, w;
    size_t n, n_masked;      /* pixels */
    rs_fft *fft;
    uint8_t *bytes;          /* [n, 3]: the picture */
    double *rgb;             /* [n, 3]: the noise */
    rs_complex *source, *at; /* [n]: spectra of one channel */
    struct ranked *ranked;   /* [n_masked] */
};

static void *room(size_t n, size_t size)
{
    size_t bytes;
    return rs_mul_size(n, size, &bytes) ? rs_alloc(bytes) : NULL;
}

static rs_status open_noise(struct noise *z, rs_err *err)
{
    z->h = z->picture->height;
    z->w = z->picture->width;
    z->n = (size_t)z->h * (size_t)z->w;
    for (size_t i = 0; i < z->n; i++)
        z->n_masked += z->mask->v[i] != 0;
    if (z->n_masked == 0 || z->n_masked == z->n)
        return RS_FAIL(err, RS_E_INVALID, "a picture of %dx%d has nothing %s to match noise to", z->w, z->h,
                       z->n_masked ? "visible" : "masked");
    RS_TRY(rs_fft_open(z->w, z->h, &z->fft, err));
    z->bytes = room(z->n, 3);
    z->rgb = room(z->n, 3 * sizeof(double));
    z->source = room(z->n, sizeof(rs_complex));
    z->at = room(z->n, sizeof(rs_complex));
    z->ranked = room(z->n_masked, sizeof(struct ranked));
    if (!z->bytes || !z->rgb || !z->source || !z->at || !z->ranked)
        return RS_FAIL(err, RS_E_NOMEM, "no memory to outpaint a picture of %dx%d", z->w, z->h);
    return RS_OK;
}

static void close_noise(struct noise *z)
{
    rs_fft_close(&z->fft);
    rs_free(z->bytes);
    rs_free(z->rgb);
    rs_free(z->source);
    rs_free(z->at);
    rs_free(z->ranked);
}

/* Uniform numbers in numpy's order [h, w, 3], mostly grey. */
static void draw(struct noise *z)
{
    rs_pcg64 rng;
    rs_pcg64_seed(&rng, 0);
    for (size_t i = 0; i < z->n; i++) {
        double v[3];
        for (int c = 0; c < 3; c++)
            v[c] = rs_pcg64_double(&rng);
        const double grey = (v[0] + v[1] + v[2]) / 3;
        for (int c = 0; c < 3; c++)
            z->rgb[3 * i + (size_t)c] = v[c] * z->color_variation + (1 - z->color_variation) * grey;
    }
}

/* The visible picture up to its brightest value, and the mean of all, the covered part
 * being black, under the mask. A black picture stays so (numpy would divide by 0). */
static void window_picture(struct noise *z, int c)
{
    double sum = 0, most = 0;
    for (size_t i = 0; i < 3 * z->n; i++) {
        const double v = z->bytes[i] / 255.0;
        sum += v;
        most = z->mask->v[i / 3] == 0 && v > most ? v : most;
    }
    const double mean = sum / (3.0 * (double)z->n), scale = most > 0 ? 1 / most : 1;
    for (size_t i = 0; i < z->n; i++)
        z->source[i] = (rs_complex){
            z->mask->v[i] ? mean : z->bytes[3 * i + (size_t)c] / 255.0 * scale, 0 };
}

/* Side i of n, from -1 to 1 over the shorter side. */
static double place(int i, int n, int shorter)
{
    return (2.0 * i / n - 1) * n / shorter;
}

/* Low frequencies stay: 1 / ((x^2 + 1) (y^2 + 1)). */
static void window_noise(struct noise *z)
{
    const int shorter = z->h < z->w ? z->h : z->w;
    for (int y = 0; y < z->h; y++) {
        const double fy = place(y, z->h, shorter);
        for (int x = 0; x < z->w; x++) {
            const double fx = place(x, z->w, shorter);
            rs_complex *v = &z->at[(size_t)y * (size_t)z->w + (size_t)x];
            const double share = 1 / ((fx * fx + 1) * (fy * fy + 1));
            *v = (rs_complex){ share * v->re, share * v->im };
        }
    }
}

/* at = |at|^2 |source|^falloff, with source's phase; where source has none, 0 (numpy: not a
 * number, all over the picture). */
static void shape(struct noise *z)
{
    for (size_t i = 0; i < z->n; i++) {
        const rs_complex s = z->source[i], v = z->at[i];
        const double size = hypot(s.re, s.im);
        const double gain = size > 0 ? (v.re * v.re + v.im * v.im) * pow(size, z->falloff) / size : 0;
        z->at[i] = (rs_complex){ gain * s.re, gain * s.im };
    }
}

static void make_channel(struct noise *z, int c)
{
    window_picture(z, c);
    rs_fft_run(z->fft, z->source, false);
    for (size_t i = 0; i < z->n; i++)
        z->at[i] = (rs_complex){ z->rgb[3 * i + (size_t)c], 0 };
    rs_fft_run(z->fft, z->at, false);
    window_noise(z);
    rs_fft_run(z->fft, z->at, true);
    for (size_t i = 0; i < z->n; i++)
        z->at[i].im = 0;
    rs_fft_run(z->fft, z->at, false);
    shape(z);
    rs_fft_run(z->fft, z->at, true);
    for (size_t i = 0; i < z->n; i++)
        z->rgb[3 * i + (size_t)c] = z->at[i].re;
}

static int by_value(const void *a, const void *b)
{
    const double x = ((const struct ranked *)a)->v, y = ((const struct ranked *)b)->v;
    return (x > y) - (x < y);
}

/* The noise under the mask takes the values of the visible pixels by rank, cut to bytes. */
static void match_channel(struct noise *z, int c)
{
    size_t count[256] = { 0 }, n = 0;
    rs_quantiles want;
    for (size_t i = 0; i < z->n; i++) {
        if (z->mask->v[i])
            z->ranked[n++] = (struct ranked){ z->rgb[3 * i + (size_t)c], i };
        else
            count[z->bytes[3 * i + (size_t)c]]++;
    }
    rs_quantiles_init(&want, count, z->n - n);
    qsort(z->ranked, n, sizeof(z->ranked[0]), by_value);
    int at = 0;
    for (size_t from = 0, to = 0; from < n; from = to) {
        while (to < n && z->ranked[to].v == z->ranked[from].v) /* equal values share a rank */
            to++;
        const double v = rs_quantiles_at(&want, (double)to / (double)n, &at);
        for (size_t i = from; i < to; i++)
            z->picture->rgb[3 * z->ranked[i].at + (size_t)c] = (float)(int)v / 255.0f;
    }
}

rs_status rs_matched_noise(rs_image *picture, const rs_mask *mask, float falloff, float color_variation,
                           rs_err *err)
{
    struct noise z = { .picture = picture, .mask = mask, .falloff = (double)falloff,
                       .color_variation = (double)color_variation };
    const rs_status s = open_noise(&z, err);
    if (s == RS_OK) {
        for (size_t i = 0; i < 3 * z.n; i++)
            z.bytes[i] = (uint8_t)lrintf(fminf(fmaxf(picture->rgb[i], 0.0f), 1.0f) * 255.0f);
        draw(&z);
        for (int c = 0; c < 3; c++)
            make_channel(&z, c);
        for (int c = 0; c < 3; c++)
            match_channel(&z, c);
    }
    close_noise(&z);
    return s;
}
