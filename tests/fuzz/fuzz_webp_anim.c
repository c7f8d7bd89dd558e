/* Any bytes as an animated WebP: frames of the canvas's size at times that grow, or an error with a
 * text. */
#define _POSIX_C_SOURCE 200809L
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "media/webp_anim.h"

enum { MAX_FRAMES = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A larger canvas is only slow. */
static int is_large(const uint8_t *d, size_t n)
{
    return n >= 30 && (d[25] || d[26] || d[28] || d[29]);
}

static void read_all(rs_webp_anim *anim)
{
    rs_frame f = { 0 };
    rs_err err = { 0 };
    bool end = false;
    int64_t last = -1;
    for (int i = 0; i < MAX_FRAMES; i++) {
        const rs_status s = rs_webp_anim_next(anim, &f, &end, &err);
        if (s != RS_OK && !err.msg[0])
            abort();
        if (s != RS_OK || end)
            break;
        const rs_source_info *info = rs_webp_anim_info(anim);
        if (f.image.width != info->width || f.image.height != info->height || f.index != i || f.pts <= last ||
            f.duration <= 0)
            abort();
        last = f.pts;
    }
    rs_frame_release(&f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[] = "/tmp/fuzz_webp_XXXXXX";
    rs_err err = { 0 };
    rs_webp_anim *anim = NULL;
    if (!rs_webp_is_animated(data, size) || is_large(data, size))
        return 0;
    const int fd = mkstemp(path);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size || close(fd) != 0)
        abort();
    if (rs_webp_anim_open(path, &anim, &err) == RS_OK)
        read_all(anim);
    else if (!err.msg[0])
        abort();
    rs_webp_anim_close(&anim);
    unlink(path);
    return 0;
}

#include "tests/lib/fuzz.h"
