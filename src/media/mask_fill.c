/* The unmasked part, blurred more and more weakly, each laid over the ones before:
 * far from the mask's border only the widest blur reaches. Pillow's arithmetic, on
 * RGBA of 8 bits, premultiplied ("RGBa") for blurring. */
#include "media/mask_fill.h"

#include <string.h>

#include "base/mem.h"
#include "media/box_blur.h"
#include "media/convert.h"

/* v / 255, rounded, of products of bytes */
static uint32_t div255(uint32_t v)
{
    v += 128;
    return ((v >> 8) + v) >> 8;
}

static void to_premultiplied(uint8_t *out, const rs_image *image, const rs_mask *mask)
{
    const size_t n = (size_t)image->width * (size_t)image->height;
    for (size_t i = 0; i < n; i++) {
        uint8_t px[3];
        const uint32_t keep = 255u - mask->v[i];
        rs_floats_to_u8(px, image->rgb + 3 * i, 3);
        for (int c = 0; c < 3; c++)
            out[4 * i + (size_t)c] = (uint8_t)div255(px[c] * keep);
        out[4 * i + 3] = (uint8_t)keep;
    }
}

static void from_premultiplied(uint8_t *px)
{
    const uint32_t a = px[3];
    for (int c = 0; c < 3 && a != 0 && a != 255; c++) {
        const uint32_t v = 255u * px[c] / a;
        px[c] = (uint8_t)(v < 255 ? v : 255);
    }
}

/* src over dst, both straight RGBA (AlphaComposite.c of libImaging). */
static void lay_over(uint8_t *dst, const uint8_t *src)
{
    if (src[3] == 0)
        return;
    const uint32_t blend = dst[3] * (255u - src[3]), a = src[3] * 255u + blend;
    const uint32_t share = src[3] * 255u * 255u * 128u / a, rest = 255u * 128u - share;
    for (int c = 0; c < 3; c++) {
        const uint32_t v = src[c] * share + dst[c] * rest + (0x80u << 7);
        dst[c] = (uint8_t)((((v >> 8) + v) >> 8) >> 7);
    }
    dst[3] = (uint8_t)div255(a);
}

static rs_status add_blurred(uint8_t *sum, uint8_t *blurred, const uint8_t *masked, const rs_image *image,
                             float radius, int repeats, rs_err *err)
{
    const size_t n = (size_t)image->width * (size_t)image->height;
    memcpy(blurred, masked, 4 * n);
    RS_TRY(rs_gaussian_u8(blurred, image->width, image->height, 4, radius, err));
    for (size_t i = 0; i < n; i++) {
        from_premultiplied(blurred + 4 * i);
        for (int k = 0; k < repeats; k++)
            lay_over(sum + 4 * i, blurred + 4 * i);
    }
    return RS_OK;
}

rs_status rs_mask_fill(rs_image *image, const rs_mask *mask, rs_err *err)
{
    static const struct { float radius; int repeats; } layers[] = { { 256, 1 }, { 64, 1 }, { 16, 2 },
                                                                    { 4, 4 },   { 2, 2 },  { 0, 1 } };
    const size_t n = (size_t)image->width * (size_t)image->height;
    RS_BUG_IF(mask->width != image->width || mask->height != image->height);
    uint8_t *room = rs_calloc(12 * n);
    if (!room)
        return RS_FAIL(err, RS_E_NOMEM, "no memory to fill what a mask covers");
    uint8_t *sum = room, *masked = room + 4 * n, *blurred = room + 8 * n;
    rs_status s = RS_OK;
    to_premultiplied(masked, image, mask);
    for (size_t i = 0; s == RS_OK && i < sizeof(layers) / sizeof(layers[0]); i++)
        s = add_blurred(sum, blurred, masked, image, layers[i].radius, layers[i].repeats, err);
    for (size_t i = 0; s == RS_OK && i < n; i++)
        for (size_t c = 0; mask->v[i] && c < 3; c++)
            image->rgb[3 * i + c] = (float)sum[4 * i + c] / 255.0f;
    rs_free(room);
    return s;
}
