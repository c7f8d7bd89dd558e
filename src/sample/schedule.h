/* Schedules: how n sampler steps are spread over a model's noise levels.
 *
 * A schedule gives the sigmas of n points, falling from the model's largest to
 * its smallest; a run ends with one more step, from the last point to 0. To add
 * one: write its sigma function in schedule.c and add a row to the table there. */
#ifndef RS_SAMPLE_SCHEDULE_H
#define RS_SAMPLE_SCHEDULE_H

#include <stdint.h>

#include "sample/levels.h"

typedef struct rs_scheduler {
    const char *name;
    const char *help; /* one sentence */
    /* Point i of n, 0 <= i < n; a schedule of one point is the largest sigma. */
    double (*sigma)(const rs_noise_levels *levels, int64_t i, int64_t n);
} rs_scheduler;

/* By name; an unknown one is RS_E_INVALID and the message lists those there are. */
rs_status rs_scheduler_find(const char *name, const rs_scheduler **out, rs_err *err);

#endif
