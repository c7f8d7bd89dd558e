/* Taking away what a job has written, and nothing else. */
#ifndef RS_JOB_JOB_CLEAN_H
#define RS_JOB_JOB_CLEAN_H

#include <stdbool.h>

/* Frames, chains, the output in the making, journals; with all also the locks and the folder, if
 * then nothing is left in it. The caller has the lock. What cannot be removed stays. */
void rs_job_clean(const char *dir, const char *output, bool all);

/* Files under temporary names, which a killed process leaves in a job's folder, and in a folder
 * as output. */
void rs_job_clean_partial(const char *dir);
void rs_job_clean_output(const char *folder);

/* "journal" or "shard-1-of-2.journal", and not one that is only being written. */
bool rs_is_journal_name(const char *name);

#endif
