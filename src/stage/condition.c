#include "stage/condition.h"

#include <string.h>

static float mask_at(const rs_mask *mask, const rs_inpaint_params *params, size_t pixel)
{
    if (!mask)
        return 1;
    if (params->soft.enabled)
        return (float)mask->v[pixel] / 255.0f;
    return mask->v[pixel] > 127 ? 1 : 0;
}

void rs_condition_hide(const rs_tensor *picture, const rs_mask *mask, const rs_inpaint_params *params)
{
    const size_t rows = rs_tensor_rows(picture);
    const float strength = mask ? params->mask_strength : 1;
    for (size_t i = 0; i < rows; i++) {
        const float visible = 1 - strength * mask_at(mask, params, i);
        for (int c = 0; c < picture->c; c++)
            picture->data[i * (size_t)picture->c + (size_t)c] *= visible;
    }
}

void rs_condition_join(const rs_tensor *condition, const rs_tensor *visible, const rs_mask *mask,
                       const rs_inpaint_params *params)
{
    const size_t c = (size_t)visible->c;
    float *to = condition->data;
    const float *from = visible->data;
    for (int y = 0; y < visible->h; y++) {
        for (int x = 0; x < visible->w; x++, to += 1 + c, from += c) {
            const size_t my = mask ? (size_t)y * (size_t)mask->height / (size_t)visible->h : 0;
            const size_t mx = mask ? (size_t)x * (size_t)mask->width / (size_t)visible->w : 0;
            to[0] = mask_at(mask, params, mask ? my * (size_t)mask->width + mx : 0);
            memcpy(to + 1, from, c * sizeof(float));
        }
    }
}

rs_status rs_condition_append(rs_arena *arena, const rs_tensor *condition, rs_tensor *x, rs_err *err)
{
    const size_t rows = rs_tensor_rows(condition), c = (size_t)x->c, more = (size_t)condition->c;
    rs_tensor y;
    RS_TRY(rs_tensor_alloc(arena, x->n, x->h, x->w, (int)(c + more), &y, err));
    for (size_t i = 0; i < rs_tensor_rows(x); i++) {
        memcpy(y.data + i * (c + more), x->data + i * c, c * sizeof(float));
        memcpy(y.data + i * (c + more) + c, condition->data + i % rows * more, more * sizeof(float));
    }
    *x = y;
    return RS_OK;
}
