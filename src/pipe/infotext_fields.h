/* Which field of a picture's parameters is which key of a pipeline. */
#ifndef RS_PIPE_INFOTEXT_FIELDS_H
#define RS_PIPE_INFOTEXT_FIELDS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strbuf.h"
#include "restyle/pipeline.h"

/* Our word for a value and A1111's; a table ends with a row without ours. */
typedef struct rs_infotext_word {
    const char *ours, *theirs;
} rs_infotext_word;

typedef struct rs_infotext_row {
    const char *key;               /* "CFG scale" */
    const char *path;              /* "img2img.cfg_scale" */
    bool silent;                   /* the default is not written */
    const rs_infotext_word *words; /* NULL: values are spelled alike */
} rs_infotext_row;

/* In the order of A1111's create_infotext; what only restyle has comes behind. NULL
 * past the last. The names of samplers and schedules: see infotext_names.h. */
const rs_infotext_row *rs_infotext_row_at(size_t i);
const rs_infotext_row *rs_infotext_row_find(const char *key);

/* What A1111 writes when a picture of spec, with the seeds and the size that were
 * used, is saved. model_hash may be NULL. */
void rs_infotext_make(rs_strbuf *sb, const rs_pipeline_spec *spec, const char *model_hash);

#endif
