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

/* When a field is written. */
enum {
    RS_INFOTEXT_CHANGED = 1,  /* when it is not the default */
    RS_INFOTEXT_VARIED = 2,   /* with a variation strength */
    RS_INFOTEXT_DDIM = 4,     /* with that sampler */
    RS_INFOTEXT_NO_DDIM = 8,  /* with any other */
    RS_INFOTEXT_MASK = 16,    /* under a mask */
    RS_INFOTEXT_PART = 32,    /* under one, of which only the surroundings are diffused */
    RS_INFOTEXT_SOFT = 64,    /* under one, softly */
    RS_INFOTEXT_LOOPS = 128,  /* in loops */
    RS_INFOTEXT_TILES = 256   /* with SD upscale */
};

typedef struct rs_infotext_row {
    const char *key;               /* "CFG scale" */
    const char *path;              /* "img2img.cfg_scale" */
    unsigned flags;                /* RS_INFOTEXT_*; 0: always written */
    const rs_infotext_word *words; /* NULL: values are spelled alike */
} rs_infotext_row;

/* In the order of A1111's create_infotext; what only restyle has comes behind. NULL
 * past the last. The names of samplers and schedules: see infotext_names.h. */
const rs_infotext_row *rs_infotext_row_at(size_t i);
const rs_infotext_row *rs_infotext_row_find(const char *key);

/* What no key says; NULL and 0: nothing. */
typedef struct rs_infotext_facts {
    const char *model_hash;
    const char *lora_hashes, *ti_hashes; /* "name: hash, name: hash" */
    int batch_size, batch_pos; /* with a size above 1: of the batch, and the picture's place in it */
} rs_infotext_facts;

/* What A1111 writes when a picture of spec, with the seeds and the size that were
 * used, is saved. facts may be NULL. */
void rs_infotext_make(rs_strbuf *sb, const rs_pipeline_spec *spec, const rs_infotext_facts *facts);

#endif
