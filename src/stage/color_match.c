#include "stage/color_match.h"

#include <math.h>
#include <stdint.h>

#include "base/mem.h"
#include "stage/color_lab.h"
#include "stage/quantiles.h"

typedef struct histogram {
    size_t count[3][256];
} histogram;

static size_t n_pixels(const rs_image *image)
{
    return (size_t)image->width * (size_t)image->height;
}

static void bytes_of(const float *rgb, uint8_t out[3])
{
    for (int c = 0; c < 3; c++)
        out[c] = (uint8_t)lrintf(fminf(fmaxf(rgb[c], 0.0f), 1.0f) * 255.0f);
}

/* lab: [pixels, 3] or NULL */
static void scan(const rs_lab_tables *t, const rs_image *image, histogram *h, uint8_t *lab)
{
    const size_t n = n_pixels(image);
    *h = (histogram){ 0 };
    for (size_t i = 0; i < n; i++) {
        uint8_t rgb[3], own[3];
        uint8_t *to = lab ? lab + 3 * i : own;
        bytes_of(image->rgb + 3 * i, rgb);
        rs_lab_from_rgb(t, rgb, to);
        for (int c = 0; c < 3; c++)
            h->count[c][to[c]]++;
    }
}

/* For each value of the source the value of the target of the same rank, cut to whole
 * numbers as an assignment to bytes does. */
static void match_channel(const size_t source[256], size_t n_source, const size_t target[256],
                          size_t n_target, uint8_t map[256])
{
    rs_quantiles want;
    size_t sum = 0;
    rs_quantiles_init(&want, target, n_target);
    for (int v = 0, at = 0; v < 256; v++) {
        sum += source[v];
        map[v] = (uint8_t)rs_quantiles_at(&want, (double)sum / (double)n_source, &at);
    }
}

static double luminosity(const double c[3])
{
    return c[0] * 0.299 + c[1] * 0.587 + c[2] * 0.114;
}

/* color with the luminosity of light: moved there along grey, and drawn towards grey
 * where it leaves the range. `most` is from before the first draw, as in blendmodes. */
static void blend_luminosity(const uint8_t color[3], const uint8_t light[3], float out[3])
{
    double v[3], l[3];
    for (int c = 0; c < 3; c++) {
        v[c] = color[c] / 255.0;
        l[c] = light[c] / 255.0;
    }
    const double move = luminosity(l) - luminosity(v);
    for (int c = 0; c < 3; c++)
        v[c] += move;
    const double grey = luminosity(v);
    const double least = fmin(fmin(v[0], v[1]), v[2]), most = fmax(fmax(v[0], v[1]), v[2]);
    for (int c = 0; c < 3; c++) {
        if (least < 0)
            v[c] = grey + (v[c] - grey) * grey / (grey - least);
        if (most > 1)
            v[c] = grey + (v[c] - grey) * (1 - grey) / (most - grey);
        out[c] = (float)(int)(fmin(fmax(v[c], 0.0), 1.0) * 255) / 255.0f;
    }
}

static rs_status match(rs_arena *arena, const rs_image *target, rs_image *picture, rs_err *err)
{
    size_t bytes;
    const size_t n = n_pixels(picture);
    rs_lab_tables *t = RS_NEW(arena, rs_lab_tables);
    uint8_t *lab = rs_mul_size(n, 3, &bytes) ? rs_arena_alloc(arena, bytes) : NULL;
    histogram have, want;
    uint8_t map[3][256];
    if (!t || !lab)
        return RS_FAIL(err, RS_E_NOMEM, "no memory to correct colours of a picture of %dx%d",
                       picture->width, picture->height);
    rs_lab_init(t);
    scan(t, target, &want, NULL);
    scan(t, picture, &have, lab);
    for (int c = 0; c < 3; c++)
        match_channel(have.count[c], n, want.count[c], n_pixels(target), map[c]);
    for (size_t i = 0; i < n; i++) {
        const uint8_t *old = lab + 3 * i;
        uint8_t light[3], color[3];
        const uint8_t matched[3] = { map[0][old[0]], map[1][old[1]], map[2][old[2]] };
        bytes_of(picture->rgb + 3 * i, light);
        rs_lab_to_rgb(t, matched, color);
        blend_luminosity(color, light, picture->rgb + 3 * i);
    }
    return RS_OK;
}

rs_status rs_color_match(rs_arena *arena, const rs_image *target, rs_image *picture, rs_err *err)
{
    const rs_arena_mark mark = rs_arena_save(arena);
    const rs_status s = match(arena, target, picture, err);
    rs_arena_rewind(arena, mark);
    return s;
}
