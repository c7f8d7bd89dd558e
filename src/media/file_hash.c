/* libavutil's SHA: no library of its own for it. */
#include "media/file_hash.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <libavutil/mem.h>
#include <libavutil/sha.h>

#include "base/fs.h"

enum { BITS = 256, PIECE = 4 << 20 };

/* Where a .safetensors file's tensors begin: behind the header, whose size comes first. */
static size_t tensors_at(const rs_map *map, const char *path)
{
    uint64_t n = 0;
    for (size_t i = 8; map->size >= 8 && i-- > 0;)
        n = n << 8 | map->data[i];
    return strcmp(rs_path_ext(path), ".safetensors") == 0 && map->size >= 8 && n <= map->size - 8 ? 8 + n : 0;
}

static rs_status hash(const char *path, bool tensors, char hex[65], rs_err *err)
{
    uint8_t digest[BITS / 8];
    rs_map map;
    RS_TRY(rs_map_open(path, &map, err));
    struct AVSHA *sha = av_sha_alloc();
    if (!sha || av_sha_init(sha, BITS) != 0) {
        av_free(sha);
        rs_map_close(&map);
        return RS_FAIL(err, RS_E_NOMEM, "no memory to read '%s'", path);
    }
    for (size_t at = tensors ? tensors_at(&map, path) : 0; at < map.size; at += PIECE) {
        const size_t n = map.size - at < PIECE ? map.size - at : PIECE;
        av_sha_update(sha, map.data + at, n);
        rs_map_drop(map.data + at, n); /* or gigabytes would count as ours */
    }
    av_sha_final(sha, digest);
    av_free(sha);
    rs_map_close(&map);
    for (int i = 0; i < BITS / 8; i++)
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    return RS_OK;
}

rs_status rs_file_sha256(const char *path, char hex[65], rs_err *err)
{
    return hash(path, false, hex, err);
}

rs_status rs_tensors_sha256(const char *path, char hex[65], rs_err *err)
{
    return hash(path, true, hex, err);
}
