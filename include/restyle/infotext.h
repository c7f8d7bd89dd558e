/* A picture's parameters: A1111's `parameters` text, which tells how it was made.
 *
 * restyle writes it into the pictures it makes (key infotext.write) and reads it
 * back, as well as what A1111 and others wrote. */
#ifndef RESTYLE_INFOTEXT_H
#define RESTYLE_INFOTEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "restyle/pipeline.h"
#include "restyle/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Sends the text of a PNG, JPEG, WebP or TIFF file, as it stands, in UTF-8; or that of a video made
 * by restyle, where a pipeline follows the parameters. RS_E_NOTFOUND: the file carries none;
 * RS_E_FORMAT: no such picture, and no video. */
rs_status rs_infotext_read(const char *path, const rs_text_sink *sink, rs_err *err);

/* The text as the YAML of a pipeline that makes such a picture, or such a video. Fields restyle has
 * no key for become comments, and so do model, input and output unless overrides
 * name them, which win over the text (paths: relative to the current folder).
 * RS_E_INVALID: an override is wrong; diags (may be empty) say how. */
rs_status rs_infotext_to_pipeline(const char *text, size_t size, const rs_override *overrides,
                                  size_t n_overrides, const rs_diag_sink *diags,
                                  const rs_text_sink *sink, rs_err *err);
/* The same with the text of a picture's file, or the pipeline itself where a picture or video of ours
 * carries it; errors as of rs_infotext_read, too. */
rs_status rs_infotext_file_to_pipeline(const char *path, const rs_override *overrides,
                                       size_t n_overrides, const rs_diag_sink *diags,
                                       const rs_text_sink *sink, rs_err *err);

#ifdef __cplusplus
}
#endif
#endif
