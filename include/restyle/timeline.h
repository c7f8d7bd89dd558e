/* Which frames of a film, and when: rates, places in it, parts of it. */
#ifndef RESTYLE_TIMELINE_H
#define RESTYLE_TIMELINE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rs_rational {
    int num, den;
} rs_rational;

typedef enum rs_moment_kind {
    RS_MOMENT_NONE,  /* not given */
    RS_MOMENT_FRAME, /* value counts frames from 0 */
    RS_MOMENT_TIME   /* value is microseconds from the film's start */
} rs_moment_kind;

typedef struct rs_moment {
    rs_moment_kind kind;
    int64_t value;
} rs_moment;

/* The frames from start on and before end, every so many of them. */
typedef struct rs_range {
    rs_moment start, end;
    int every; /* 1: all; 0 stands for 1 */
} rs_range;

typedef enum rs_deinterlace {
    RS_DEINTERLACE_AUTO, /* frames that are marked as interlaced */
    RS_DEINTERLACE_NEVER,
    RS_DEINTERLACE_ALWAYS
} rs_deinterlace;

/* Graphs of FFmpeg's filters; NULL: none. */
typedef struct rs_filters_spec {
    const char *before, *after; /* on the decoded frames; on the restyled ones */
} rs_filters_spec;

/* What becomes of the frames between file and model, and between model and file; zeros change
 * nothing. */
typedef struct rs_timeline {
    rs_deinterlace deinterlace;
    rs_range range;
    rs_rational fps; /* 0/0: the source's own times */
    rs_filters_spec filters;
} rs_timeline;

#ifdef __cplusplus
}
#endif
#endif
