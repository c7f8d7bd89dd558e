/* The filters that move pixels are listed, because FFmpeg does not tell which do. One that is
 * missing here and changes the size is found out by that (rs_mask_source_open). */
#include "media/mask_filter.h"

#include <string.h>

#include <libavutil/pixfmt.h>

#include "base/err.h"
#include "base/mem.h"
#include "media/av_util.h"
#include "media/filter_graph.h"

struct rs_mask_filter {
    rs_filter_graph *graph;
    rs_filter_kind in, out;
    AVFrame *frame;
    int64_t last_pts;
};

/* The same for every picture of a size, or by its time. */
static const char *const moving[] = {
    "crop", "hflip", "lenscorrection", "pad", "perspective", "rotate", "scale", "scroll", "setdar", "setsar",
    "shear", "stereo3d", "swaprect", "transpose", "v360", "vflip", "vidstabtransform", "zscale", NULL
};

/* By what they see, or by how many frames they were given. */
static const char *const blind[] = {
    "deshake", "dewobble", "shufflepixels", "tile", "untile", "zoompan", NULL
};

static bool is_one_of(const char *name, const char *const *list)
{
    while (*list && strcmp(*list, name) != 0)
        list++;
    return *list != NULL;
}

static rs_status choose(const char *name, bool *keep, rs_err *err)
{
    *keep = is_one_of(name, moving);
    if (!is_one_of(name, blind))
        return RS_OK;
    return RS_FAIL(err, RS_E_INVALID, "masks cannot follow '%s' in filters.before: filter the clip "
                   "beforehand, and make masks of the result", name);
}

rs_status rs_mask_filter_check(const char *graph, rs_err *err)
{
    return rs_filter_graph_check(graph, choose, err);
}

void rs_mask_filter_close(rs_mask_filter **filter)
{
    if (!filter || !*filter)
        return;
    rs_filter_graph_close(&(*filter)->graph);
    av_frame_free(&(*filter)->frame);
    rs_free(*filter);
    *filter = NULL;
}

rs_status rs_mask_filter_open(const char *graph, const rs_stage_format *frames, rs_mask_filter **filter,
                              rs_err *err)
{
    rs_mask_filter *f = rs_calloc(sizeof(*f));
    if (!f)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for filters of masks");
    f->in = (rs_filter_kind){ frames->width, frames->height, AV_PIX_FMT_GRAY8,
                              rs_av_rational(frames->time_base), rs_av_rational(frames->rate),
                              rs_av_rational(frames->sample_aspect) };
    f->out.format = AV_PIX_FMT_GRAY8;
    f->frame = av_frame_alloc();
    f->last_pts = INT64_MIN;
    const rs_status s = f->frame ? rs_filter_graph_open(graph, choose, &f->in, &f->out, &f->graph, err)
                                 : RS_FAIL(err, RS_E_NOMEM, "no memory for filters of masks");
    if (s == RS_OK)
        *filter = f;
    else
        rs_mask_filter_close(&f);
    return s;
}

rs_size rs_mask_filter_size(const rs_mask_filter *filter)
{
    return (rs_size){ filter->out.width, filter->out.height };
}

static rs_status send(rs_mask_filter *f, const rs_mask *in, int64_t pts, rs_err *err)
{
    AVFrame *a = f->frame;
    a->format = f->in.format;
    a->width = f->in.width;
    a->height = f->in.height;
    a->sample_aspect_ratio = f->in.sample_aspect;
    a->color_range = AVCOL_RANGE_JPEG;
    a->pts = f->last_pts = pts > f->last_pts ? pts : f->last_pts + 1;
    if (av_frame_get_buffer(a, 0) < 0)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for filters of masks");
    for (int y = 0; y < a->height; y++)
        memcpy(a->data[0] + (ptrdiff_t)y * a->linesize[0], in->v + (size_t)y * (size_t)in->width,
               (size_t)in->width);
    const int e = rs_filter_graph_push(f->graph, a);
    av_frame_unref(a);
    return e < 0 ? rs_av_fail(err, RS_E_INVALID, e, "filters.before cannot be applied to a mask") : RS_OK;
}

rs_status rs_mask_filter_run(rs_mask_filter *f, const rs_mask *in, int64_t pts, rs_mask *out, rs_err *err)
{
    RS_BUG_IF(in->width != f->in.width || in->height != f->in.height);
    RS_TRY(send(f, in, pts, err));
    AVFrame *a = f->frame;
    const int e = rs_filter_graph_pull(f->graph, a);
    if (e < 0)
        return rs_av_fail(err, RS_E_INVALID, e, "filters.before gives nothing for a mask");
    rs_status s = RS_OK;
    if (!out->v || out->width != a->width || out->height != a->height) {
        rs_mask_release(out);
        s = rs_mask_alloc(out, a->width, a->height, err);
    }
    for (int y = 0; s == RS_OK && y < a->height; y++)
        memcpy(out->v + (size_t)y * (size_t)a->width, a->data[0] + (ptrdiff_t)y * a->linesize[0],
               (size_t)a->width);
    av_frame_unref(a);
    return s;
}
