#include "job/reader.h"

#include <string.h>

#include "base/clock.h"
#include "job/square.h"
#include "media/alpha.h"
#include "media/mask.h"

static int round_to(int v, int multiple)
{
    const int r = (v + multiple / 2) / multiple * multiple;
    return r < multiple ? multiple : r;
}

/* Frames of any size are padded inside img2img, which a mask, tiles, and edges that are to fit
 * each other have no use for. */
static bool is_padded(const rs_pipeline_spec *spec)
{
    return spec->size.width == 0 && (spec->scale == 1.0f || !(spec->scale > 0)) &&
           spec->resize != RS_RESIZE_LATENT && !spec->inpaint.mask && !(spec->sd_upscale.factor > 0) &&
           !rs_outpaint_grows(&spec->outpaint) && !spec->img2img.tiling;
}

/* What is repainted must not stay as clear as its mask says; nothing is known of a new edge. */
bool rs_keeps_alpha(const rs_pipeline_spec *spec)
{
    return spec->encode.alpha == RS_KEEP_COPY && !rs_outpaint_grows(&spec->outpaint) &&
           !(spec->inpaint.mask && strcmp(spec->inpaint.mask, RS_MASK_ALPHA) == 0);
}

rs_fit rs_fit_of(const rs_pipeline_spec *spec, int multiple)
{
    const bool part = spec->inpaint.mask && spec->inpaint.params.area == RS_INPAINT_ONLY_MASKED;
    return (rs_fit){ spec->size, is_padded(spec), spec->scale, multiple, spec->resize, rs_keeps_alpha(spec),
                     part };
}

rs_size rs_fit_input_size(const rs_fit *fit, int width, int height)
{
    if (fit->keep)
        return (rs_size){ width, height };
    if (fit->resize != RS_RESIZE_LATENT)
        return rs_fit_size(fit, width, height);
    return (rs_size){ round_to(width, fit->multiple), round_to(height, fit->multiple) };
}

/* A1111's "resize by" cuts the fraction off. */
static int scaled(const rs_fit *fit, int v)
{
    if (fit->resize == RS_RESIZE_LATENT)
        v = round_to(v, fit->multiple);
    return round_to((int)((double)v * (fit->scale > 0 ? (double)fit->scale : 1)), fit->multiple);
}

rs_size rs_fit_size(const rs_fit *fit, int width, int height)
{
    if (fit->size.width > 0)
        return fit->size;
    if (fit->exact)
        return (rs_size){ width, height };
    return (rs_size){ scaled(fit, width), scaled(fit, height) };
}

rs_status rs_fit_image(const rs_fit *fit, const rs_image *from, rs_image *to, rs_err *err)
{
    const rs_size size = rs_fit_input_size(fit, from->width, from->height);
    if (to->width != size.width || to->height != size.height) {
        rs_image_release(to);
        RS_TRY(rs_image_alloc(to, size.width, size.height, err));
    }
    const rs_resize mode = fit->resize == RS_RESIZE_LATENT ? RS_RESIZE_CROP : fit->resize;
    if (fit->alpha)
        RS_TRY(rs_alpha_resize(to, from, mode, err));
    return rs_image_resize(to, from, mode, err);
}

/* Of areas there are only light's. See stage/inpaint.c for what follows. */
rs_status rs_fit_mask(const rs_fit *fit, const rs_mask *from, const rs_image *like, rs_mask *to, rs_err *err)
{
    const rs_resize mode = fit->resize == RS_RESIZE_AREA ? RS_RESIZE_CROP : fit->resize;
    return rs_mask_resize(to, from, like->width, like->height, mode, RS_FILTER_LANCZOS, err);
}

/* The size in which the frame is given a shape: with square pixels, as that shape has. */
static rs_size shaped_size(const rs_reader *r)
{
    const rs_size own = { r->decoded.image.width, r->decoded.image.height };
    const bool cut = r->fit.size.width > 0 && !r->fit.keep && r->fit.resize != RS_RESIZE_STRETCH &&
                     r->fit.resize != RS_RESIZE_LATENT;
    return cut ? rs_square_size(own, r->aspect) : own;
}

static rs_status fill_image(rs_reader *r, rs_frame *frame, rs_err *err)
{
    const rs_size s = shaped_size(r);
    const rs_image *seen = &r->decoded.image;
    if (s.width != seen->width || s.height != seen->height) {
        RS_TRY(rs_square_image(&r->square, seen, s, err));
        seen = &r->square;
    }
    return rs_fit_image(&r->fit, seen, &frame->image, err);
}

/* The mask takes the same way as its frame. */
static rs_status fill_mask(rs_reader *r, rs_frame *frame, rs_err *err)
{
    const rs_size s = shaped_size(r);
    const rs_mask *seen = &r->mask;
    if (s.width != seen->width || s.height != seen->height) {
        RS_TRY(rs_mask_resize(&r->square_mask, seen, s.width, s.height, RS_RESIZE_STRETCH,
                              RS_FILTER_LANCZOS, err));
        seen = &r->square_mask;
    }
    return rs_fit_mask(&r->fit, seen, &frame->image, &frame->mask, err);
}

/* The decoded frame into another, whose picture's memory is used again. */
static rs_status fill(rs_reader *r, rs_frame *frame, rs_err *err)
{
    const rs_image image = frame->image;
    const rs_mask mask = frame->mask;
    *frame = r->decoded;
    frame->image = image;
    frame->mask = mask;
    if (rs_job_folder_plan(r->folder, frame->index) != RS_FRAME_MAKE)
        return RS_OK;
    RS_TRY(fill_image(r, frame, err));
    return r->masks ? fill_mask(r, frame, err) : RS_OK;
}

/* The next one that is not another shard's. */
static rs_status next(rs_reader *r, bool *end, rs_err *err)
{
    do {
        RS_TRY(rs_source_next(r->source, &r->decoded, end, err));
        if (!*end && r->masks)
            RS_TRY(rs_mask_source_next(r->masks, &r->decoded, &r->mask, err));
    } while (!*end && rs_job_folder_plan(r->folder, r->decoded.index) == RS_FRAME_SKIP);
    return RS_OK;
}

static rs_status read_all(rs_reader *r, rs_err *err)
{
    rs_frame *frame;
    while (rs_queue_pop(r->idle, &frame)) {
        rs_frame_event *event = &r->events[frame - r->frames];
        bool end = false;
        const double t0 = rs_clock_now();
        RS_TRY(next(r, &end, err));
        if (end)
            return RS_OK;
        const double t1 = rs_clock_now();
        RS_TRY(fill(r, frame, err));
        *event = (rs_frame_event){ .decode = t1 - t0, .scale = rs_clock_now() - t1, .drift_source = -1,
                                   .drift_previous = -1 };
        rs_queue_push(r->ready, frame);
    }
    return RS_OK;
}

static void *reader_main(void *arg)
{
    rs_reader *r = arg;
    r->status = read_all(r, &r->err);
    rs_queue_close(r->ready);
    return NULL;
}

rs_status rs_reader_start(rs_reader *reader, rs_err *err)
{
    return rs_thread_start(&reader->thread, "reading", reader_main, reader, err);
}

void rs_reader_join(rs_reader *reader)
{
    rs_thread_join(&reader->thread);
    rs_frame_release(&reader->decoded);
    rs_mask_release(&reader->mask);
    rs_image_release(&reader->square);
    rs_mask_release(&reader->square_mask);
}
