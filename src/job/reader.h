/* The thread that decodes and scales, ahead of the frame in the making. */
#ifndef RS_JOB_READER_H
#define RS_JOB_READER_H

#include "job/frame_event.h"
#include "job/job_folder.h"
#include "job/queue.h"
#include "job/thread.h"
#include "media/mask_source.h"
#include "restyle/pipeline.h"
#include "restyle/size.h"

/* The size that a frame gets. */
typedef struct rs_fit {
    rs_size size;     /* zeros: the frame's own times scale, rounded to the nearest multiple */
    bool exact;       /* or, with this, the frame's own */
    float scale;      /* 0: 1 */
    int multiple;
    rs_resize resize;
    bool alpha;       /* frames keep their transparency, where they have any */
    bool keep;        /* frames stay as they are: another size is made of a part of them only */
} rs_fit;

/* Whether frames that have transparency keep it. */
bool rs_keeps_alpha(const rs_pipeline_spec *spec);

rs_fit rs_fit_of(const rs_pipeline_spec *spec, int multiple);

/* Of the output; the same for a frame and for what rs_fit_input_size makes of it. */
rs_size rs_fit_size(const rs_fit *fit, int width, int height);
/* Of the frames that the reader hands out: another one only with RS_RESIZE_LATENT or keep. */
rs_size rs_fit_input_size(const rs_fit *fit, int width, int height);

/* The picture that is encoded; *to is zeroed or holds a picture, and is not from. */
rs_status rs_fit_image(const rs_fit *fit, const rs_image *from, rs_image *to, rs_err *err);

/* The mask of a picture takes the same way as it, to the size that it has got. */
rs_status rs_fit_mask(const rs_fit *fit, const rs_mask *from, const rs_image *like, rs_mask *to,
                      rs_err *err);

/* Zero it before start. */
typedef struct rs_reader {
    rs_source *source; /* the thread's until join */
    rs_mask_source *masks; /* NULL: frames have none */
    rs_fit fit;
    rs_rational aspect; /* of the source's pixels */
    const rs_job_folder *folder; /* which frames are made, and which only get their times and names */
    rs_queue *idle;    /* frames to fill; cancelled: stop */
    rs_queue *ready;   /* filled ones, scaled; closed at the end and after an error */
    const rs_frame *frames; /* all that travel, and beside each what is noted of it */
    rs_frame_event *events;
    rs_frame decoded;  /* at the source's size */
    rs_mask mask;      /* the same of its mask */
    rs_image square;   /* both with square pixels, where a shape is to be cut */
    rs_mask square_mask;
    rs_thread thread;
    rs_status status;  /* after join: why reading ended */
    rs_err err;
} rs_reader;

/* The caller has set all before decoded; they outlive the thread. */
rs_status rs_reader_start(rs_reader *reader, rs_err *err);
/* Waits for the thread and gives its memory back. One that never started is fine. */
void rs_reader_join(rs_reader *reader);

#endif
