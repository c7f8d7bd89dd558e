/* What each operation cost. Off (rs_exec.prof is NULL) it costs one comparison;
 * on, every layer records itself around its operation:
 *
 *     const double t0 = rs_prof_start(ex->prof);
 *     rs_op_silu(ex, &y, &x);
 *     rs_prof_end(ex->prof, t0, RS_PROF_ACTIVATION, name, 0, bytes);
 *
 * Only the thread that runs the model records. */
#ifndef RS_TENSOR_PROF_H
#define RS_TENSOR_PROF_H

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"

typedef enum rs_prof_kind {
    RS_PROF_WINOGRAD, /* 3x3 convolutions of stride 1 */
    RS_PROF_PATCHES,  /* other convolutions larger than 1x1, and those in 8 bits */
    RS_PROF_CONV1,
    RS_PROF_LINEAR,
    RS_PROF_SELF_ATTENTION, /* scores, softmax and sums; the projections are linear layers */
    RS_PROF_CROSS_ATTENTION,
    RS_PROF_NORM, /* with the activation that follows in the same pass */
    RS_PROF_ACTIVATION,
    RS_PROF_CONCAT,
    RS_PROF_PART, /* of a picture, such as "unet step", around its operations */
    RS_PROF_KINDS
} rs_prof_kind;

typedef struct rs_prof_event {
    rs_prof_kind kind;
    const char *label;     /* the layer's name in the model; owned by the model */
    double start, seconds; /* start: rs_clock_now() */
    double flops;          /* 2 for each multiplication of the plain algorithm's products, also
                            * where the operation gets by with fewer; 0 without products */
    double bytes;          /* weights as they lie in memory, inputs, outputs, each once */
} rs_prof_event;

typedef struct rs_prof rs_prof;

/* "conv 3x3 winograd", "linear", ... */
const char *rs_prof_kind_name(rs_prof_kind kind);

rs_status rs_prof_open(rs_prof **prof, rs_err *err);
void rs_prof_close(rs_prof **prof); /* NULL and *NULL are fine */

static inline double rs_prof_start(const rs_prof *prof)
{
    return prof ? rs_clock_now() : 0.0;
}

/* Ends the operation that began at t0; does nothing when prof is NULL. Without
 * memory the event is lost and counted. */
void rs_prof_add(rs_prof *prof, const rs_prof_event *event);
static inline void rs_prof_end(rs_prof *prof, double t0, rs_prof_kind kind, const char *label,
                               double flops, double bytes)
{
    if (prof)
        rs_prof_add(prof, &(rs_prof_event){ .kind = kind, .label = label, .start = t0, .flops = flops,
                                            .seconds = rs_clock_now() - t0, .bytes = bytes });
}

/* The events since the last clearing, in the order in which they ended. */
typedef void rs_prof_visit(void *cookie, const rs_prof_event *event);
void rs_prof_each(const rs_prof *prof, rs_prof_visit *visit, void *cookie);
/* Forgets them; their memory is used again. */
void rs_prof_clear(rs_prof *prof);
size_t rs_prof_lost(const rs_prof *prof);

#endif
