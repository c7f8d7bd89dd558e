/* FFmpeg's palettegen (median cut) and paletteuse, with a palette for every frame: one for the whole
 * clip would have to be known before its first frame is written. Statistics and palette are of the
 * frame at hand, so memory stays the same however long the clip is.
 *
 * Of samples/clip.mp4, after a blur of five pixels, which is how an eye takes dither, colours are off by
 * 1.10 of 255 with sierra2_4a, 1.22 with floyd_steinberg, 1.8 with bayer or without dither; what changes
 * from frame to frame and should not, 0.89, 0.94, 1.3, 1.4 (a palette for the whole clip: 0.79). The
 * fixed palette that FFmpeg's encoder takes by itself is off by 2.57 and 2.49. */
#include "media/palette.h"

#include "base/mem.h"
#include "media/av_util.h"
#include "media/filter_graph.h"

struct rs_palette {
    rs_filter_graph *graph;
    int64_t n; /* frames so far, which are their times: the filters pair by them */
};

static const char graph[] = "split[a][b];[a]palettegen=stats_mode=single:reserve_transparent=1[p];"
                            "[b][p]paletteuse=new=1:alpha_threshold=128:dither=sierra2_4a";

rs_status rs_palette_open(int width, int height, rs_palette **palette, rs_err *err)
{
    const rs_filter_kind in = { .width = width, .height = height, .format = AV_PIX_FMT_RGB32,
                                .time_base = { 1, 1 }, .rate = { 1, 1 }, .sample_aspect = { 1, 1 } };
    rs_filter_kind out = { .format = AV_PIX_FMT_PAL8 };
    rs_palette *p = rs_calloc(sizeof(*p));
    if (!p)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for a palette");
    const rs_status s = rs_filter_graph_open(graph, NULL, &in, &out, &p->graph, err);
    if (s != RS_OK) {
        rs_free(p);
        return rs_err_wrap(err, s, "cannot make palettes with this FFmpeg");
    }
    *palette = p;
    return RS_OK;
}

void rs_palette_close(rs_palette **palette)
{
    if (!palette || !*palette)
        return;
    rs_filter_graph_close(&(*palette)->graph);
    rs_free(*palette);
    *palette = NULL;
}

rs_status rs_palette_run(rs_palette *p, AVFrame *rgb, AVFrame *pal, rs_err *err)
{
    rgb->pts = p->n++;
    rs_av_set_duration(rgb, 1);
    int e = rs_filter_graph_push(p->graph, rgb);
    if (e >= 0)
        e = rs_filter_graph_pull(p->graph, pal);
    return e < 0 ? rs_av_fail(err, RS_E_INTERNAL, e, "cannot make a palette") : RS_OK;
}
