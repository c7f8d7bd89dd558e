#include "job/batch_run.h"

#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "job/picture_grid.h"
#include "pipe/batch_names.h"

struct batch {
    rs_frame_maker *maker;
    const rs_pipeline_spec *spec;
    const rs_frame *frame;
    rs_batch_deliver *deliver;
    void *cookie;
    rs_image outs[RS_BATCH_MAX_SIZE];
    rs_image *kept; /* [pictures]; NULL: no grid */
};

static rs_status copy(const rs_image *from, rs_image *to, rs_err *err)
{
    RS_TRY(rs_image_alloc(to, from->width, from->height, err));
    memcpy(to->rgb, from->rgb, (size_t)from->width * (size_t)from->height * 3 * sizeof(float));
    return RS_OK;
}

static void params_of(const struct batch *b, int i, rs_img2img_params *p)
{
    rs_batch_picture(b->spec, i, p);
    p->latent_size = rs_frame_maker_latent(b->maker, b->frame);
}

/* Pictures i to i + n - 1. */
static rs_status run_some(struct batch *b, int i, int n, const rs_progress *progress, rs_err *err)
{
    rs_stages_input in = rs_frame_maker_input(b->maker, b->frame, &b->frame->image);
    rs_img2img_params p;
    in.box = NULL; /* a still's */
    params_of(b, i, &p);
    RS_TRY(rs_stages_run(b->maker->stages, &p, &in, n, b->outs, progress, err));
    for (int k = 0; k < n; k++) {
        params_of(b, i + k, &p);
        if (b->kept)
            RS_TRY(copy(&b->outs[k], &b->kept[i + k], err));
        RS_TRY(b->deliver(b->cookie, i + k, &p, &b->outs[k], err));
    }
    return RS_OK;
}

static rs_status deliver_grid(struct batch *b, rs_err *err)
{
    const int n = rs_batch_pictures(&b->spec->batch);
    rs_img2img_params p;
    rs_image grid = { 0 };
    params_of(b, 0, &p);
    rs_status s = rs_picture_grid(&b->spec->batch, b->kept, &grid, err);
    if (s == RS_OK)
        s = b->deliver(b->cookie, n, &p, &grid, err);
    rs_image_release(&grid);
    return s;
}

static rs_status run(struct batch *b, const rs_progress *progress, rs_err *err)
{
    const int n = rs_batch_pictures(&b->spec->batch), each = rs_stages_together(b->spec);
    for (int i = 0; i < n; i += each)
        RS_TRY(run_some(b, i, each, progress, err));
    return b->kept ? deliver_grid(b, err) : RS_OK;
}

rs_status rs_batch_run(rs_frame_maker *maker, const rs_frame *frame, rs_batch_deliver *deliver,
                       void *cookie, const rs_progress *progress, rs_err *err)
{
    struct batch b = { .maker = maker, .spec = maker->spec, .frame = frame, .deliver = deliver,
                       .cookie = cookie };
    const int n = rs_batch_pictures(&b.spec->batch);
    if (b.spec->batch.grid && !(b.kept = rs_calloc((size_t)n * sizeof(rs_image))))
        return RS_FAIL(err, RS_E_NOMEM, "no memory for a grid of %d pictures", n);
    const rs_status s = run(&b, progress, err);
    for (int i = 0; i < RS_BATCH_MAX_SIZE; i++)
        rs_image_release(&b.outs[i]);
    for (int i = 0; b.kept && i < n; i++)
        rs_image_release(&b.kept[i]);
    rs_free(b.kept);
    return s;
}
