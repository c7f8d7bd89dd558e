#include "job/scenes.h"

#include <math.h>
#include <stddef.h>

/* FFmpeg takes the difference of values up to 255, and 100 of them for all there can be. */
#define FFMPEG_RANGE (255.0 / 100.0)

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
    return sum / ((double)row * a->height);
}

static double score(rs_scenes *s, const rs_image *before, const rs_image *image)
{
    if (before->width != image->width || before->height != image->height)
        return 1;
    const double now = mean_difference(image, before) * FFMPEG_RANGE;
    const double change = fabs(now - s->difference);
    s->difference = now;
    return fmin(fmin(now, change), 1);
}

void rs_scenes_next(rs_scenes *s, const rs_image *before, const rs_image *image)
{
    if (!(s->threshold > 0))
        return;
    s->score = before->rgb ? score(s, before, image) : 0;
    s->scene += s->score >= (double)s->threshold;
}
