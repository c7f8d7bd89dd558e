/* A picture that is the same in every test and in every place another. */
#ifndef RS_TESTS_TEST_IMAGE_H
#define RS_TESTS_TEST_IMAGE_H

#include "restyle/image.h"
#include "tests/lib/test.h"

static inline rs_image test_image(int width, int height)
{
    rs_err err = { 0 };
    rs_image im = { 0 };
    CHECK_OK(rs_image_alloc(&im, width, height, &err));
    for (int i = 0; i < width * height * 3; i++)
        im.rgb[i] = (float)((i * 37 + i / 7 * 11) % 256) / 255.0f;
    return im;
}

#endif
