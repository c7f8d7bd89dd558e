/* The engine: load a model once, restyle many pictures.
 *
 *     rs_model *model = NULL;
 *     rs_err err = { 0 };
 *     if (rs_model_open("samples/model", NULL, &model, &err) != RS_OK) ...
 *     rs_img2img_params p;
 *     rs_img2img_defaults(&p);
 *     p.prompt = "watercolor painting";
 *     rs_img2img(model, &p, &picture, &painted, NULL, &err);
 *     rs_model_close(&model);
 */
#ifndef RESTYLE_IMG2IMG_H
#define RESTYLE_IMG2IMG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "restyle/image.h"
#include "restyle/list.h"
#include "restyle/log.h"
#include "restyle/networks.h"
#include "restyle/profile.h"
#include "restyle/sampling.h"
#include "restyle/size.h"
#include "restyle/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rs_model rs_model;

typedef enum rs_memory {
    RS_MEMORY_NORMAL, /* the whole model stays in memory */
    RS_MEMORY_LOW     /* one part at a time, read anew for each picture; the same results */
} rs_memory;

typedef enum rs_precision {
    RS_PRECISION_EXACT, /* 32-bit floats throughout */
    RS_PRECISION_FAST   /* 8 bits for most layers, 16 where that pays: nearly the same picture,
                         * sooner */
} rs_precision;

typedef struct rs_model_options {
    const char *tokenizer; /* folder with vocab.json and merges.txt; NULL: the model's own */
    const char *embeddings; /* folder of textual inversion embeddings, or NULL */
    rs_memory memory;      /* RS_MEMORY_NORMAL */
    rs_precision precision; /* RS_PRECISION_EXACT */
    int threads;           /* 0: one per processor; results do not depend on it */
    const rs_log *log;     /* may be NULL; must outlive the model */
    rs_profile *profile;   /* may be NULL; must outlive the model */
    const struct rs_img2img_params *first; /* NULL; else the first picture's: its networks are
                              merged while the model is loaded, which then happens once */
} rs_model_options;

/* path: a diffusers folder, or a .safetensors or .ckpt file in the single-file layout.
 * options may be NULL. The handle is used by one thread at a time. */
rs_status rs_model_open(const char *path, const rs_model_options *options, rs_model **model,
                        rs_err *err);
void rs_model_close(rs_model **model); /* NULL and *NULL are fine */

/* In what width and height are diffused (8 for SD 1.x): other pictures are padded to it by
 * reflection inside and cut back. Under a mask, and of latent_size, they must be multiples. */
int rs_model_multiple(const rs_model *model);

/* How strength and steps become executed sampler steps. */
typedef enum rs_steps_mode {
    RS_STEPS_A1111,    /* int(min(strength, 0.999) * steps) + 1 */
    RS_STEPS_EXACT,    /* always `steps`, over a schedule stretched to fit */
    RS_STEPS_DIFFUSERS, /* int(steps * strength) */
    RS_STEPS_SDCPP     /* as a1111 in single precision, and all steps at strength 1 */
} rs_steps_mode;

typedef enum rs_rng_kind {
    RS_RNG_CPU, /* torch's CPU generator, mt19937 */
    RS_RNG_NV   /* NVIDIA's Philox, A1111's default */
} rs_rng_kind;

typedef enum rs_encode_mode {
    RS_ENCODE_MEAN,        /* the mean of the autoencoder's posterior: repeatable */
    RS_ENCODE_SAMPLE,      /* a sample of it, drawn before the start noise */
    RS_ENCODE_START_NOISE  /* a sample of it, with the start noise as its noise */
} rs_encode_mode;

typedef enum rs_rounding {
    RS_ROUND_NONE,    /* the result stays in floats */
    RS_ROUND_NEAREST, /* to the nearest of 256 levels */
    RS_ROUND_TRUNCATE /* to the level below */
} rs_rounding;

/* Another program, whose ways become the defaults. */
typedef enum rs_compat {
    RS_COMPAT_NONE,
    RS_COMPAT_A1111,
    RS_COMPAT_COMFYUI,
    RS_COMPAT_DIFFUSERS,
    RS_COMPAT_SDCPP
} rs_compat;

/* How the weights of words, (word:1.2), change the encoded prompt. */
typedef enum rs_emphasis {
    RS_EMPHASIS_ORIGINAL, /* each token is multiplied, then the chunk's mean is restored */
    RS_EMPHASIS_NO_NORM,  /* without restoring the mean */
    RS_EMPHASIS_IGNORE,   /* brackets are read, weights are not used */
    RS_EMPHASIS_NONE      /* brackets are text */
} rs_emphasis;

/* What positions in changing prompts, [from:to:0.5], count. */
typedef enum rs_prompt_steps {
    RS_PROMPT_STEPS_ALL,     /* all of `steps`, as A1111: those that strength leaves out too */
    RS_PROMPT_STEPS_EXECUTED /* the steps that strength executes */
} rs_prompt_steps;

/* Strings are the caller's and must live during the call. */
typedef struct rs_img2img_params {
    const char *prompt;          /* "" */
    const char *negative_prompt; /* "" */
    rs_list styles;              /* none; const char *: names in styles_file, added to both prompts */
    const char *styles_file;     /* NULL; A1111's styles.csv */
    rs_emphasis emphasis;        /* RS_EMPHASIS_ORIGINAL */
    int clip_skip;               /* 1; 2 leaves out the text encoder's last layer, and so on */
    int comma_backtrack;         /* 20: how far back a comma may lie at which a long prompt is cut */
    bool pad_cond_uncond;        /* false; true: the shorter prompt is filled up with empty chunks */
    rs_prompt_steps prompt_steps; /* RS_PROMPT_STEPS_ALL */
    float strength;              /* 0..1, 0.55; 0 passes the picture through */
    int steps;                   /* 20 */
    rs_steps_mode steps_mode;    /* RS_STEPS_A1111 */
    float cfg_scale;             /* 5; 1 skips the unconditional pass */
    const char *sampler;         /* "euler"; see rs_sampler_name() */
    const char *scheduler;       /* "karras"; see rs_scheduler_name() */
    float eta;                   /* share of new noise in each step, of samplers that add some; negative
                                    (the default): the sampler's own, such as 1 for euler_a, 0 for ddim */
    rs_sampling_params sampling; /* finer controls; rs_img2img_defaults fills them in */
    uint64_t seed;               /* 42 */
    uint64_t variation_seed;     /* 0 */
    float variation_strength;    /* 0..1, 0: how far the noise turns towards variation_seed's */
    rs_size seed_resize_from;    /* zeros; else the size whose noise is put in the middle */
    rs_rng_kind rng;             /* RS_RNG_NV */
    rs_encode_mode encode;       /* RS_ENCODE_MEAN */
    rs_rounding rounding;        /* RS_ROUND_NONE: whoever writes the picture rounds */
    bool tiling;                 /* false; true: opposite edges of the result fit each other */
    rs_size latent_size;         /* zeros: the picture's own; else its latent is stretched to this
                                    size in pixels (A1111's latent upscale), and the result has it */
    bool color_correction;       /* false; true: the result gets the colours of color_target */
    const rs_image *color_target; /* NULL: of init */
    rs_list loras;               /* of rs_lora: merged into the model's weights; the model is loaded
                                    anew when they, or the prompt's <lora:...>, change */
    const char *lora_dir;        /* NULL; else where <lora:name> finds name.safetensors */
    rs_list hypernetworks;       /* of rs_hypernetwork, one after the other; and behind them those of
                                    the prompt's <hypernet:name:weight> */
    const char *hypernetwork_dir; /* NULL; else where <hypernet:name> finds name.pt */
} rs_img2img_params;

void rs_img2img_defaults(rs_img2img_params *params);

/* Sets what compat differs in: steps_mode, rng, encode, rounding, scheduler, whether it
 * discards a level or sees whole timesteps, A1111's way of counting those and ComfyUI's with
 * noise. Nothing for RS_COMPAT_NONE. */
void rs_img2img_compat(rs_img2img_params *params, rs_compat compat);

/* Name and one-sentence help of sampler i, scheduler i; NULL past the last. */
const char *rs_sampler_name(size_t i);
const char *rs_sampler_help(size_t i);
const char *rs_scheduler_name(size_t i);
const char *rs_scheduler_help(size_t i);

/* Called before each denoising step with 0 <= step < n_steps, and once at the
 * end with step == n_steps. Returning false stops with RS_E_CANCELLED. */
typedef struct rs_progress {
    bool (*step)(void *cookie, int step, int n_steps);
    void *cookie;
} rs_progress;

/* Restyles init into *out, which has been zeroed or holds a picture; its memory
 * is used again when the size is the same. The encoded prompts
 * are kept between calls while prompt and negative_prompt stay the same. A
 * result that is not finite is RS_E_CORRUPT. */
rs_status rs_img2img(rs_model *model, const rs_img2img_params *params, const rs_image *init,
                     rs_image *out, const rs_progress *progress, rs_err *err);

/* The number of sampler steps that params will execute with a model of 1000 noise
 * levels, such as any Stable Diffusion; 0 also when params are wrong. */
int rs_img2img_steps(const rs_img2img_params *params);

#ifdef __cplusplus
}
#endif
#endif
