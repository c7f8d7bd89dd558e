/* Schedules: how n sampler steps are spread over a model's noise levels.
 *
 * A schedule gives the sigmas of n points, falling from the model's largest to
 * its smallest; a run ends with one more step, from the last point to 0. To add
 * one: write its sigma function in schedule.c and add a row to the table there. */
#ifndef RS_SAMPLE_SCHEDULE_H
#define RS_SAMPLE_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#include "restyle/sampling.h"
#include "sample/levels.h"

/* What a schedule is made of. */
typedef struct rs_schedule {
    const rs_noise_levels *levels;
    double low, high;      /* ends asked for, or the levels' own; low < high */
    double rho;            /* 0: the scheduler's own */
    const float *sigmas;   /* [n_sigmas] of `explicit` */
    size_t n_sigmas;
    const double *cdf;     /* of `beta` (beta_cdf.h), else NULL */
    const struct rs_sampler *sampler; /* NULL, or whose class in diffusers spaces the points */
} rs_schedule;

enum {
    RS_SCHEDULER_RHO = 1,      /* takes rho */
    RS_SCHEDULER_ENDS = 2,     /* takes sigma_min and sigma_max */
    RS_SCHEDULER_BETA = 4,     /* takes beta_alpha and beta_beta */
    RS_SCHEDULER_EXPLICIT = 8, /* takes sigmas */
    RS_SCHEDULER_AUTO = 16,    /* stands for the sampler's own; has no sigma function */
    RS_SCHEDULER_A1111_END = 32, /* with a1111_steps its smallest level is the end, in the place of 0 */
    RS_SCHEDULER_DIFFUSERS = 64 /* see spacing.h */
};

typedef struct rs_scheduler {
    const char *name;
    const char *help; /* one sentence */
    unsigned flags;
    /* Point i of a schedule of which n points were asked for. Points never rise; equal
     * ones count once. */
    double (*sigma)(const rs_schedule *s, int64_t i, int64_t n);
    /* How many points there are then; NULL: n. */
    int64_t (*count)(const rs_schedule *s, int64_t n);
} rs_scheduler;

/* By name; an unknown one is RS_E_INVALID and the message lists those there are. */
rs_status rs_scheduler_find(const char *name, const rs_scheduler **out, rs_err *err);

/* Takes what the scheduler takes from the parameters, and checks it; tables live in
 * arena. Errors: RS_E_RANGE. */
rs_status rs_schedule_init(rs_arena *arena, const rs_scheduler *scheduler, const rs_noise_levels *levels,
                           const rs_sampling_params *params, rs_schedule *out, rs_err *err);

/* Point i of n between high and low after Karras et al. 2022, equation 5. */
double rs_karras_sigma(double low, double high, double rho, int64_t i, int64_t n);

#endif
