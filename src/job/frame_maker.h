/* One frame after the other through the stages, with what loopback and masks carry
 * from each to the next. */
#ifndef RS_JOB_FRAME_MAKER_H
#define RS_JOB_FRAME_MAKER_H

#include "job/chain.h"
#include "job/fit.h"
#include "job/frame_event.h"
#include "job/frame_text.h"
#include "job/stages.h"
#include "media/media.h"

/* Zero it before the first use; the caller sets all before chain. */
typedef struct rs_frame_maker {
    const rs_pipeline_spec *spec;
    rs_stages *stages;
    rs_fit fit;
    bool masked;           /* frames come with a mask */
    rs_size must;          /* what every output must have: a video's size; zeros: any */
    const rs_log *log;     /* may be NULL */
    rs_frame_event *events; /* by slot: what became of each frame */
    bool watch;            /* the events' drift is wanted */
    rs_chain chain;
    int64_t scene;         /* of the frame that it comes from */
    rs_frame_texts texts;
    rs_image out;          /* the memory for the next output */
    rs_image source_image; /* with loopback, where it is needed: the frame without it */
    rs_image last;         /* with watch: the last output */
    rs_image scaled;
    int64_t n_bad;         /* frames for which something else stands in */
} rs_frame_maker;

void rs_frame_maker_release(rs_frame_maker *m);

/* The size of the output of a frame whose fitted size this is. */
rs_size rs_frame_maker_size(const rs_frame_maker *m, rs_size fitted);

uint64_t rs_frame_seed(const rs_pipeline_spec *spec, const rs_frame *frame);

/* What goes through the stages, and the latent_size of it; original: as in rs_stages_input. */
rs_stages_input rs_frame_maker_input(rs_frame_maker *m, const rs_frame *frame, const rs_image *original);
rs_size rs_frame_maker_latent(const rs_frame_maker *m, const rs_frame *frame);

/* Swaps frame's picture and *out, which gets the transparency of init, and sets its text: made of
 * init (which may be frame's picture) with p. */
rs_status rs_frame_maker_finish(rs_frame_maker *m, rs_frame *frame, int slot, const rs_img2img_params *p,
                                const rs_image *init, rs_image *out, rs_err *err);

/* Forgets what another scene than the frame's has handed on. Part of run; by itself for frames that
 * are fetched, before their chain. */
void rs_frame_maker_enter(rs_frame_maker *m, const rs_frame *frame);

/* Replaces the frame's picture and sets its text, which lives until the same slot of
 * rs_frame_texts is used again. */
rs_status rs_frame_maker_run(rs_frame_maker *m, rs_frame *frame, int slot, const rs_progress *progress,
                             rs_err *err);

#endif
