/* Frames in files that outlive the process. Each is written beside its name, brought to the
 * disk, and renamed: it is there whole or not at all. */
#ifndef RS_JOB_FRAME_STORE_H
#define RS_JOB_FRAME_STORE_H

#include <stdint.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "restyle/image.h"

/* Writes *image as a PNG of samples of `bits` bits with this text (or NULL), and replaces
 * it by what was kept, so that whoever goes on with it does what a later run would. size and
 * crc: of the file. */
rs_status rs_frame_store_write(const char *path, rs_image *image, int bits, const char *text,
                               int64_t *size, uint32_t *crc, rs_err *err);
/* The same picture again, and, unless text is NULL, its text, or "". */
rs_status rs_frame_store_read(const char *path, rs_image *image, rs_strbuf *text, rs_err *err);

/* Size and checksum of a whole file. */
rs_status rs_frame_store_sum(const char *path, int64_t *size, uint32_t *crc, rs_err *err);
/* The same of an output, which may be a folder: of all its pictures and their names. */
rs_status rs_frame_store_sum_output(const char *path, int64_t *size, uint32_t *crc, rs_err *err);

#endif
