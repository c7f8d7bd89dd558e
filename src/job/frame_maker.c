/* The previous output is kept as floats, so loopback adds no rounding. */
#include "job/frame_maker.h"

#include <math.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "media/alpha.h"

void rs_frame_maker_release(rs_frame_maker *m)
{
    rs_image_release(&m->chain.previous);
    rs_image_release(&m->out);
    rs_image_release(&m->source_image);
    rs_image_release(&m->last);
    rs_image_release(&m->scaled);
    rs_frame_texts_release(&m->texts);
}

/* A well-mixed 32-bit seed for frame i (splitmix64, Steele et al. 2014). */
static uint64_t mixed_seed(uint64_t seed, uint64_t i)
{
    uint64_t z = seed + (i + 1) * 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (z ^ (z >> 31)) >> 32;
}

uint64_t rs_frame_seed(const rs_pipeline_spec *spec, const rs_frame *frame)
{
    const uint64_t seed = spec->img2img.seed, i = (uint64_t)frame->index;
    if (!spec->loopback.enabled)
        return seed;
    switch (spec->loopback.seed) {
    case RS_LOOPBACK_INCREMENT: return seed + i;
    case RS_LOOPBACK_RANDOM: return i ? mixed_seed(seed, i) : seed;
    case RS_LOOPBACK_FIXED: break;
    }
    return seed;
}

/* The size that a frame's latent gets, or zeros. */
static rs_size latent_size(const rs_frame_maker *m, rs_size fitted)
{
    return m->fit.resize == RS_RESIZE_LATENT ? fitted : (rs_size){ 0 };
}

rs_size rs_frame_maker_size(const rs_frame_maker *m, rs_size fitted)
{
    return rs_stages_size(m->spec, fitted, latent_size(m, fitted));
}

/* The reader leaves a frame whose latent is resized at its own size. */
rs_size rs_frame_maker_latent(const rs_frame_maker *m, const rs_frame *f)
{
    return latent_size(m, rs_fit_size(&m->fit, f->image.width, f->image.height));
}

static rs_status check_frame(const rs_frame_maker *m, const rs_frame *f, rs_err *err)
{
    const rs_size s = rs_stages_size(m->spec, (rs_size){ f->image.width, f->image.height },
                                     rs_frame_maker_latent(m, f));
    if (m->must.width == 0 || (s.width == m->must.width && s.height == m->must.height))
        return RS_OK;
    return RS_FAIL(err, RS_E_INVALID, "%s%sgives %dx%d, but the video began with %dx%d: set a 'size' for "
                   "all", f->name ? f->name : "", f->name ? " " : "", s.width, s.height, m->must.width,
                   m->must.height);
}

static bool same_size(const rs_image *a, const rs_image *b)
{
    return a->width == b->width && a->height == b->height;
}

/* After a frame of another size the loop starts anew. */
static void blend_previous(const rs_frame_maker *m, rs_image *init)
{
    const rs_image *previous = &m->chain.previous;
    if (!previous->rgb || !same_size(previous, init))
        return;
    const float b = m->spec->loopback.blend;
    const size_t n = (size_t)init->width * (size_t)init->height * 3;
    for (size_t i = 0; i < n; i++)
        init->rgb[i] = b * previous->rgb[i] + (1.0f - b) * init->rgb[i];
}

/* A copy of image, at the size of like. */
static rs_status keep(rs_image *copy, const rs_image *image, const rs_image *like, rs_err *err)
{
    if (!copy->rgb || !same_size(copy, like)) {
        rs_image_release(copy);
        RS_TRY(rs_image_alloc(copy, like->width, like->height, err));
    }
    return rs_image_resize(copy, image, RS_RESIZE_STRETCH, err);
}

/* Mixes the previous output into init. Colours are corrected to the source's, not to
 * those of the mix, which would drift. */
static rs_status loop_back(rs_frame_maker *m, rs_image *init, rs_img2img_params *p, rs_err *err)
{
    if (p->color_correction || m->masked || m->watch || m->spec->on_bad_frame != RS_BAD_FRAME_FAIL) {
        RS_TRY(keep(&m->source_image, init, init, err));
        p->color_target = &m->source_image;
    }
    blend_previous(m, init);
    return RS_OK;
}

/* What is shown instead of a result that is not finite: the output before, or the frame. */
static rs_status stand_in(rs_frame_maker *m, const rs_image *source, const rs_img2img_params *p,
                          rs_frame_event *event, rs_err *err)
{
    const rs_image *previous = &m->chain.previous;
    const bool hold = m->spec->on_bad_frame == RS_BAD_FRAME_HOLD && previous->rgb;
    const rs_size size = rs_stages_size(m->spec, (rs_size){ source->width, source->height }, p->latent_size);
    const rs_image like = { .width = size.width, .height = size.height };
    event->stands_in = hold ? "previous" : "source";
    m->n_bad++;
    return keep(&m->out, hold ? previous : source, &like, err);
}

/* Another try helps where the machine was at fault, and tells that where it was not. */
static rs_status run_stages(rs_frame_maker *m, const rs_frame *frame, const rs_stages_input *in,
                            const rs_img2img_params *p, rs_frame_event *event, const rs_image *source,
                            const rs_progress *progress, rs_err *err)
{
    const long long number = (long long)frame->index + 1;
    rs_status s = rs_stages_run(m->stages, p, in, 1, &m->out, progress, err);
    if (s != RS_E_NOT_FINITE)
        return s;
    event->retried = true;
    s = rs_stages_run(m->stages, p, in, 1, &m->out, progress, err);
    if (s == RS_OK)
        RS_WARN(m->log, "frame %lld was not finite (NaN or infinity) and came out well the second time: "
                "is the memory of this machine sound?", number);
    if (s != RS_E_NOT_FINITE || m->spec->on_bad_frame == RS_BAD_FRAME_FAIL)
        return s;
    RS_TRY(stand_in(m, source, p, event, err));
    RS_WARN(m->log, "frame %lld is not finite (NaN or infinity), twice: the %s stands in", number,
            event->stands_in);
    return RS_OK;
}

/* Mean absolute difference of the output to another picture; negative: there is none. */
static rs_status drift(rs_frame_maker *m, const rs_image *from, double *out, rs_err *err)
{
    const size_t n = (size_t)m->out.width * (size_t)m->out.height * 3;
    *out = -1;
    if (!from->rgb)
        return RS_OK;
    if (!same_size(from, &m->out)) {
        RS_TRY(keep(&m->scaled, from, &m->out, err));
        from = &m->scaled;
    }
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += fabs((double)m->out.rgb[i] - (double)from->rgb[i]);
    *out = sum / (double)n;
    return RS_OK;
}

static rs_status look_back(rs_frame_maker *m, const rs_image *source, rs_frame_event *event, rs_err *err)
{
    if (!m->watch)
        return RS_OK;
    RS_TRY(drift(m, source, &event->drift_source, err));
    RS_TRY(drift(m, &m->last, &event->drift_previous, err));
    return keep(&m->last, &m->out, &m->out, err);
}

/* What the next frame may need: the writer takes the output. */
static rs_status hand_on(rs_frame_maker *m, const rs_image *init, const rs_frame_event *event, rs_err *err)
{
    rs_image *previous = &m->chain.previous;
    if (event->stands_in)
        return RS_OK;
    if (m->spec->loopback.enabled)
        return keep(previous, &m->out, init, err);
    return m->spec->on_bad_frame == RS_BAD_FRAME_HOLD ? keep(previous, &m->out, &m->out, err) : RS_OK;
}

rs_stages_input rs_frame_maker_input(rs_frame_maker *m, const rs_frame *frame, const rs_image *original)
{
    return (rs_stages_input){ .init = &frame->image, .original = original,
                              .mask = m->masked ? &frame->mask : NULL, .box = &m->chain.box,
                              .part = rs_fit_size(&m->fit, frame->image.width, frame->image.height) };
}

rs_status rs_frame_maker_finish(rs_frame_maker *m, rs_frame *frame, int slot, const rs_img2img_params *p,
                                const rs_image *init, rs_image *out, rs_err *err)
{
    /* the size that is diffused: stages may enlarge the result */
    const rs_size size = p->latent_size.width > 0 ? p->latent_size
                                                  : (rs_size){ init->width, init->height };
    RS_TRY(rs_alpha_resize(out, init, RS_RESIZE_STRETCH, err));
    const rs_image old = frame->image;
    frame->image = *out;
    *out = old; /* its memory is for the next output */
    rs_alpha_drop(out);
    return rs_frame_texts_make(&m->texts, slot, p, size, &frame->text, err);
}

void rs_frame_maker_enter(rs_frame_maker *m, const rs_frame *frame)
{
    if (frame->scene != m->scene) {
        rs_image_release(&m->chain.previous);
        m->chain = (rs_chain){ 0 };
    }
    m->scene = frame->scene;
}

rs_status rs_frame_maker_run(rs_frame_maker *m, rs_frame *frame, int slot, const rs_progress *progress,
                             rs_err *err)
{
    const bool loop = m->spec->loopback.enabled;
    const double t0 = rs_clock_now();
    rs_frame_event *event = &m->events[slot];
    rs_img2img_params p = m->spec->img2img;
    p.seed = event->seed = rs_frame_seed(m->spec, frame);
    event->stands_in = NULL;
    event->retried = false;
    RS_TRY(check_frame(m, frame, err));
    rs_frame_maker_enter(m, frame);
    p.latent_size = rs_frame_maker_latent(m, frame);
    if (loop)
        RS_TRY(loop_back(m, &frame->image, &p, err));
    const rs_stages_input in =
        rs_frame_maker_input(m, frame, loop && m->masked ? &m->source_image : &frame->image);
    const rs_image *source = loop ? &m->source_image : &frame->image;
    RS_TRY(run_stages(m, frame, &in, &p, event, source, progress, err));
    RS_TRY(hand_on(m, &frame->image, event, err));
    RS_TRY(look_back(m, source, event, err));
    event->parts = rs_model_take_times(m->stages->model);
    event->make = rs_clock_now() - t0;
    return rs_frame_maker_finish(m, frame, slot, &p, &frame->image, &m->out, err);
}
