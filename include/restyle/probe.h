/* What a video holds: streams, times, colour, chapters, tags - what a restyled one keeps. */
#ifndef RESTYLE_PROBE_H
#define RESTYLE_PROBE_H

#include "restyle/pipeline.h"
#include "restyle/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Describes the file for a person, some lines a stream. Every packet is read, none is
 * decoded, so that frames are counted and not estimated. */
rs_status rs_probe_write(const char *path, const rs_text_sink *sink, rs_err *err);

#ifdef __cplusplus
}
#endif
#endif
