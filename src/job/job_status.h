/* What the journals of one job tell. */
#ifndef RS_JOB_JOB_STATUS_H
#define RS_JOB_JOB_STATUS_H

#include "base/err.h"
#include "base/strbuf.h"

/* Appends the lines of an output's job, or of a folder NAME.job. RS_E_NOTFOUND: there is neither a
 * job nor the output, and nothing is appended. */
rs_status rs_job_status_put(const char *path, rs_strbuf *text, rs_err *err);

#endif
