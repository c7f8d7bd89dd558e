/* What frames pass between source and model, and between model and output: the filters and
 * the program that a pipeline names. */
#ifndef RS_MEDIA_FRAME_CHAIN_H
#define RS_MEDIA_FRAME_CHAIN_H

#include "media/frame_stage.h"

typedef enum rs_chain_place {
    RS_CHAIN_BEFORE, /* the model: filters.before, then exec */
    RS_CHAIN_AFTER   /* exec, then filters.after */
} rs_chain_place;

typedef struct rs_frame_chain rs_frame_chain;

/* For `check`: whether FFmpeg knows the graph; its own message. */
rs_status rs_filters_check(const char *graph, rs_err *err);

bool rs_frame_chain_has(const rs_timeline *timeline, rs_chain_place place);

/* *format: of what goes in; becomes that of what comes out. log and stop may be NULL. *chain stays
 * NULL where the timeline has nothing for this place. timeline and stop outlive the chain. */
rs_status rs_frame_chain_open(const rs_timeline *timeline, rs_chain_place place, rs_stage_format *format,
                              const rs_log *log, const rs_stop *stop, rs_frame_chain **chain, rs_err *err);
void rs_frame_chain_close(rs_frame_chain **chain);

/* As the functions of a stage. */
rs_status rs_frame_chain_push(rs_frame_chain *chain, const rs_frame *frame, rs_err *err);
rs_status rs_frame_chain_pull(rs_frame_chain *chain, rs_frame *frame, bool *got, rs_err *err);

#endif
