/* What a job is, by name and value: whatever changes its pixels. */
#ifndef RS_JOB_IDENTITY_H
#define RS_JOB_IDENTITY_H

#include "base/strbuf.h"
#include "restyle/pipeline.h"

/* Appends the head of a journal (see journal.h): its format, and a key for every option that
 * affects the output, the contents of all files that are read, the processor's tier (which
 * decides how sums are rounded), and RS_NUMERIC_VERSION. Reads the files. */
rs_status rs_identity_put(rs_strbuf *sb, const rs_pipeline_spec *spec, rs_err *err);

typedef rs_status rs_read_visit(void *cookie, const char *name, const char *path, rs_err *err);

/* Visits every file or folder that a run of spec reads beside its input: by the key that names it,
 * or, for a network, by its file's name. Stops at the first error. */
rs_status rs_identity_files(const rs_pipeline_spec *spec, rs_read_visit *visit, void *cookie, rs_err *err);

/* Whether a journal, which is called `name` in messages, has the identity of the head `mine`;
 * RS_E_INVALID names the first key that differs. */
rs_status rs_identity_check(const char *name, const uint8_t *journal, size_t size, const rs_strbuf *mine,
                            rs_err *err);

#endif
