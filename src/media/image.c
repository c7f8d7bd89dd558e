/* Pictures in memory, and which reader a picture file goes to. */
#include "restyle/image.h"

#include <string.h>

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "media/av_in.h"
#include "media/png_io.h"
#include "media/still.h"

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
    *image = (rs_image){ 0 };
}

static bool is_png(const rs_map *map)
{
    static const uint8_t magic[8] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n' };
    return map->size >= sizeof(magic) && memcmp(map->data, magic, sizeof(magic)) == 0;
}

static bool is_jpeg(const rs_map *map)
{
    return map->size >= 3 && map->data[0] == 0xff && map->data[1] == 0xd8 && map->data[2] == 0xff;
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

rs_still_kind rs_still_probe(const char *path)
{
    rs_map map;
    if (rs_map_open(path, &map, NULL) != RS_OK)
        return RS_STILL_NONE;
    rs_still_kind kind = RS_STILL_NONE;
    if (is_png(&map))
        kind = rs_png_is_animated(map.data, map.size) ? RS_STILL_NONE : RS_STILL_PNG;
    else if (is_jpeg(&map))
        kind = RS_STILL_JPEG;
    rs_map_close(&map);
    return kind;
}

static rs_status read_any(const char *path, rs_image *image, rs_err *err)
{
    rs_av_in *in = NULL;
    bool end;
    RS_TRY(rs_av_in_open(path, NULL, &in, err));
    rs_frame frame = { 0 };
    rs_status s = rs_av_in_next(in, &frame, &end, err);
    if (s == RS_OK && end)
        s = RS_FAIL(err, RS_E_FORMAT, "'%s' has no picture", path);
    if (s == RS_OK)
        *image = frame.image;
    else
        rs_frame_release(&frame);
    rs_av_in_close(&in);
    return s;
}

rs_status rs_image_read(const char *path, rs_image *image, rs_err *err)
{
    rs_map map;
    RS_TRY(rs_map_open(path, &map, err));
    rs_status s;
    if (map.size == 0)
        s = RS_FAIL(err, RS_E_FORMAT, "'%s' is empty, expected a picture", path);
    else if (is_png(&map))
        s = rs_png_decode(map.data, map.size, path, image, err);
    else if (is_jpeg(&map) && !jpeg_is_whole(&map))
        s = RS_FAIL(err, RS_E_CORRUPT, "'%s' is truncated: the JPEG ends in the middle", path);
    else
        s = read_any(path, image, err);
    rs_map_close(&map);
    return s;
}

rs_status rs_image_write_png(const char *path, const rs_image *image, const char *text, rs_err *err)
{
    uint8_t *data = NULL;
    size_t size = 0;
    RS_TRY(rs_png_encode(image, text, &data, &size, err));
    const rs_status s = rs_write_file(path, data, size, err);
    rs_free(data);
    return s;
}
