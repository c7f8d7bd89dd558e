/* What belongs to a frame besides pixels and times, kept while the frame is with others. */
#ifndef RS_MEDIA_FRAME_LABEL_H
#define RS_MEDIA_FRAME_LABEL_H

#include "media/media.h"

typedef struct rs_frame_label {
    int64_t index, source_index;
    const char *name, *png_name, *file_name; /* the source's, the job's */
    bool held, has_text;
    char text[]; /* a copy */
} rs_frame_label;

/* To be given back with rs_free; NULL: no memory. */
rs_frame_label *rs_frame_label_of(const rs_frame *frame);
/* label may be NULL: indices stay what they were. The frame's text is the label's. */
void rs_frame_label_put(const rs_frame_label *label, rs_frame *frame);

#endif
