#include "media/frame_label.h"

#include <string.h>

#include "base/mem.h"

rs_frame_label *rs_frame_label_of(const rs_frame *f)
{
    const size_t n = f->text ? strlen(f->text) : 0;
    rs_frame_label *label = rs_calloc(sizeof(*label) + n + 1);
    if (!label)
        return NULL;
    label->index = f->index;
    label->source_index = f->source_index;
    label->name = f->name;
    label->png_name = f->png_name;
    label->file_name = f->file_name;
    label->held = f->held;
    label->has_text = f->text != NULL;
    if (f->text)
        memcpy(label->text, f->text, n);
    return label;
}

void rs_frame_label_put(const rs_frame_label *label, rs_frame *f)
{
    f->index = label ? label->index : f->index;
    f->source_index = label ? label->source_index : f->source_index;
    f->name = label ? label->name : NULL;
    f->png_name = label ? label->png_name : NULL;
    f->file_name = label ? label->file_name : NULL;
    f->held = label && label->held;
    f->text = label && label->has_text ? label->text : NULL;
}
