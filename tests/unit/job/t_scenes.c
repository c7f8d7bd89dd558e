/* Cuts between scenes; tests/cli/scenes.sh compares the scores with FFmpeg's. */
#include "job/scenes.h"
#include "tests/lib/test.h"

static rs_err err;

/* A picture of one value, as the next frame behind *last, which it becomes; its score. */
static double score(rs_scenes *s, rs_image *last, int width, float value)
{
    rs_image im = { 0 };
    CHECK_OK(rs_image_alloc(&im, width, 3, &err));
    for (int i = 0; i < width * 9; i++)
        im.rgb[i] = value;
    rs_scenes_next(s, last, &im);
    rs_image_release(last);
    *last = im;
    return s->score;
}

static void cuts(void)
{
    rs_scenes s = { .threshold = 0.5f };
    rs_image last = { 0 };
    const double unit = 2.55;
    CHECK(score(&s, &last, 4, 0.1f) == 0); /* there is nothing before it */
    CHECK_NEAR(score(&s, &last, 4, 0.2f), 0.1 * unit, 1e-7);
    CHECK_NEAR(score(&s, &last, 4, 0.3f), 0, 1e-7); /* as fast as before */
    CHECK_INT(s.scene, 0);
    CHECK_NEAR(score(&s, &last, 4, 0.6f), 0.2 * unit, 1e-6); /* 0.3, where it was 0.1 */
    CHECK_INT(s.scene, 1);
    CHECK_NEAR(score(&s, &last, 4, 0.6f), 0, 1e-7); /* the smaller one: nothing moves */
    CHECK_INT(s.scene, 1);
    CHECK(score(&s, &last, 4, 0.0f) == 1); /* of more than 1 */
    CHECK_INT(s.scene, 2);
    CHECK(score(&s, &last, 5, 0.0f) == 1);
    CHECK_INT(s.scene, 3);
    rs_image_release(&last);
}

static void no_threshold(void)
{
    rs_scenes s = { 0 };
    rs_image last = { 0 };
    score(&s, &last, 4, 0);
    score(&s, &last, 4, 1);
    CHECK_INT(s.scene, 0);
    CHECK(s.score == 0 && s.difference == 0); /* nobody has looked */
    rs_image_release(&last);
}

int main(void)
{
    TEST_RUN(cuts);
    TEST_RUN(no_threshold);
    return 0;
}
