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
#include "stage/embeddings.h"
#include "stage/hypernets.h"
#include "stage/loras.h"
#include "stage/part_times.h"
#include "stage/profile.h"
#include "stage/prompts.h"
#include "tensor/exec.h"
#include "weights/archs.h"
#include "weights/bundle.h"

struct rs_model {
    const rs_log *log;
    rs_profile *profile;      /* may be NULL */
    rs_arena *arena;          /* tables: as long as the model */
    rs_arena *unet_arena, *other_arena; /* of the parts and their scratch, see engine.c */
    rs_arena *prompt_arena;   /* the current prompts; rewound when they change */
    rs_arena *run_arena;      /* one picture; rewound after it */
    rs_pool *pool;
    rs_exec ex;
    rs_memory memory;
    rs_precision precision;
    rs_bundle *bundle;
    rs_tokenizer *tokenizer;  /* NULL with random weights */
    rs_embeddings embeddings; /* none without a tokenizer */
    rs_noise_levels levels;
    rs_clip_text *text;       /* the parts: with RS_MEMORY_LOW, NULL but for one */
    rs_unet *unet;
    rs_vae *vae;
    rs_arena_mark unet_start, other_start, prompt_start;
    rs_prompts prompts;
    rs_lora_set loras;        /* merged into the parts */
    rs_hyper_set hypernets;   /* that the UNet uses */
    rs_part_times times;
};

/* As rs_model_open with random weights (weights/archs.h). Without a tokenizer no
 * prompt can be set, so rs_img2img must not be called. */
rs_status rs_model_open_random(const rs_arch *arch, const rs_model_options *options, rs_model **model,
                               rs_err *err);

/* Loads the part if it is not there; with RS_MEMORY_LOW the others go. */
rs_status rs_model_need(rs_model *m, rs_part part, rs_err *err);

/* Makes the parts those with exactly these networks (rs_lora) merged; loads them anew, and
 * forgets the prompts, unless they are. */
rs_status rs_model_use_loras(rs_model *m, rs_list loras, rs_err *err);

#endif
