/* The prompts of a run, encoded: texts to chunks, chunks through the text encoder, and
 * through the UNet's key and value projections. Made once and kept while nothing that
 * they depend on changes; the parts that change during a run are kept side by side. */
#ifndef RS_STAGE_PROMPTS_H
#define RS_STAGE_PROMPTS_H

#include "model/unet.h"
#include "prompt/prompt_schedule.h"
#include "restyle/img2img.h"

/* One prompt of those joined by AND, or the negative prompt. */
typedef struct rs_prompt_track {
    rs_prompt_schedule schedule;
    rs_tensor *states;         /* [n_texts], each [1, 1, tokens, width] */
    rs_unet_context *contexts; /* [n_texts]; without kv until the text is needed */
} rs_prompt_track;

/* A track, or two neighbours, that go through the UNet together, each with all pictures. */
typedef struct rs_prompt_batch {
    rs_unet_context context; /* without kv: not needed yet */
    int text[2];             /* what it holds */
} rs_prompt_batch;

typedef struct rs_prompts {
    char *key;               /* all that the states depend on; NULL: nothing encoded yet */
    rs_prompt_track *tracks; /* [n + 1], the negative prompt last */
    rs_prompt_batch *batches[2]; /* [n + 1] each: of track i alone; of tracks i and i + 1 */
    float *weights;          /* [n] */
    int n;                   /* prompts joined by AND */
    int pictures;            /* that go through the network at once */
    int calls;               /* of the network that contexts are there for */
    int call;                /* the number of the next one */
} rs_prompts;

typedef struct rs_prompt_request {
    const char *prompt, *negative;   /* with styles, without tags */
    const rs_img2img_params *params; /* emphasis, clip_skip, comma_backtrack, pad_cond_uncond */
    int steps;                       /* that positions in changing prompts count */
    int pictures;                    /* that go through the network at once, all with these */
} rs_prompt_request;

/* Makes m->prompts hold these. May need the text encoder. Errors: RS_E_RANGE or
 * RS_E_INVALID for a prompt that cannot be read. */
rs_status rs_model_set_prompts(rs_model *m, const rs_prompt_request *q, rs_err *err);

/* Makes keys and values of the texts that calls 0..calls-1 of the network need with
 * these tracks (the prompts, and one more for the negative prompt), and starts counting
 * calls; the UNet must be there. Calls beyond use the last one's. */
rs_status rs_model_make_contexts(rs_model *m, int tracks, int calls, rs_err *err);

/* The next call: items of x and y are all pictures under the first prompt, under the next
 * and so on, as many tracks as were said. Those of equal length go two by two, as much as
 * memory is planned for. Allocates only scratch. */
rs_status rs_model_predict(rs_model *m, const rs_tensor *y, const rs_tensor *x, float t, rs_err *err);

#endif
