/* A loaded model with everything a run needs, behind the public rs_model. */
#ifndef RS_STAGE_ENGINE_H
#define RS_STAGE_ENGINE_H

#include "base/arena.h"
#include "base/log.h"
#include "model/clip_text.h"
#include "model/tokenizer_clip.h"
#include "model/unet.h"
#include "model/vae.h"
#include "restyle/img2img.h"
#include "sample/levels.h"
#include "tensor/exec.h"
#include "weights/bundle.h"

/* Both prompts, encoded; made once and used until one of them changes. */
typedef struct rs_prompts {
    char *prompt, *negative;  /* NULL: nothing encoded yet */
    rs_unet_context guided;   /* item 0 the prompt, item 1 the negative prompt */
    rs_unet_context plain;    /* the prompt only */
} rs_prompts;

struct rs_model {
    const rs_log *log;
    rs_arena *arena;          /* weights and tables: as long as the model */
    rs_arena *prompt_arena;   /* the current prompts; rewound when they change */
    rs_arena *run_arena;      /* one picture; rewound after it */
    rs_pool *pool;
    rs_exec ex;
    rs_bundle *bundle;
    rs_tokenizer *tokenizer;
    rs_clip_text *text;
    rs_unet *unet;
    rs_vae *vae;
    rs_noise_levels levels;
    rs_arena_mark prompt_start;
    rs_prompts prompts;
};

/* Makes m->prompts hold these two texts. */
rs_status rs_model_set_prompts(rs_model *m, const char *prompt, const char *negative, rs_err *err);

#endif
