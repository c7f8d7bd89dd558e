/* A graph of FFmpeg's filters with one input and one output, for frames of one kind. */
#ifndef RS_MEDIA_FILTER_GRAPH_H
#define RS_MEDIA_FILTER_GRAPH_H

#include <stdbool.h>

#include <libavutil/frame.h>

#include "base/err.h"

/* What goes in, and what comes out. */
typedef struct rs_filter_kind {
    int width, height;
    enum AVPixelFormat format;
    AVRational time_base, rate, sample_aspect; /* rate 0/1: unknown */
} rs_filter_kind;

typedef struct rs_filter_graph rs_filter_graph;

/* Whether a filter of this name is kept; anything but RS_OK: it cannot be used at all. */
typedef rs_status rs_filter_choice(const char *name, bool *keep, rs_err *err);

/* Whether text names known filters with options they take, and has one open end on each side; with
 * choose (NULL: all filters are kept) also whether it is a single chain. The message is FFmpeg's own. */
rs_status rs_filter_graph_check(const char *text, rs_filter_choice *choose, rs_err *err);

/* out->format: the wanted one; the rest of *out is filled in. choose as above: the others are left
 * out of the chain. */
rs_status rs_filter_graph_open(const char *text, rs_filter_choice *choose, const rs_filter_kind *in,
                               rs_filter_kind *out, rs_filter_graph **graph, rs_err *err);
void rs_filter_graph_close(rs_filter_graph **graph);

/* FFmpeg's status: 0, or an error. frame: its reference is taken; NULL: no more come. */
int rs_filter_graph_push(rs_filter_graph *graph, AVFrame *frame);
/* 0, AVERROR(EAGAIN): more has to go in first, AVERROR_EOF, or an error. */
int rs_filter_graph_pull(rs_filter_graph *graph, AVFrame *frame);

#endif
