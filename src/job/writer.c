#include "job/writer.h"

#include "base/clock.h"

/* The sink gets what the folder keeps of a frame, unless its own pictures are what is kept. */
static rs_status write_one(rs_writer *w, rs_frame *frame, rs_err *err)
{
    const rs_made_frame *made = &w->made[frame - w->frames];
    rs_job_folder *f = w->folder;
    const bool keep = f->arena && !made->fetched;
    if (f->in_place) {
        if (!made->fetched)
            RS_TRY(rs_sink_write(w->sink, frame, err));
        return keep ? rs_job_folder_keep(f, frame, made, 0, err) : RS_OK;
    }
    if (keep)
        RS_TRY(rs_job_folder_keep(f, frame, made, rs_sink_bits(w->sink, frame), err));
    return atomic_load(&w->keep_only) ? RS_OK : rs_sink_write(w->sink, frame, err);
}

/* What an earlier run has made it has told, too. */
static rs_status tell(rs_writer *w, const rs_frame *frame, double seconds, rs_err *err)
{
    const ptrdiff_t slot = frame - w->frames;
    if (!w->log || w->made[slot].fetched)
        return RS_OK;
    return rs_event_log_write(w->log, frame, &w->events[slot], seconds, err);
}

static rs_status write_all(rs_writer *w, rs_err *err)
{
    rs_frame *frame;
    while (rs_queue_pop(w->done, &frame)) {
        const double t0 = rs_clock_now();
        RS_TRY(write_one(w, frame, err));
        RS_TRY(tell(w, frame, rs_clock_now() - t0, err));
        w->n_written++;
        rs_queue_push(w->idle, frame);
    }
    return RS_OK;
}

static void *writer_main(void *arg)
{
    rs_writer *w = arg;
    w->status = write_all(w, &w->err);
    if (w->status != RS_OK) {
        atomic_store(&w->failed, true);
        rs_queue_cancel(w->done); /* nobody pops any more */
        rs_queue_cancel(w->idle);
    }
    return NULL;
}

rs_status rs_writer_start(rs_writer *writer, rs_err *err)
{
    return rs_thread_start(&writer->thread, "writing", writer_main, writer, err);
}

void rs_writer_join(rs_writer *writer)
{
    rs_thread_join(&writer->thread);
}
