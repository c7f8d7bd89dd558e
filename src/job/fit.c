#include "job/fit.h"

#include <string.h>

#include "base/err.h"
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

static rs_status fit_image(const rs_fit *fit, const rs_image *from, rs_image *to, rs_err *err)
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
static rs_status fit_mask(const rs_fit *fit, const rs_mask *from, const rs_image *like, rs_mask *to,
                          rs_err *err)
{
    const rs_resize mode = fit->resize == RS_RESIZE_AREA ? RS_RESIZE_CROP : fit->resize;
    return rs_mask_resize(to, from, like->width, like->height, mode, RS_FILTER_LANCZOS, err);
}

/* The size in which a picture is given a shape: with square pixels, as that shape has. */
static rs_size shaped_size(const rs_fitter *f, int width, int height)
{
    const rs_size own = { width, height };
    const rs_fit *fit = &f->fit;
    const bool cut = fit->size.width > 0 && !fit->keep && fit->resize != RS_RESIZE_STRETCH &&
                     fit->resize != RS_RESIZE_LATENT;
    return cut ? rs_square_size(own, f->aspect) : own;
}

rs_status rs_fitter_image(rs_fitter *f, const rs_image *from, rs_image *to, rs_err *err)
{
    const rs_size s = shaped_size(f, from->width, from->height);
    if (s.width != from->width || s.height != from->height) {
        RS_TRY(rs_square_image(&f->square, from, s, err));
        from = &f->square;
    }
    return fit_image(&f->fit, from, to, err);
}

rs_status rs_fitter_mask(rs_fitter *f, const rs_mask *from, const rs_image *like, rs_mask *to, rs_err *err)
{
    const rs_size s = shaped_size(f, from->width, from->height);
    if (s.width != from->width || s.height != from->height) {
        RS_TRY(rs_mask_resize(&f->square_mask, from, s.width, s.height, RS_RESIZE_STRETCH, RS_FILTER_LANCZOS,
                              err));
        from = &f->square_mask;
    }
    return fit_mask(&f->fit, from, like, to, err);
}

rs_rational rs_fit_aspect(const rs_fit *fit, rs_rational aspect)
{
    return fit->size.width > 0 && !fit->keep ? (rs_rational){ 1, 1 } : aspect;
}

void rs_fitter_release(rs_fitter *f)
{
    rs_image_release(&f->square);
    rs_mask_release(&f->square_mask);
}
