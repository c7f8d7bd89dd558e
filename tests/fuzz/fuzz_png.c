/* Any bytes as a PNG: a picture of a sane size or an error with a text. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "media/png_io.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Larger ones are only slow. */
static int is_large(const uint8_t *data, size_t size)
{
    return size >= 24 &&
           (data[16] | data[17] | data[20] | data[21] | (data[18] & 0xf8) | (data[22] & 0xf8));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rs_err err = { 0 };
    rs_image im = { 0 }, again = { 0 };
    rs_png_is_animated(data, size);
    if (is_large(data, size))
        return 0;
    if (rs_png_decode(data, size, "f", &im, &err) != RS_OK) {
        if (!err.msg[0] || im.rgb)
            abort();
        return 0;
    }
    /* What can be read can be written, and comes back the same size. */
    uint8_t *png = NULL;
    size_t n;
    const rs_png_options o = { .text = { "text", NULL }, .bits = size & 1 ? 8 : 16, .alpha = true,
                               .fast = size & 2 };
    if (rs_png_encode(&im, &o, &png, &n, &err) != RS_OK ||
        rs_png_decode_as_is(png, n, "f", &again, &err) != RS_OK || again.width != im.width ||
        again.height != im.height || !again.alpha != !im.alpha)
        abort();
    rs_free(png);
    rs_image_release(&im);
    rs_image_release(&again);
    return 0;
}

#include "tests/lib/fuzz.h"
