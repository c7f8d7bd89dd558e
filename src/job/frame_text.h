/* The parameters of the frames that are on their way to the output. */
#ifndef RS_JOB_FRAME_TEXT_H
#define RS_JOB_FRAME_TEXT_H

#include "base/strbuf.h"
#include "job/used_networks.h"
#include "media/media.h"
#include "restyle/pipeline.h"

enum { RS_FRAME_TEXTS = 8 };

/* Zero it before init. */
typedef struct rs_frame_texts {
    const rs_pipeline_spec *spec;
    const rs_model *model; /* whose prompts name embeddings */
    int batch_pos; /* of the next picture, in its batch */
    char hash[65]; /* of the model, as its infotext names it; "" without */
    rs_hash_cache hashes;
    rs_arena *arena; /* of one text in the making */
    rs_strbuf texts[RS_FRAME_TEXTS];
} rs_frame_texts;

/* Reads the model's file when its hash is wanted. Does nothing when no infotext is. model: what
 * makes the pictures. */
rs_status rs_frame_texts_init(rs_frame_texts *t, const rs_pipeline_spec *spec, const rs_model *model,
                              rs_err *err);
void rs_frame_texts_release(rs_frame_texts *t);

/* *text: what a picture of that size and with those parameters says, or NULL when
 * none is wanted. It lives until the same slot is used again. */
rs_status rs_frame_texts_make(rs_frame_texts *t, int slot, const rs_img2img_params *params,
                              rs_size size, const char **text, rs_err *err);

#endif
