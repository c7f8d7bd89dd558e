/* Any bytes as a network over the tiny model: no crash, and what is accepted can be merged.
 * Needs tests/golden of the sources. */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "weights/networks.h"
#include "weights/part_tensors.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct merge {
    rs_arena *arena;
    const rs_bundle *bundle;
    rs_part part;
};

static void merge(void *cookie, const char *name, int rank, const int64_t *shape)
{
    const struct merge *m = cookie;
    rs_err err = { 0 };
    const float *values;
    if (rs_bundle_f32(m->arena, m->bundle, m->part, name, rank, shape, &values, &err) != RS_OK && !err.msg[0])
        abort();
}

static void use(rs_arena *arena, rs_bundle *bundle, rs_pool *pool, const char *path)
{
    const rs_lora file = { .path = path, .weight = 0.5f, .te = RS_LORA_WEIGHT, .unet = RS_LORA_WEIGHT };
    rs_networks *networks = NULL;
    rs_err err = { 0 };
    if (rs_networks_open(arena, bundle, &file, 1, pool, &networks, &err) == RS_OK) {
        struct merge m = { .arena = arena, .bundle = bundle };
        rs_bundle_use_networks(bundle, networks);
        for (m.part = RS_PART_TEXT; m.part <= RS_PART_UNET; m.part++)
            rs_part_tensors(bundle, m.part, merge, &m);
    } else if (!err.msg[0]) {
        abort();
    }
    rs_networks_close(&networks);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    rs_bundle *bundle = NULL;
    rs_pool *pool = NULL;
    rs_arena *arena = rs_arena_open(1 << 20);
    const int fd = memfd_create("network", MFD_CLOEXEC);
    if (!arena || fd < 0 || write(fd, data, size) != (ssize_t)size ||
        rs_pool_open(1, &pool, NULL) != RS_OK ||
        rs_bundle_open(arena, RS_SOURCE_DIR "/tests/golden/tiny", NULL, &bundle, NULL) != RS_OK)
        abort();
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    use(arena, bundle, pool, path);
    rs_bundle_close(&bundle);
    rs_pool_close(&pool);
    rs_arena_close(&arena);
    close(fd);
    return 0;
}

#include "tests/lib/fuzz.h"
