/* Taking away what a job has written, and nothing else. */
#ifndef RS_JOB_JOB_CLEAN_H
#define RS_JOB_JOB_CLEAN_H

#include <stdbool.h>

typedef enum rs_job_rest {
    RS_JOB_REST_JOURNAL, /* and the locks stay: what is done is still known */
    RS_JOB_REST_LOCK,    /* the locks stay */
    RS_JOB_REST_NOTHING  /* the folder goes, if then nothing is left in it */
} rs_job_rest;

/* Frames, chains, the output in the making, and what `rest` does not name. The caller has the lock.
 * What cannot be removed stays. */
void rs_job_clean(const char *dir, const char *output, rs_job_rest rest);

/* Files under temporary names, which a killed process leaves in a job's folder, and in a folder
 * as output. */
void rs_job_clean_partial(const char *dir);
void rs_job_clean_output(const char *folder);

/* "journal" or "shard-1-of-2.journal", and not one that is only being written. */
bool rs_is_journal_name(const char *name);

#endif
