/* What filters.before does to places in a frame, done to its mask: cropping, turning, scaling.
 * Filters of colours, noise and times are left out; which frame a mask is for is the source's
 * matter (rs_frame.source_index). */
#ifndef RS_MEDIA_MASK_FILTER_H
#define RS_MEDIA_MASK_FILTER_H

#include "media/frame_stage.h"

typedef struct rs_mask_filter rs_mask_filter;

/* Whether masks can follow the graph: one chain of filters, none of which moves pixels by what it
 * sees. RS_E_INVALID otherwise, with the remedy. */
rs_status rs_mask_filter_check(const char *graph, rs_err *err);

/* frames: those that the graph gets, but rate and time base of those that it gives. */
rs_status rs_mask_filter_open(const char *graph, const rs_stage_format *frames, rs_mask_filter **filter,
                              rs_err *err);
void rs_mask_filter_close(rs_mask_filter **filter); /* NULL and *NULL are fine */

/* Of what comes out. */
rs_size rs_mask_filter_size(const rs_mask_filter *filter);

/* in: of the frames' size; pts: the frame's. *out is zeroed or holds a mask, and is not in. */
rs_status rs_mask_filter_run(rs_mask_filter *filter, const rs_mask *in, int64_t pts, rs_mask *out,
                             rs_err *err);

#endif
