#include "job/scenes.h"

#include <math.h>
#include <string.h>

#include "base/err.h"

/* FFmpeg takes the difference of values up to 255, and 100 of them for all there can be. */
#define FFMPEG_RANGE (255.0 / 100.0)

static size_t n_values(const rs_image *image)
{
    return (size_t)image->width * (size_t)image->height * 3;
}

/* Row by row: long sums of floats would lose the small ones. */
static double mean_difference(const rs_image *a, const rs_image *b)
{
    const size_t row = (size_t)a->width * 3;
    double sum = 0;
    for (size_t y = 0; y < (size_t)a->height; y++) {
        const float *p = a->rgb + y * row, *q = b->rgb + y * row;
        float part = 0;
        for (size_t i = 0; i < row; i++)
            part += fabsf(p[i] - q[i]);
        sum += (double)part;
    }
    return sum / (double)n_values(a);
}

static double score(rs_scenes *s, const rs_image *image)
{
    if (s->previous.width != image->width || s->previous.height != image->height)
        return 1;
    const double now = mean_difference(image, &s->previous) * FFMPEG_RANGE;
    const double change = fabs(now - s->difference);
    s->difference = now;
    return fmin(fmin(now, change), 1);
}

static rs_status remember(rs_scenes *s, const rs_image *image, rs_err *err)
{
    rs_image *p = &s->previous;
    if (p->width != image->width || p->height != image->height) {
        rs_image_release(p);
        RS_TRY(rs_image_alloc(p, image->width, image->height, err));
    }
    memcpy(p->rgb, image->rgb, n_values(image) * sizeof(float));
    return RS_OK;
}

rs_status rs_scenes_next(rs_scenes *s, const rs_image *image, rs_err *err)
{
    if (!(s->threshold > 0))
        return RS_OK;
    s->score = s->previous.rgb ? score(s, image) : 0;
    s->scene += s->score >= (double)s->threshold;
    return remember(s, image, err);
}

void rs_scenes_release(rs_scenes *s)
{
    rs_image_release(&s->previous);
}
