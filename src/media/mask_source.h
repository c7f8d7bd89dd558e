/* The masks of a film's frames: from one picture, pictures of a folder, a video, or
 * the frames themselves.
 *
 * Masks are those of the input's own frames, as they are seen (turned, deinterlaced): the i-th is
 * for frame i, whatever range, every, fps and filters make of their order and times, and takes the
 * way of its frame through what filters.before does to places (mask_filter.h). A program (exec) is
 * taken to scale. */
#ifndef RS_MEDIA_MASK_SOURCE_H
#define RS_MEDIA_MASK_SOURCE_H

#include "media/media.h"
#include "restyle/inpaint.h"

typedef struct rs_mask_source rs_mask_source;

/* spec, which has a mask, and the log of options must outlive the source; frames: of the source
 * opened with the same options, which have a timeline and are numbered. A path that holds no picture
 * fails here, and RS_E_INVALID: masks cannot follow the filters. */
rs_status rs_mask_source_open(const rs_inpaint_spec *spec, const rs_source_options *options,
                              const rs_source_info *frames, rs_mask_source **source, rs_err *err);
void rs_mask_source_close(rs_mask_source **source); /* NULL and *NULL are fine */

/* Told before any work is done: RS_E_NOTFOUND for the first frame of these that a folder has
 * no mask for. */
rs_status rs_mask_source_check(const rs_mask_source *source, const rs_source *frames, rs_err *err);

/* The mask of a frame just read, of its picture's size, inverted and blurred as spec
 * says. Frames come in order, some may be left out. A folder's masks go to frames with
 * names by stem ("a.jpg" has "a.png"), to others in natural order. A warning tells when the first
 * mask has another shape than the input's frames. */
rs_status rs_mask_source_next(rs_mask_source *source, const rs_frame *frame, rs_mask *mask, rs_err *err);

#endif
