#include "job/reader.h"

#include "base/clock.h"

/* The decoded frame into another, whose picture's memory is used again. */
static rs_status fill(rs_reader *r, rs_frame *frame, rs_err *err)
{
    const rs_image image = frame->image;
    const rs_mask mask = frame->mask;
    *frame = r->decoded;
    frame->image = image;
    frame->mask = mask;
    if (rs_job_folder_plan(r->folder, frame->index) != RS_FRAME_MAKE)
        return RS_OK;
    RS_TRY(rs_fitter_image(&r->fitter, &r->decoded.image, &frame->image, err));
    return r->masks ? rs_fitter_mask(&r->fitter, &r->mask, &frame->image, &frame->mask, err) : RS_OK;
}

/* The next one that is not another shard's. */
static rs_status next(rs_reader *r, bool *end, rs_err *err)
{
    do {
        RS_TRY(rs_source_next(r->source, &r->decoded, end, err));
        if (!*end && r->masks)
            RS_TRY(rs_mask_source_next(r->masks, &r->decoded, &r->mask, err));
    } while (!*end && rs_job_folder_plan(r->folder, r->decoded.index) == RS_FRAME_SKIP);
    return RS_OK;
}

static rs_status read_all(rs_reader *r, rs_err *err)
{
    rs_frame *frame;
    while (rs_queue_pop(r->idle, &frame)) {
        rs_frame_event *event = &r->events[frame - r->frames];
        bool end = false;
        const double t0 = rs_clock_now();
        RS_TRY(next(r, &end, err));
        if (end)
            return RS_OK;
        const double t1 = rs_clock_now();
        RS_TRY(fill(r, frame, err));
        *event = (rs_frame_event){ .decode = t1 - t0, .scale = rs_clock_now() - t1, .drift_source = -1,
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
    rs_frame_release(&reader->decoded);
    rs_mask_release(&reader->mask);
    rs_fitter_release(&reader->fitter);
}
