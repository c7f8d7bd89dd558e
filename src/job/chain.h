/* What loopback and a mask's box carry from each frame to the next. */
#ifndef RS_JOB_CHAIN_H
#define RS_JOB_CHAIN_H

#include <stdint.h>

#include "base/err.h"
#include "restyle/inpaint.h"

/* Zero it before the first frame. */
typedef struct rs_chain {
    rs_image previous;  /* with loopback a copy of the last output at its frame's size; to hold it in the
                           place of a bad frame, at its own */
    rs_inpaint_box box; /* of only_masked */
} rs_chain;

rs_status rs_chain_copy(rs_chain *to, const rs_chain *from, rs_err *err);

/* To the disk, in full precision: what frame `index` hands on. crc: of the file. */
rs_status rs_chain_write(const char *path, const rs_chain *chain, int64_t index, uint32_t *crc, rs_err *err);
/* RS_E_CORRUPT when the file is not the one of that frame and checksum. */
rs_status rs_chain_read(const char *path, int64_t index, uint32_t crc, rs_chain *chain, rs_err *err);

#endif
