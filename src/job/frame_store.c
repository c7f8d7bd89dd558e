#include "job/frame_store.h"

#include "base/crc32.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "media/png_io.h"

rs_status rs_frame_store_write(const char *path, rs_image *image, int bits, const char *text,
                               int64_t *size, uint32_t *crc, rs_err *err)
{
    uint8_t *data = NULL;
    size_t n = 0;
    rs_image kept = { 0 };
    const rs_png_options o = { .text = { text, NULL }, .bits = bits, .alpha = true, .fast = true };
    RS_TRY(rs_png_encode(image, &o, &data, &n, err));
    rs_status s = rs_write_file(path, data, n, err);
    if (s == RS_OK)
        s = rs_png_decode_as_is(data, n, path, &kept, err);
    if (s == RS_OK) {
        rs_image_release(image);
        *image = kept;
        *size = (int64_t)n;
        *crc = rs_crc32(0, data, n);
    }
    rs_free(data);
    return s;
}

rs_status rs_frame_store_read(const char *path, rs_image *image, rs_err *err)
{
    rs_map map;
    rs_image kept = { 0 };
    RS_TRY(rs_map_open(path, &map, err));
    const rs_status s = rs_png_decode_as_is(map.data, map.size, path, &kept, err);
    rs_map_close(&map);
    if (s == RS_OK) {
        rs_image_release(image);
        *image = kept;
    }
    return s;
}

rs_status rs_frame_store_sum(const char *path, int64_t *size, uint32_t *crc, rs_err *err)
{
    enum { PIECE = 1 << 20 };
    rs_map map;
    uint32_t sum = 0;
    RS_TRY(rs_map_open(path, &map, err));
    for (size_t at = 0; at < map.size; at += PIECE) {
        const size_t n = rs_least(map.size - at, PIECE);
        sum = rs_crc32(sum, map.data + at, n);
        rs_map_drop(map.data + at, n);
    }
    *size = (int64_t)map.size;
    *crc = sum;
    rs_map_close(&map);
    return RS_OK;
}
