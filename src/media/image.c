/* Pictures in memory, and which reader a picture file goes to. */
#include "restyle/image.h"

#include <string.h>

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "media/av_in.h"
#include "media/png_io.h"
#include "media/still.h"
#include "media/webp_anim.h"

#define MAX_SIDE 32768

rs_status rs_image_alloc(rs_image *image, int width, int height, rs_err *err)
{
    if (width < 1 || height < 1 || width > MAX_SIDE || height > MAX_SIDE)
        return RS_FAIL(err, RS_E_RANGE, "picture size %dx%d, expected 1 to %d on each side", width,
                       height, MAX_SIDE);
    size_t n;
    float *rgb = NULL;
    if (rs_mul_size((size_t)width, (size_t)height, &n) && rs_mul_size(n, 3 * sizeof(float), &n))
        rgb = rs_alloc(n);
    if (!rgb)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for a picture of %dx%d", width, height);
    *image = (rs_image){ .width = width, .height = height, .rgb = rgb };
    return RS_OK;
}

void rs_image_release(rs_image *image)
{
    rs_free(image->rgb);
    rs_free(image->alpha);
    *image = (rs_image){ 0 };
}

rs_status rs_mask_alloc(rs_mask *mask, int width, int height, rs_err *err)
{
    if (width < 1 || height < 1 || width > MAX_SIDE || height > MAX_SIDE)
        return RS_FAIL(err, RS_E_RANGE, "mask size %dx%d, expected 1 to %d on each side", width, height,
                       MAX_SIDE);
    uint8_t *v = rs_alloc((size_t)width * (size_t)height);
    if (!v)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for a mask of %dx%d", width, height);
    *mask = (rs_mask){ width, height, v };
    return RS_OK;
}

void rs_mask_release(rs_mask *mask)
{
    rs_free(mask->v);
    *mask = (rs_mask){ 0 };
}

/* A decoder fills the missing rest of a cut JPEG with grey and calls it a day.
 * In coded data 0xff is followed by 0x00 or a restart number, so the last "end
 * of image" must stand behind the last "start of scan". */
static bool jpeg_is_whole(const rs_map *map)
{
    for (size_t i = map->size - 1; i > 0; i--) {
        if (map->data[i - 1] != 0xff)
            continue;
        if (map->data[i] == 0xd9)
            return true;
        if (map->data[i] == 0xda)
            return false;
    }
    return false;
}

rs_still_kind rs_still_probe(const uint8_t *data, size_t size)
{
    static const uint8_t png[8] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n' };
    if (size >= sizeof(png) && memcmp(data, png, sizeof(png)) == 0)
        return rs_png_is_animated(data, size) ? RS_STILL_NONE : RS_STILL_PNG;
    if (size >= 3 && data[0] == 0xff && data[1] == 0xd8 && data[2] == 0xff)
        return RS_STILL_JPEG;
    return rs_webp_is_animated(data, size) ? RS_STILL_WEBP_ANIM : RS_STILL_NONE;
}

static rs_status read_with_ffmpeg(const char *path, rs_image *image, rs_err *err)
{
    rs_av_in *in = NULL;
    rs_frame frame = { 0 };
    bool end;
    RS_TRY(rs_av_in_open(path, RS_DEINTERLACE_NEVER, NULL, NULL, &in, err));
    const rs_status s = rs_av_in_next(in, &frame, &end, err); /* open made sure of a frame */
    if (s == RS_OK)
        *image = frame.image;
    else
        rs_frame_release(&frame);
    rs_av_in_close(&in);
    return s;
}

static rs_status read_webp(const char *path, rs_image *image, rs_err *err)
{
    rs_webp_anim *in = NULL;
    rs_frame frame = { 0 };
    bool end;
    RS_TRY(rs_webp_anim_open(path, &in, err));
    const rs_status s = rs_webp_anim_next(in, &frame, &end, err);
    if (s == RS_OK)
        *image = frame.image;
    else
        rs_frame_release(&frame);
    rs_webp_anim_close(&in);
    return s;
}

static rs_status read_mapped(const char *path, const rs_map *map, rs_image *image, rs_err *err)
{
    if (map->size == 0)
        return RS_FAIL(err, RS_E_FORMAT, "'%s' is empty, expected a picture", path);
    switch (rs_still_probe(map->data, map->size)) {
    case RS_STILL_PNG: return rs_png_decode(map->data, map->size, path, image, err);
    case RS_STILL_WEBP_ANIM: return read_webp(path, image, err);
    case RS_STILL_JPEG:
        if (!jpeg_is_whole(map))
            return RS_FAIL(err, RS_E_CORRUPT, "'%s' is truncated: the JPEG ends in the middle",
                           path);
        break;
    case RS_STILL_NONE: break;
    }
    return read_with_ffmpeg(path, image, err);
}

rs_status rs_image_read(const char *path, rs_image *image, rs_err *err)
{
    rs_map map;
    RS_TRY(rs_map_open(path, &map, err));
    const rs_status s = read_mapped(path, &map, image, err);
    rs_map_close(&map);
    return s;
}

rs_status rs_image_write_png(const char *path, const rs_image *image, const char *text, rs_err *err)
{
    uint8_t *data = NULL;
    size_t size = 0;
    RS_TRY(rs_png_encode(image, &(rs_png_options){ .text = { text, NULL }, .bits = 8 }, &data, &size, err));
    const rs_status s = rs_write_file(path, data, size, err);
    rs_free(data);
    return s;
}
