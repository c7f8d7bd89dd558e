/* The file is this machine's memory: a struct, then the picture's floats. */
#include "job/chain.h"

#include <string.h>

#include "base/crc32.h"
#include "base/fs.h"
#include "base/mem.h"

struct chain_head {
    char magic[8];
    int64_t index;
    int32_t width, height; /* of the picture; zeros: none */
    rs_inpaint_box box;
};
static const char magic[8] = "RSCHAIN"; /* with its zero */

static size_t picture_bytes(int width, int height)
{
    return (size_t)width * (size_t)height * 3 * sizeof(float); /* an image of that size exists */
}

rs_status rs_chain_write(const char *path, const rs_chain *chain, int64_t index, uint32_t *crc, rs_err *err)
{
    const rs_image *im = &chain->previous;
    const size_t pixels = im->rgb ? picture_bytes(im->width, im->height) : 0;
    struct chain_head head;
    memset(&head, 0, sizeof(head)); /* padding is written, too */
    memcpy(head.magic, magic, sizeof(magic));
    head.index = index;
    head.width = im->rgb ? im->width : 0;
    head.height = im->rgb ? im->height : 0;
    head.box = chain->box;
    uint8_t *data = rs_alloc(sizeof(head) + pixels);
    if (!data)
        return RS_FAIL(err, RS_E_NOMEM, "no memory to write '%s'", path);
    memcpy(data, &head, sizeof(head));
    if (pixels)
        memcpy(data + sizeof(head), im->rgb, pixels);
    const rs_status s = rs_write_file(path, data, sizeof(head) + pixels, err);
    if (s == RS_OK)
        *crc = rs_crc32(0, data, sizeof(head) + pixels);
    rs_free(data);
    return s;
}

static rs_status parse(const rs_map *map, const char *path, int64_t index, uint32_t crc, rs_chain *chain,
                       rs_err *err)
{
    struct chain_head h = { .width = 0 };
    rs_image im = { 0 };
    if (map->size >= sizeof(h))
        memcpy(&h, map->data, sizeof(h));
    if (map->size < sizeof(h) || memcmp(h.magic, magic, sizeof(magic)) != 0 || h.index != index ||
        rs_crc32(0, map->data, map->size) != crc)
        return RS_FAIL(err, RS_E_CORRUPT, "'%s' does not belong to frame %lld", path, (long long)index + 1);
    if (h.width || h.height) {
        RS_TRY(rs_image_alloc(&im, h.width, h.height, err));
        const size_t pixels = picture_bytes(h.width, h.height);
        if (map->size != sizeof(h) + pixels) {
            rs_image_release(&im);
            return RS_FAIL(err, RS_E_CORRUPT, "'%s' has not the size it states", path);
        }
        memcpy(im.rgb, map->data + sizeof(h), pixels);
    }
    rs_image_release(&chain->previous);
    *chain = (rs_chain){ .previous = im, .box = h.box };
    return RS_OK;
}

rs_status rs_chain_read(const char *path, int64_t index, uint32_t crc, rs_chain *chain, rs_err *err)
{
    rs_map map;
    RS_TRY(rs_map_open(path, &map, err));
    const rs_status s = parse(&map, path, index, crc, chain, err);
    rs_map_close(&map);
    return s;
}

rs_status rs_chain_copy(rs_chain *to, const rs_chain *from, rs_err *err)
{
    const rs_image *im = &from->previous;
    to->box = from->box;
    if (!im->rgb)
        return RS_OK;
    if (!to->previous.rgb || to->previous.width != im->width || to->previous.height != im->height) {
        rs_image_release(&to->previous);
        RS_TRY(rs_image_alloc(&to->previous, im->width, im->height, err));
    }
    memcpy(to->previous.rgb, im->rgb, picture_bytes(im->width, im->height));
    return RS_OK;
}
