/* Profiles: what each operation of a model costs, as a Chrome trace.
 *
 * One event for each operation, named by the layer ("down_blocks.0.resnets.0.
 * conv1"), its kind as category, with its GFLOP (those of the plain algorithm,
 * also where fewer were needed), GFLOP/s and GB/s. chrome://tracing and Perfetto
 * read the file. */
#ifndef RESTYLE_PROFILE_H
#define RESTYLE_PROFILE_H

#include "restyle/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rs_profile rs_profile;

/* Creates or empties the file at path. It is written step by step, so that it can
 * be read even when the program is killed. */
rs_status rs_profile_open(const char *path, rs_profile **profile, rs_err *err);

/* Ends the file. RS_E_IO when anything could not be written. */
rs_status rs_profile_close(rs_profile **profile, rs_err *err); /* NULL and *NULL are fine */

#ifdef __cplusplus
}
#endif
#endif
