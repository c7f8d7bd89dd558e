#include "job/writer.h"

static rs_status write_all(rs_writer *w, rs_err *err)
{
    rs_frame *frame;
    while (rs_queue_pop(w->done, &frame)) {
        RS_TRY(rs_sink_write(w->sink, frame, err));
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
