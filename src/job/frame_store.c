#include "job/frame_store.h"

#include <inttypes.h>

#include "base/arena.h"
#include "base/crc32.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "media/folder.h"
#include "media/png_io.h"

enum { TEXT_MAX = 1 << 24, LINE_MAX_LEN = 1 << 16 };

static rs_status no_memory(const char *path, rs_err *err)
{
    return RS_FAIL(err, RS_E_NOMEM, "no memory to read '%s'", path);
}

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

static rs_status read_text(const rs_map *map, const char *path, rs_strbuf *text, rs_err *err)
{
    rs_picture_text said = { 0 };
    rs_arena *arena = rs_arena_open(0);
    rs_status s = arena ? rs_png_text(arena, map->data, map->size, path, &said, err) : no_memory(path, err);
    rs_strbuf_release(text);
    rs_strbuf_init(text, TEXT_MAX);
    rs_strbuf_puts(text, said.parameters ? said.parameters : "");
    if (s == RS_OK && text->failed)
        s = no_memory(path, err);
    rs_arena_close(&arena);
    return s;
}

rs_status rs_frame_store_read(const char *path, rs_image *image, rs_strbuf *text, rs_err *err)
{
    rs_map map;
    rs_image kept = { 0 };
    RS_TRY(rs_map_open(path, &map, err));
    rs_status s = text ? read_text(&map, path, text, err) : RS_OK;
    if (s == RS_OK)
        s = rs_png_decode_as_is(map.data, map.size, path, &kept, err);
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

/* A line for each: name, size, checksum. */
static rs_status add_file(rs_arena *arena, const char *folder, const char *name, int64_t *size,
                          uint32_t *crc, rs_err *err)
{
    int64_t n;
    uint32_t c;
    rs_strbuf line;
    const char *path = rs_path_join(arena, folder, name);
    if (!path)
        return no_memory(folder, err);
    RS_TRY(rs_frame_store_sum(path, &n, &c, err));
    rs_strbuf_init(&line, LINE_MAX_LEN);
    rs_strbuf_printf(&line, "%s %" PRId64 " %08" PRIx32 "\n", name, n, c);
    *size += n;
    *crc = rs_crc32(*crc, rs_strbuf_str(&line), line.len);
    const bool failed = line.failed;
    rs_strbuf_release(&line);
    return failed ? no_memory(path, err) : RS_OK;
}

static rs_status sum_folder(rs_arena *arena, const char *path, int64_t *size, uint32_t *crc, rs_err *err)
{
    rs_folder list;
    RS_TRY(rs_folder_list(arena, path, true, &list, err));
    *size = 0;
    *crc = 0;
    for (size_t i = 0; i < list.n; i++)
        RS_TRY(add_file(arena, path, list.entries[i].name, size, crc, err));
    return RS_OK;
}

rs_status rs_frame_store_sum_output(const char *path, int64_t *size, uint32_t *crc, rs_err *err)
{
    if (!rs_is_dir(path))
        return rs_frame_store_sum(path, size, crc, err);
    rs_arena *arena = rs_arena_open(0);
    const rs_status s = arena ? sum_folder(arena, path, size, crc, err) : no_memory(path, err);
    rs_arena_close(&arena);
    return s;
}
