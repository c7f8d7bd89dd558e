#include "media/crop_box.h"

#include <math.h>
#include <string.h>

#include "base/err.h"

static bool row_is_empty(const uint8_t *row, int n)
{
    for (int i = 0; i < n; i++)
        if (row[i])
            return false;
    return true;
}

bool rs_mask_box(const rs_mask *mask, rs_box *box)
{
    rs_box b = { mask->width, mask->height, 0, 0 };
    for (int y = 0; y < mask->height; y++) {
        const uint8_t *row = mask->v + (size_t)y * (size_t)mask->width;
        if (row_is_empty(row, mask->width))
            continue;
        int first = 0, last = mask->width - 1;
        while (!row[first])
            first++;
        while (!row[last])
            last--;
        b.y1 = y < b.y1 ? y : b.y1;
        b.y2 = y + 1;
        b.x1 = first < b.x1 ? first : b.x1;
        b.x2 = last + 1 > b.x2 ? last + 1 : b.x2;
    }
    if (b.x2 == 0)
        return false;
    *box = b;
    return true;
}

rs_box rs_box_pad(rs_box b, int pad, rs_size size)
{
    return (rs_box){ b.x1 > pad ? b.x1 - pad : 0, b.y1 > pad ? b.y1 - pad : 0,
                     b.x2 + pad < size.width ? b.x2 + pad : size.width,
                     b.y2 + pad < size.height ? b.y2 + pad : size.height };
}

/* low..high grown by `more`, moved back inside 0..size, and cut off there. */
static void grow(int *low, int *high, int more, int size)
{
    *low -= more / 2;
    *high += more - more / 2;
    if (*high >= size) {
        *low -= *high - size;
        *high = size;
    }
    if (*low < 0) {
        *high -= *low;
        *low = 0;
    }
    if (*high >= size)
        *high = size;
}

rs_box rs_box_expand(rs_box b, rs_size to, rs_size size)
{
    const int w = b.x2 - b.x1, h = b.y2 - b.y1;
    const double ratio = (double)to.width / to.height;
    if ((double)w / h > ratio)
        grow(&b.y1, &b.y2, (int)(w / ratio - h), size.height);
    else
        grow(&b.x1, &b.x2, (int)(h * ratio - w), size.width);
    return b;
}

static int between(int previous, int now, float keep)
{
    return (int)lrint((double)now + (double)keep * (double)(previous - now));
}

rs_box rs_box_smooth(rs_box previous, rs_box box, float keep, rs_box least)
{
    const rs_box b = { between(previous.x1, box.x1, keep), between(previous.y1, box.y1, keep),
                       between(previous.x2, box.x2, keep), between(previous.y2, box.y2, keep) };
    return (rs_box){ b.x1 < least.x1 ? b.x1 : least.x1, b.y1 < least.y1 ? b.y1 : least.y1,
                     b.x2 > least.x2 ? b.x2 : least.x2, b.y2 > least.y2 ? b.y2 : least.y2 };
}

rs_status rs_image_cut(rs_image *to, const rs_image *from, rs_box b, rs_err *err)
{
    const size_t row = (size_t)(b.x2 - b.x1) * 3;
    if (!to->rgb || to->width != b.x2 - b.x1 || to->height != b.y2 - b.y1) {
        rs_image_release(to);
        RS_TRY(rs_image_alloc(to, b.x2 - b.x1, b.y2 - b.y1, err));
    }
    for (int y = 0; y < to->height; y++)
        memcpy(to->rgb + (size_t)y * row,
               from->rgb + ((size_t)(b.y1 + y) * (size_t)from->width + (size_t)b.x1) * 3,
               row * sizeof(float));
    return RS_OK;
}

rs_status rs_mask_cut(rs_mask *to, const rs_mask *from, rs_box b, rs_err *err)
{
    const size_t row = (size_t)(b.x2 - b.x1);
    if (!to->v || to->width != b.x2 - b.x1 || to->height != b.y2 - b.y1) {
        rs_mask_release(to);
        RS_TRY(rs_mask_alloc(to, b.x2 - b.x1, b.y2 - b.y1, err));
    }
    for (int y = 0; y < to->height; y++)
        memcpy(to->v + (size_t)y * row, from->v + (size_t)(b.y1 + y) * (size_t)from->width + b.x1, row);
    return RS_OK;
}
