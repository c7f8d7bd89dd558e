#include "job/reader.h"

#include "base/clock.h"

/* The decoded frame into another, whose picture's memory is used again. */
static rs_status fill(rs_reader *r, rs_frame *frame, rs_err *err)
{
    const rs_image image = frame->image;
    const rs_mask mask = frame->mask;
    *frame = r->decoded.frame;
    frame->image = image;
    frame->mask = mask;
    if (rs_job_folder_plan(r->folder, frame) != RS_FRAME_MAKE)
        return RS_OK;
    RS_TRY(rs_fitter_image(&r->fitter, &r->decoded.frame.image, &frame->image, err));
    return r->masks ? rs_fitter_mask(&r->fitter, &r->decoded.mask, &frame->image, &frame->mask, err) : RS_OK;
}

/* The frame behind r->decoded. */
static rs_status decode(rs_reader *r, rs_decoded *d, rs_err *err)
{
    const double t0 = rs_clock_now();
    RS_TRY(rs_source_next(r->source, &d->frame, &d->end, err));
    if (d->end)
        return RS_OK;
    rs_scenes_next(&r->scenes, &r->decoded.frame.image, &d->frame.image);
    d->frame.scene = r->scenes.scene;
    d->scene_score = r->scenes.threshold > 0 ? r->scenes.score : -1;
    if (r->masks)
        RS_TRY(rs_mask_source_next(r->masks, &d->frame, &d->mask, err));
    d->seconds = rs_clock_now() - t0;
    return RS_OK;
}

/* What goes wrong with the frame ahead is told when its turn comes. */
static rs_status advance(rs_reader *r, rs_err *err)
{
    const rs_decoded free = r->decoded;
    if (r->ahead_status != RS_OK)
        return r->ahead_status;
    r->decoded = r->ahead;
    r->ahead = free;
    if (r->decoded.end)
        return RS_OK;
    r->ahead_status = decode(r, &r->ahead, err);
    r->decoded.frame.scene_last = r->ahead_status == RS_OK &&
                                  (r->ahead.end || r->ahead.frame.scene != r->decoded.frame.scene);
    return RS_OK;
}

/* The next one that is not another shard's. */
static rs_status next(rs_reader *r, rs_err *err)
{
    do
        RS_TRY(advance(r, err));
    while (!r->decoded.end && rs_job_folder_plan(r->folder, &r->decoded.frame) == RS_FRAME_SKIP);
    return RS_OK;
}

static rs_status read_all(rs_reader *r, rs_err *err)
{
    rs_frame *frame;
    RS_TRY(decode(r, &r->ahead, err));
    while (rs_queue_pop(r->idle, &frame)) {
        rs_frame_event *event = &r->events[frame - r->frames];
        RS_TRY(next(r, err));
        if (r->decoded.end)
            return RS_OK;
        const double t0 = rs_clock_now();
        RS_TRY(fill(r, frame, err));
        *event = (rs_frame_event){ .decode = r->decoded.seconds, .scale = rs_clock_now() - t0,
                                   .scene_score = r->decoded.scene_score, .drift_source = -1,
                                   .drift_previous = -1 };
        rs_queue_push(r->ready, frame);
    }
    return RS_OK;
}

static void *reader_main(void *arg)
{
    rs_reader *r = arg;
    r->status = read_all(r, &r->err);
    rs_queue_close(r->ready);
    return NULL;
}

rs_status rs_reader_start(rs_reader *reader, rs_err *err)
{
    return rs_thread_start(&reader->thread, "reading", reader_main, reader, err);
}

void rs_reader_join(rs_reader *reader)
{
    rs_thread_join(&reader->thread);
    rs_decoded *const decoded[] = { &reader->decoded, &reader->ahead };
    for (int i = 0; i < 2; i++) {
        rs_frame_release(&decoded[i]->frame);
        rs_mask_release(&decoded[i]->mask);
    }
    rs_fitter_release(&reader->fitter);
}
