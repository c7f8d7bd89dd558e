/* Which frames of a film, and when: rates, places in it, parts of it. */
#ifndef RESTYLE_TIMELINE_H
#define RESTYLE_TIMELINE_H

#include <stdint.h>

#include "restyle/size.h"

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

typedef enum rs_exec_when {
    RS_EXEC_BEFORE, /* the model, behind filters.before */
    RS_EXEC_AFTER   /* it, in front of filters.after */
} rs_exec_when;

/* A program that frames are sent through; src/media/exec_stage.h has the format. */
typedef struct rs_exec_spec {
    const char *command; /* NULL: none */
    rs_exec_when when;
    int bits;            /* 8 or 16 a sample */
    rs_size size;        /* of what it gives; zeros: of what it gets */
    int timeout;         /* seconds without a byte, after which it is given up */
} rs_exec_spec;

/* What becomes of the frames between file and model, and between model and file; zeros change
 * nothing. */
typedef struct rs_timeline {
    rs_deinterlace deinterlace;
    rs_range range;
    rs_rational fps; /* 0/0: the source's own times */
    rs_filters_spec filters;
    rs_exec_spec exec;
} rs_timeline;

#ifdef __cplusplus
}
#endif
#endif
