/* The steps of several runs, told as those of one. */
#ifndef RS_STAGE_SCRIPT_PROGRESS_H
#define RS_STAGE_SCRIPT_PROGRESS_H

#include "restyle/img2img.h"

typedef struct rs_script_progress {
    const rs_progress *progress; /* may be NULL */
    int done, n_steps;           /* of the runs before, of all */
} rs_script_progress;

/* An rs_progress.step whose cookie is an rs_script_progress. */
bool rs_script_step(void *script, int step, int n_steps);
/* A run of n steps has ended. */
void rs_script_next(rs_script_progress *s, int n_steps);

#endif
