/* From a picture and a mask to what img2img gets, and its result back over the
 * picture: A1111's StableDiffusionProcessingImg2Img.init and apply_overlay
 * (modules/processing.py). Masks stay in 8 bits as there; pictures are floats.
 *
 *     whole:        init --------------------> img2img -----------------> over init
 *     only masked:  init -> box -> enlarged -> img2img -> shrunk -> box -> over init
 *
 * Sizes: init and masks are "full"; what is diffused is the "part". */
#include "restyle/inpaint.h"

#include <string.h>

#include "base/err.h"
#include "media/crop_box.h"
#include "media/mask.h"
#include "media/mask_fill.h"
#include "stage/engine.h"
#include "stage/inpaint_opts.h"
#include "stage/masked_run.h"
#include "stage/soft_mask.h"

struct inpaint {
    rs_model *m;
    const rs_img2img_params *p;
    const rs_inpaint_params *ip;
    const rs_inpaint_picture *in;
    bool cropped;
    rs_box box;          /* of the part, in full pixels */
    rs_size size;        /* of the part as it is diffused */
    rs_image part, made; /* before and after */
    rs_mask mask;        /* the part's */
    rs_mask latent;      /* the latent's own, at the part's size; empty: mask */
    rs_mask overlay;     /* full size: how much of the result shows */
    rs_masked_run run;
    int h, w;            /* of the latent */
};

void rs_inpaint_defaults(rs_inpaint_params *params)
{
    const rs_inpaint_spec *spec = rs_inpaint_group.defaults;
    *params = spec->params;
}

static rs_status copy_image(rs_image *to, const rs_image *from, rs_err *err)
{
    if (!to->rgb || to->width != from->width || to->height != from->height) {
        rs_image_release(to);
        RS_TRY(rs_image_alloc(to, from->width, from->height, err));
    }
    memcpy(to->rgb, from->rgb, (size_t)from->width * (size_t)from->height * 3 * sizeof(float));
    return RS_OK;
}

/* The box's pixels, scaled to `size` as A1111 does: fit inside, stretch the edges. */
static rs_status cut_image(rs_image *to, const rs_image *from, rs_box b, rs_size size, rs_err *err)
{
    rs_image part = { 0 };
    RS_TRY(rs_image_cut(&part, from, b, err));
    rs_status s = rs_image_alloc(to, size.width, size.height, err);
    if (s == RS_OK)
        s = rs_image_resize(to, &part, RS_RESIZE_FILL, err);
    rs_image_release(&part);
    return s;
}

static rs_status cut_mask(rs_mask *to, const rs_mask *from, rs_box b, rs_size size, rs_err *err)
{
    rs_mask part = { 0 };
    RS_TRY(rs_mask_cut(&part, from, b, err));
    const rs_status s =
        rs_mask_resize(to, &part, size.width, size.height, RS_RESIZE_FILL, RS_FILTER_LANCZOS, err);
    rs_mask_release(&part);
    return s;
}

/* A mask of `size` that holds b's pixels at the box, nothing elsewhere. */
static rs_status uncut_mask(rs_mask *mask, rs_box b, rs_size size, rs_err *err)
{
    rs_mask part = { 0 }, full = { 0 };
    rs_status s =
        rs_mask_resize(&part, mask, b.x2 - b.x1, b.y2 - b.y1, RS_RESIZE_CROP, RS_FILTER_LANCZOS, err);
    if (s == RS_OK)
        s = rs_mask_alloc(&full, size.width, size.height, err);
    if (s == RS_OK) {
        memset(full.v, 0, (size_t)size.width * (size_t)size.height);
        for (int y = 0; y < part.height; y++)
            memcpy(full.v + (size_t)(b.y1 + y) * (size_t)size.width + b.x1,
                   part.v + (size_t)y * (size_t)part.width, (size_t)part.width);
        rs_mask_release(mask);
        *mask = full;
    }
    rs_mask_release(&part);
    return s;
}

/* The box that this frame works on, smoothed when there was a frame before. */
static void choose_box(struct inpaint *r, rs_box least)
{
    const rs_size full = { r->in->init->width, r->in->init->height };
    rs_inpaint_box *state = r->in->box;
    rs_box b = rs_box_pad(least, r->ip->padding, full);
    if (state && state->width == full.width && state->height == full.height) {
        const rs_box before = { state->x1, state->y1, state->x2, state->y2 };
        b = rs_box_smooth(before, b, r->ip->box_smoothing, least);
    }
    if (state)
        *state = (rs_inpaint_box){ b.x1, b.y1, b.x2, b.y2, full.width, full.height };
    r->box = rs_box_expand(b, r->size, full);
}

static rs_status make_part(struct inpaint *r, rs_err *err)
{
    const rs_image *init = r->in->init;
    const rs_mask *mask = r->in->mask, *latent = r->in->latent_mask;
    const rs_size size = r->size;
    if (!r->cropped)
        r->box = (rs_box){ 0, 0, init->width, init->height };
    RS_TRY(cut_image(&r->part, init, r->box, size, err));
    RS_TRY(cut_mask(&r->mask, mask, r->box, size, err));
    if (latent)
        RS_TRY(cut_mask(&r->latent, latent, r->box, size, err));
    if (r->ip->content != RS_INPAINT_ORIGINAL)
        RS_TRY(rs_mask_fill(&r->part, latent ? &r->latent : &r->mask, err));
    return RS_OK;
}

/* The mask of the latent by Pillow's usual resize, bicubic; 0 or 1 unless soft. */
static rs_status make_share(struct inpaint *r, rs_err *err)
{
    const int f = rs_model_multiple(r->m);
    rs_mask small = { 0 };
    r->h = r->size.height / f;
    r->w = r->size.width / f;
    const size_t n = (size_t)r->h * (size_t)r->w;
    float *share = RS_NEW_N(r->m->run_arena, float, n);
    r->run.change = r->ip->soft.enabled ? RS_NEW_N(r->m->run_arena, float, n) : NULL;
    if (!share || (r->ip->soft.enabled && !r->run.change))
        return RS_FAIL(err, RS_E_NOMEM, "no memory for a latent's mask");
    RS_TRY(rs_mask_resize(&small, r->latent.v ? &r->latent : &r->mask, r->w, r->h, RS_RESIZE_STRETCH,
                          RS_FILTER_BICUBIC, err));
    for (size_t i = 0; i < n; i++)
        share[i] = r->ip->soft.enabled ? (float)small.v[i] / 255.0f : small.v[i] > 127 ? 1.0f : 0.0f;
    rs_mask_release(&small);
    r->run.params = r->ip;
    r->run.mask = &r->mask;
    r->run.share = share;
    return RS_OK;
}

/* How much of the result shows where; A1111 doubles the mask of a whole picture, so
 * that half grey is already all new. */
static rs_status make_overlay(struct inpaint *r, rs_err *err)
{
    const rs_mask *mask = r->in->mask;
    const rs_size full = { mask->width, mask->height };
    const size_t n = (size_t)full.width * (size_t)full.height;
    if (r->ip->soft.enabled) {
        RS_TRY(rs_soft_mask(&r->ip->soft, r->run.share, r->run.change, r->h, r->w, r->size.width,
                            r->size.height, &r->overlay, err));
        return r->cropped ? uncut_mask(&r->overlay, r->box, full, err) : RS_OK;
    }
    RS_TRY(rs_mask_alloc(&r->overlay, full.width, full.height, err));
    for (size_t i = 0; i < n; i++) {
        const int v = r->cropped ? mask->v[i] : 2 * mask->v[i];
        r->overlay.v[i] = (uint8_t)(v < 255 ? v : 255);
    }
    return RS_OK;
}

/* Result over original; both ends exact. */
static void mix_pixel(float *out, const float *made, const float *original, uint8_t mask)
{
    const float t = (float)mask / 255.0f;
    for (int c = 0; c < 3; c++)
        out[c] = mask == 0 ? original[c] : mask == 255 ? made[c] : original[c] + t * (made[c] - original[c]);
}

static rs_status lay_over(struct inpaint *r, rs_image *out, rs_err *err)
{
    const rs_image *original = r->in->original ? r->in->original : r->in->init;
    const rs_box b = r->box;
    rs_image shrunk = { 0 };
    RS_TRY(copy_image(out, original, err));
    RS_TRY(rs_image_alloc(&shrunk, b.x2 - b.x1, b.y2 - b.y1, err));
    const rs_status s = rs_image_resize(&shrunk, &r->made, RS_RESIZE_CROP, err);
    for (int y = b.y1; s == RS_OK && y < b.y2; y++) {
        for (int x = b.x1; x < b.x2; x++) {
            const size_t i = (size_t)y * (size_t)out->width + (size_t)x;
            const size_t k = (size_t)(y - b.y1) * (size_t)shrunk.width + (size_t)(x - b.x1);
            mix_pixel(out->rgb + 3 * i, shrunk.rgb + 3 * k, original->rgb + 3 * i,
                      r->ip->overlay ? r->overlay.v[i] : 255);
        }
    }
    rs_image_release(&shrunk);
    return s;
}

static rs_status run(struct inpaint *r, rs_image *out, const rs_progress *progress, rs_err *err)
{
    RS_TRY(make_part(r, err));
    RS_TRY(make_share(r, err));
    RS_TRY(rs_img2img_masked(r->m, r->p, &r->run, &r->part, &r->made, progress, err));
    if (r->ip->overlay)
        RS_TRY(make_overlay(r, err));
    return lay_over(r, out, err);
}

static rs_status check(const struct inpaint *r, rs_err *err)
{
    const rs_inpaint_picture *in = r->in;
    const rs_image *init = in->init, *original = in->original;
    const rs_mask *masks[2] = { in->mask, in->latent_mask };
    for (int i = 0; i < 2; i++)
        if (masks[i] && (masks[i]->width != init->width || masks[i]->height != init->height))
            return RS_FAIL(err, RS_E_INVALID, "the mask has %dx%d, the picture %dx%d", masks[i]->width,
                           masks[i]->height, init->width, init->height);
    if (original && (original->width != init->width || original->height != init->height))
        return RS_FAIL(err, RS_E_INVALID, "the original has %dx%d, the picture %dx%d", original->width,
                       original->height, init->width, init->height);
    if (r->p->latent_size.width || r->p->latent_size.height)
        return RS_FAIL(err, RS_E_INVALID, "latent_size and a mask exclude each other: resize the picture");
    return RS_OK;
}

static void release(struct inpaint *r)
{
    rs_image_release(&r->part);
    rs_image_release(&r->made);
    rs_mask_release(&r->mask);
    rs_mask_release(&r->latent);
    rs_mask_release(&r->overlay);
}

rs_status rs_inpaint(rs_model *model, const rs_img2img_params *params, const rs_inpaint_params *inpaint,
                     const rs_inpaint_picture *picture, rs_image *out, const rs_progress *progress,
                     rs_err *err)
{
    struct inpaint r = { .m = model, .p = params, .ip = inpaint, .in = picture };
    const rs_image *init = picture->init;
    rs_box least;
    RS_TRY(check(&r, err));
    const bool any = rs_mask_box(picture->mask, &least);
    if (rs_img2img_steps(params) == 0 || (!any && inpaint->overlay))
        return copy_image(out, picture->original ? picture->original : init, err);
    r.cropped = any && inpaint->area == RS_INPAINT_ONLY_MASKED;
    r.size = r.cropped && inpaint->size.width ? inpaint->size : (rs_size){ init->width, init->height };
    if (r.cropped)
        choose_box(&r, least);
    const rs_arena_mark mark = rs_arena_save(model->run_arena);
    const rs_status s = run(&r, out, progress, err);
    rs_arena_rewind(model->run_arena, mark);
    release(&r);
    return s;
}
