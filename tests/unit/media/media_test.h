/* What the media tests share: golden files, picture comparison, patched copies. */
#ifndef RS_TESTS_MEDIA_TEST_H
#define RS_TESTS_MEDIA_TEST_H

#include "base/compiler.h"
#include "restyle/image.h"
#include "tests/lib/test.h"
#include "tests/lib/tmpdir.h"

#define GOLDEN(name) RS_SOURCE_DIR "/tests/golden/media/" name
#define CLIP RS_SOURCE_DIR "/samples/clip.mp4"

/* "folder of this test/name" in one of a few rotating buffers. */
static RS_UNUSED const char *tmp(const char *name)
{
    static char buf[8][1024];
    static int i;
    i = (i + 1) % 8;
    return tmpdir_path(buf[i], sizeof(buf[i]), name);
}

static RS_UNUSED unsigned char *slurp(const char *path, size_t *size)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        TEST_FAIL("cannot open %s", path);
    fseek(f, 0, SEEK_END);
    const long n = ftell(f);
    rewind(f);
    unsigned char *data = malloc((size_t)n + 1);
    if (!data || fread(data, 1, (size_t)n, f) != (size_t)n)
        TEST_FAIL("cannot read %s", path);
    fclose(f);
    *size = (size_t)n;
    return data;
}

static RS_UNUSED int exists(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (f)
        fclose(f);
    return f != NULL;
}

/* Root mean square and largest difference in steps of 1/255. */
static RS_UNUSED void compare(const rs_image *a, const rs_image *b, double *rms, double *max)
{
    CHECK_INT(a->width, b->width);
    CHECK_INT(a->height, b->height);
    const size_t n = (size_t)a->width * (size_t)a->height * 3;
    double sum = 0, top = 0;
    for (size_t i = 0; i < n; i++) {
        const double d = fabs((double)a->rgb[i] - (double)b->rgb[i]) * 255.0;
        CHECK(isfinite(d));
        sum += d * d;
        top = d > top ? d : top;
    }
    *rms = sqrt(sum / (double)n);
    *max = top;
}

/* A smooth coloured picture that differs with t. */
static RS_UNUSED void paint(rs_image *im, int t)
{
    for (int y = 0; y < im->height; y++) {
        for (int x = 0; x < im->width; x++) {
            float *p = im->rgb + ((size_t)y * (size_t)im->width + (size_t)x) * 3;
            p[0] = (float)(x + 2 * t) / (float)(im->width + 64);
            p[1] = (float)y / (float)im->height;
            p[2] = 0.5f + 0.4f * sinf((float)(x + y + t) / 16.0f);
        }
    }
}

#endif
