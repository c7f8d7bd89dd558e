/* FFmpeg tells what is wrong with a graph through its log only, which is one for the
 * process: while a graph is made, a function of ours listens, and each thread keeps the
 * first error of its own. */
#include "media/filter_graph.h"

#include <stdio.h>
#include <string.h>

#include <libavfilter/avfilter.h>
#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>
#include <libavutil/opt.h>

#include "base/mem.h"
#include "media/av_util.h"

struct rs_filter_graph {
    AVFilterGraph *graph;
    AVFilterContext *source, *sink;
    int64_t end; /* of what went in, by the frames' durations */
};

/* The same pixels on every machine, as those that av_pixels.c makes. */
#define SCALING "flags=bicubic+accurate_rnd+bitexact+full_chroma_int+full_chroma_inp"

struct listener {
    char text[256];
};

static _Thread_local struct listener *listening;

static void listen_to(void *object, int level, const char *format, va_list args)
{
    (void)object;
    struct listener *l = listening;
    if (!l || level > AV_LOG_ERROR || l->text[0])
        return;
    vsnprintf(l->text, sizeof(l->text), format, args);
    l->text[strcspn(l->text, "\n")] = '\0';
}

static void start_listening(struct listener *l)
{
    *l = (struct listener){ .text = "" };
    listening = l;
    av_log_set_callback(listen_to);
}

static void stop_listening(void)
{
    av_log_set_callback(av_log_default_callback); /* which is quiet, see rs_av_quiet */
    listening = NULL;
}

static rs_status fail(const struct listener *l, int averr, rs_err *err)
{
    if (averr == AVERROR(ENOMEM))
        return RS_FAIL(err, RS_E_NOMEM, "no memory for filters");
    if (l->text[0])
        return RS_FAIL(err, RS_E_INVALID, "%s", l->text);
    return rs_av_fail(err, RS_E_INVALID, averr, "the filters do not fit together");
}

static bool is_one_video(const AVFilterInOut *end, bool input)
{
    if (!end || end->next)
        return false;
    const AVFilterContext *f = end->filter_ctx;
    const AVFilterPad *pads = input ? f->input_pads : f->output_pads;
    return avfilter_pad_get_type(pads, end->pad_idx) == AVMEDIA_TYPE_VIDEO;
}

/* The filters of text, initialised, and their open ends. */
static rs_status parse(const char *text, AVFilterGraph **graph, AVFilterInOut **in, AVFilterInOut **out,
                       rs_err *err)
{
    struct listener heard;
    rs_av_quiet();
    *graph = avfilter_graph_alloc();
    if (!*graph)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for filters");
    (*graph)->nb_threads = 1;
    (*graph)->scale_sws_opts = av_strdup(SCALING);
    start_listening(&heard);
    const int e = avfilter_graph_parse2(*graph, text, in, out);
    stop_listening();
    if (e < 0)
        return fail(&heard, e, err);
    if (!is_one_video(*in, true) || !is_one_video(*out, false))
        return RS_FAIL(err, RS_E_INVALID, "the graph must have one video input and one video output");
    return RS_OK;
}

static bool is_chain(const AVFilterGraph *graph, const AVFilterInOut *in, const AVFilterInOut *out)
{
    unsigned n = 1;
    const AVFilterContext *f = in->filter_ctx;
    for (; f != out->filter_ctx && f->nb_inputs == 1 && f->nb_outputs == 1; n++)
        f = f->outputs[0]->dst;
    return f->nb_inputs == 1 && f->nb_outputs == 1 && n == graph->nb_filters;
}

/* Takes the filters out that are not kept, and joins their neighbours; of none is left "null". */
static rs_status pick(AVFilterGraph *graph, rs_filter_choice *choose, AVFilterInOut *in, AVFilterInOut *out,
                      rs_err *err)
{
    AVFilterContext *const end = out->filter_ctx, *kept = NULL, *next;
    int e = 0;
    if (!is_chain(graph, in, out))
        return RS_FAIL(err, RS_E_INVALID, "masks can follow filters.before only where it is a single chain, "
                       "as in 'crop=640:360,hqdn3d'");
    for (AVFilterContext *f = in->filter_ctx; f && e >= 0; f = next) {
        bool keep;
        next = f == end ? NULL : f->outputs[0]->dst;
        RS_TRY(choose(f->filter->name, &keep, err));
        if (!keep) {
            avfilter_free(f);
            continue;
        }
        if (!kept)
            in->filter_ctx = f;
        else if (!kept->outputs[0])
            e = avfilter_link(kept, 0, f, 0);
        kept = f;
    }
    if (e >= 0 && !kept)
        e = avfilter_graph_create_filter(&kept, avfilter_get_by_name("null"), "none", NULL, NULL, graph);
    if (e < 0)
        return rs_av_fail(err, RS_E_INVALID, e, "the filters do not fit together");
    if (graph->nb_filters == 1)
        in->filter_ctx = kept;
    in->pad_idx = out->pad_idx = 0;
    out->filter_ctx = kept;
    return RS_OK;
}

rs_status rs_filter_graph_check(const char *text, rs_filter_choice *choose, rs_err *err)
{
    AVFilterGraph *graph = NULL;
    AVFilterInOut *in = NULL, *out = NULL;
    rs_status s = parse(text, &graph, &in, &out, err);
    if (s == RS_OK && choose)
        s = pick(graph, choose, in, out, err);
    avfilter_inout_free(&in);
    avfilter_inout_free(&out);
    avfilter_graph_free(&graph);
    return s;
}

static int add_source(rs_filter_graph *g, const rs_filter_kind *k, const AVFilterInOut *to)
{
    g->source = avfilter_graph_alloc_filter(g->graph, avfilter_get_by_name("buffer"), "in");
    AVBufferSrcParameters *p = av_buffersrc_parameters_alloc();
    if (!g->source || !p) {
        av_free(p);
        return AVERROR(ENOMEM);
    }
    p->width = k->width;
    p->height = k->height;
    p->format = k->format;
    p->time_base = k->time_base;
    p->frame_rate = k->rate;
    p->sample_aspect_ratio = k->sample_aspect;
    int e = av_buffersrc_parameters_set(g->source, p);
    av_free(p);
    if (e >= 0)
        e = avfilter_init_str(g->source, NULL);
    return e < 0 ? e : avfilter_link(g->source, 0, to->filter_ctx, (unsigned)to->pad_idx);
}

static int add_sink(rs_filter_graph *g, enum AVPixelFormat format, const AVFilterInOut *from)
{
    const enum AVPixelFormat formats[] = { format, AV_PIX_FMT_NONE };
    g->sink = avfilter_graph_alloc_filter(g->graph, avfilter_get_by_name("buffersink"), "out");
    if (!g->sink)
        return AVERROR(ENOMEM);
    int e = av_opt_set_int_list(g->sink, "pix_fmts", formats, AV_PIX_FMT_NONE, AV_OPT_SEARCH_CHILDREN);
    if (e >= 0)
        e = avfilter_init_str(g->sink, NULL);
    return e < 0 ? e : avfilter_link(from->filter_ctx, (unsigned)from->pad_idx, g->sink, 0);
}

static rs_status configure(rs_filter_graph *g, const rs_filter_kind *in, rs_filter_kind *out,
                           const AVFilterInOut *first, const AVFilterInOut *last, rs_err *err)
{
    struct listener heard;
    start_listening(&heard);
    int e = add_source(g, in, first);
    if (e >= 0)
        e = add_sink(g, out->format, last);
    if (e >= 0)
        e = avfilter_graph_config(g->graph, NULL);
    stop_listening();
    if (e < 0)
        return fail(&heard, e, err);
    out->width = av_buffersink_get_w(g->sink);
    out->height = av_buffersink_get_h(g->sink);
    out->time_base = av_buffersink_get_time_base(g->sink);
    out->rate = av_buffersink_get_frame_rate(g->sink);
    out->sample_aspect = av_buffersink_get_sample_aspect_ratio(g->sink);
    return RS_OK;
}

rs_status rs_filter_graph_open(const char *text, rs_filter_choice *choose, const rs_filter_kind *in,
                               rs_filter_kind *out, rs_filter_graph **graph, rs_err *err)
{
    AVFilterInOut *first = NULL, *last = NULL;
    rs_filter_graph *g = rs_calloc(sizeof(*g));
    if (!g)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for filters");
    rs_status s = parse(text, &g->graph, &first, &last, err);
    if (s == RS_OK && choose)
        s = pick(g->graph, choose, first, last, err);
    if (s == RS_OK)
        s = configure(g, in, out, first, last, err);
    avfilter_inout_free(&first);
    avfilter_inout_free(&last);
    if (s == RS_OK)
        *graph = g;
    else
        rs_filter_graph_close(&g);
    return s;
}

void rs_filter_graph_close(rs_filter_graph **graph)
{
    if (!graph || !*graph)
        return;
    avfilter_graph_free(&(*graph)->graph);
    rs_free(*graph);
    *graph = NULL;
}

int rs_filter_graph_push(rs_filter_graph *g, AVFrame *frame)
{
    if (!frame) /* without its end, fps leaves the last one out */
        return av_buffersrc_close(g->source, g->end, 0);
    const int64_t duration = rs_av_duration(frame);
    g->end = frame->pts != AV_NOPTS_VALUE ? frame->pts + duration : g->end;
    return av_buffersrc_add_frame_flags(g->source, frame, 0);
}

int rs_filter_graph_pull(rs_filter_graph *g, AVFrame *frame)
{
    return av_buffersink_get_frame(g->sink, frame);
}
