/* Filters of FFmpeg 5 leave the durations of frames as they were, whatever they do to their
 * times, so a frame waits here for the next one, which ends it. The last one keeps its own
 * duration while the rate is the same; at another rate it has that of one frame. */
#include "media/filter_stage.h"

#include <inttypes.h>
#include <string.h>

#include <libavfilter/version.h>
#include <libavutil/pixfmt.h>

#include "base/mem.h"
#include "media/alpha.h"
#include "media/av_util.h"
#include "media/convert.h"
#include "media/filter_graph.h"
#include "media/frame_label.h"

struct filter_stage {
    const char *key;
    rs_filter_graph *graph;
    rs_filter_kind in, out;
    AVFrame *frame, *next, *ahead; /* what goes in; what comes out, and before that */
    bool have_ahead, ended;
    AVBufferRef *label; /* of the frame given last */
    float *row;         /* width * 4 */
    int channels;       /* of what goes in: 4 with transparency, else 3, or filters would invent some */
};

static void stage_close(void *self)
{
    struct filter_stage *s = self;
    rs_filter_graph_close(&s->graph);
    av_frame_free(&s->frame);
    av_frame_free(&s->next);
    av_frame_free(&s->ahead);
    av_buffer_unref(&s->label);
    rs_free(s->row);
    rs_free(s);
}

static void free_label(void *opaque, uint8_t *data)
{
    (void)opaque;
    rs_free(data);
}

static AVBufferRef *make_label(const rs_frame *frame)
{
    rs_frame_label *label = rs_frame_label_of(frame);
    AVBufferRef *ref =
        label ? av_buffer_create((uint8_t *)label, sizeof(*label), free_label, NULL, 0) : NULL;
    if (!ref)
        rs_free(label);
    return ref;
}

static const rs_frame_label *label_of(const AVBufferRef *ref)
{
    return ref ? (const rs_frame_label *)(const void *)ref->data : NULL;
}

static void fill_rows(struct filter_stage *s, const rs_image *image)
{
    const size_t w = (size_t)image->width;
    for (int y = 0; y < image->height; y++) {
        const float *rgb = image->rgb + (size_t)y * w * 3, *from = rgb;
        const float *alpha = image->alpha ? image->alpha + (size_t)y * w : NULL;
        for (size_t x = 0; s->channels == 4 && x < w; x++) {
            memcpy(s->row + x * 4, rgb + x * 3, 3 * sizeof(float));
            s->row[x * 4 + 3] = alpha ? alpha[x] : 1.0f;
            from = s->row;
        }
        rs_floats_to_u16((uint16_t *)(void *)(s->frame->data[0] + (ptrdiff_t)y * s->frame->linesize[0]), from,
                         w * (size_t)s->channels);
    }
}

static rs_status stage_push(void *self, const rs_frame *frame, rs_err *err)
{
    struct filter_stage *s = self;
    AVFrame *f = s->frame;
    if (!frame) {
        rs_filter_graph_push(s->graph, NULL);
        return RS_OK;
    }
    const rs_image *image = &frame->image;
    if (image->width != s->in.width || image->height != s->in.height)
        return RS_FAIL(err, RS_E_INVALID, "%s takes frames of one size: %s is %dx%d, those before it %dx%d",
                       s->key, frame->name ? frame->name : "the next one", image->width, image->height,
                       s->in.width, s->in.height);
    f->format = s->in.format;
    f->width = image->width;
    f->height = image->height;
    f->sample_aspect_ratio = s->in.sample_aspect;
    f->pts = frame->pts;
    rs_av_set_duration(f, frame->duration);
    f->opaque_ref = make_label(frame);
    if (!f->opaque_ref || av_frame_get_buffer(f, 0) < 0) {
        av_frame_unref(f);
        return RS_FAIL(err, RS_E_NOMEM, "no memory for %s", s->key);
    }
    fill_rows(s, image);
    const int e = rs_filter_graph_push(s->graph, f);
    av_frame_unref(f);
    return e < 0 ? rs_av_fail(err, RS_E_INVALID, e, "%s stopped at frame %" PRId64, s->key, frame->index + 1)
                 : RS_OK;
}

static rs_status read_rows(const AVFrame *f, rs_image *image, rs_err *err)
{
    const size_t w = (size_t)f->width;
    if (!image->rgb || image->width != f->width || image->height != f->height) {
        rs_image_release(image);
        RS_TRY(rs_image_alloc(image, f->width, f->height, err));
    }
    if (!image->alpha)
        RS_TRY(rs_alpha_alloc(image, err));
    for (int y = 0; y < f->height; y++) {
        const uint16_t *row = (const uint16_t *)(const void *)(f->data[0] + (ptrdiff_t)y * f->linesize[0]);
        float *rgb = image->rgb + (size_t)y * w * 3, *alpha = image->alpha + (size_t)y * w;
        for (size_t x = 0; x < w; x++) {
            for (size_t c = 0; c < 3; c++)
                rgb[x * 3 + c] = (float)row[x * 4 + c] / 65535.0f;
            alpha[x] = (float)row[x * 4 + 3] / 65535.0f;
        }
    }
    rs_alpha_settle(image);
    return RS_OK;
}

static int64_t last_duration(const struct filter_stage *s, const AVFrame *f)
{
    const bool same_rate = s->out.rate.num <= 0 || av_cmp_q(s->out.rate, s->in.rate) == 0;
#if LIBAVFILTER_VERSION_MAJOR > 8 /* durations follow the times */
    const int64_t own = rs_av_duration(f);
#else
    const int64_t own = av_rescale_q(rs_av_duration(f), s->in.time_base, s->out.time_base);
#endif
    const int64_t d = same_rate ? own : av_rescale_q(1, av_inv_q(s->out.rate), s->out.time_base);
    return d > 0 ? d : 1;
}

/* What waits in ahead; its end, or 0 for the last one. */
static rs_status give(struct filter_stage *s, int64_t end, rs_frame *out, rs_err *err)
{
    const AVFrame *f = s->ahead;
    const rs_frame_label *label = label_of(f->opaque_ref), *before = label_of(s->label);
    const bool again = label && before && label->index == before->index;
    RS_TRY(read_rows(f, &out->image, err));
    out->pts = f->pts;
    out->duration = end > f->pts ? end - f->pts : last_duration(s, f);
    rs_frame_label_put(label, out);
    if (again) /* a name is for one file */
        out->name = out->png_name = out->file_name = NULL;
    av_buffer_unref(&s->label);
    s->label = f->opaque_ref ? av_buffer_ref(f->opaque_ref) : NULL;
    return RS_OK;
}

static rs_status stage_pull(void *self, rs_frame *out, bool *got, rs_err *err)
{
    struct filter_stage *s = self;
    *got = false;
    while (!s->ended) {
        const int e = rs_filter_graph_pull(s->graph, s->next);
        if (e == AVERROR(EAGAIN))
            return RS_OK;
        s->ended = e == AVERROR_EOF;
        if (s->ended)
            break;
        if (e < 0)
            return rs_av_fail(err, RS_E_INVALID, e, "%s failed", s->key);
        AVFrame *next = s->next;
        if (s->have_ahead && (next->pts == AV_NOPTS_VALUE || next->pts <= s->ahead->pts))
            next->pts = s->ahead->pts + 1;
        *got = s->have_ahead;
        if (*got)
            RS_TRY(give(s, next->pts, out, err));
        av_frame_unref(s->ahead);
        av_frame_move_ref(s->ahead, next);
        s->have_ahead = true;
        if (*got)
            return RS_OK;
    }
    *got = s->have_ahead;
    s->have_ahead = false;
    return *got ? give(s, INT64_MIN, out, err) : RS_OK;
}

static rs_rational from_av(AVRational r)
{
    return (rs_rational){ r.num, r.den };
}

static rs_status open_all(struct filter_stage *s, const char *graph, rs_stage_format *format, rs_err *err)
{
    s->channels = format->alpha ? 4 : 3;
    s->in = (rs_filter_kind){ format->width, format->height,
                              format->alpha ? AV_PIX_FMT_RGBA64 : AV_PIX_FMT_RGB48,
                              rs_av_rational(format->time_base), rs_av_rational(format->rate),
                              rs_av_rational(format->sample_aspect) };
    s->out.format = AV_PIX_FMT_RGBA64;
    s->frame = av_frame_alloc();
    s->next = av_frame_alloc();
    s->ahead = av_frame_alloc();
    s->row = rs_alloc((size_t)format->width * 4 * sizeof(float));
    if (!s->frame || !s->next || !s->ahead || !s->row)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for %s", s->key);
    const rs_status status = rs_filter_graph_open(graph, NULL, &s->in, &s->out, &s->graph, err);
    if (status != RS_OK)
        return rs_err_wrap(err, status, "%s", s->key);
    format->width = s->out.width;
    format->height = s->out.height;
    format->time_base = from_av(s->out.time_base);
    format->rate = s->out.rate.num > 0 ? from_av(s->out.rate) : format->rate;
    format->sample_aspect = from_av(s->out.sample_aspect);
    return RS_OK;
}

rs_status rs_filter_stage_open(const char *key, const char *graph, rs_stage_format *format,
                               rs_frame_stage *stage, rs_err *err)
{
    struct filter_stage *s = rs_calloc(sizeof(*s));
    if (!s)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for %s", key);
    s->key = key;
    const rs_status status = open_all(s, graph, format, err);
    if (status == RS_OK)
        *stage = (rs_frame_stage){ stage_push, stage_pull, stage_close, s };
    else
        stage_close(s);
    return status;
}
