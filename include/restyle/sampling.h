/* The finer controls of sampling: the shape of the noise schedule, the noise of
 * each step, and how a picture is noised to begin with. A part of
 * rs_img2img_params, whose defaults fill it in. */
#ifndef RESTYLE_SAMPLING_H
#define RESTYLE_SAMPLING_H

#include <stdbool.h>
#include <stdint.h>

#include "restyle/list.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum rs_discard {
    RS_DISCARD_AUTO,  /* as A1111: DPM2, DPM2 a and DPM++ 3M SDE */
    RS_DISCARD_ALWAYS,
    RS_DISCARD_NEVER
} rs_discard;

typedef enum rs_unipc_variant {
    RS_UNIPC_AUTO, /* bh1, or bh2 with scheduler `diffusers` */
    RS_UNIPC_BH1,  /* A1111's default */
    RS_UNIPC_BH2,  /* diffusers' default */
    RS_UNIPC_VARY_COEFF /* no function B */
} rs_unipc_variant;

/* What A1111 spaces UniPC's steps evenly in. */
typedef enum rs_unipc_skip {
    RS_UNIPC_TIME_UNIFORM,
    RS_UNIPC_TIME_QUADRATIC, /* the root of the timestep */
    RS_UNIPC_LOG_SNR
} rs_unipc_skip;

/* 0 stands for "auto" where the comment says so. */
typedef struct rs_sampling_params {
    rs_list sigmas;    /* float: the levels of scheduler `explicit`, falling; resampled to `steps` */
    float rho;         /* auto: 7 for karras, 1 for polyexponential */
    float sigma_min;   /* auto: the model's smallest level */
    float sigma_max;   /* auto: the model's largest */
    float beta_alpha;  /* 0.6; the two shapes of scheduler `beta` */
    float beta_beta;   /* 0.6 */
    bool quantize_timesteps; /* false; true: the network sees the nearest whole timestep */
    rs_discard discard_next_to_last_sigma; /* RS_DISCARD_AUTO */
    float s_churn;     /* 0; share of new noise before each step (Karras et al. 2022) */
    float s_tmin;      /* 0; only between these levels */
    float s_tmax;      /* auto: no limit */
    float s_noise;     /* 1; factor of the noise that steps add */
    int eta_noise_seed_delta; /* 0; added to the seed for all noise but the first */
    float noise_multiplier;   /* 1; factor of the first noise */
    float extra_noise;        /* 0; this share of it on top, unknown to the schedule */
    int unipc_order;          /* auto: 3, or 2 with scheduler `diffusers` */
    rs_unipc_variant unipc_variant; /* RS_UNIPC_AUTO */
    rs_unipc_skip unipc_skip_type;  /* RS_UNIPC_TIME_UNIFORM; with a1111_steps */
    bool unipc_lower_order_final;   /* true: the order falls towards the end */
    /* A1111's own way, off by one or more, with ddim, plms, unipc and scheduler
     * kl_optimal (sample/quirk.h). No option: for `compat`. */
    bool a1111_steps; /* false */
    /* ComfyUI's own way with noise (sample/plan.h). No option either. */
    bool comfyui_noise; /* false */
} rs_sampling_params;

#ifdef __cplusplus
}
#endif
#endif
