#include "stage/sampling_opts.h"

#include <stdio.h>
#include <string.h>

#include "restyle/img2img.h"
#include "sample/sampler.h"
#include "sample/schedule.h"

static const rs_opt_choice discards[] = {
    { "auto", RS_DISCARD_AUTO, "with dpm2, dpm2_a and dpmpp_3m_sde, as A1111 does" },
    { "always", RS_DISCARD_ALWAYS, "with every sampler" },
    { "never", RS_DISCARD_NEVER, "with none" },
    { 0 }
};

static const rs_opt_choice variants[] = {
    { "auto", RS_UNIPC_AUTO, "bh1, or bh2 with scheduler diffusers" },
    { "bh1", RS_UNIPC_BH1, "A1111's default" },
    { "bh2", RS_UNIPC_BH2, "diffusers' default" },
    { "vary_coeff", RS_UNIPC_VARY_COEFF, "coefficients that vary with the step, without such a function" },
    { 0 }
};

static const rs_opt_choice skips[] = {
    { "time_uniform", RS_UNIPC_TIME_UNIFORM, "even timesteps" },
    { "time_quadratic", RS_UNIPC_TIME_QUADRATIC, "even roots of timesteps: more steps at the end" },
    { "log_snr", RS_UNIPC_LOG_SNR, "even logarithms of the noise (A1111's logSNR)" },
    { 0 }
};

static const rs_opt_word rho_auto = { "auto", 0, "7 for karras, 1 for polyexponential" };
static const rs_opt_word end_auto = { "auto", 0, "the model's own" };
static const rs_opt_word order_auto = { "auto", 0, "3, or 2 with scheduler diffusers" };
static const rs_opt_word no_limit = { "auto", 0, "no limit" };

enum { ADVANCED = RS_OPT_ADVANCED | RS_OPT_AFFECTS_OUTPUT };

static const rs_opt level = { .key = "sigmas", .type = &rs_opt_float, RANGE(0, 100000) };
static const rs_opt_list_of levels = { &level, sizeof(float) };

#define OPT_STRUCT rs_sampling_params
static const rs_opt rows[] = {
    { "sigmas", OPT_LIST(sigmas, &levels), FLAGS(ADVANCED),
      HELP("the noise levels of scheduler explicit, falling; another number of steps than levels "
           "spaces them anew, evenly along the list") },
    { "rho", OPT_FLOAT(rho), RANGE(0.01, 100), WORD(&rho_auto), FLAGS(ADVANCED),
      HELP("bend of the schedules karras and polyexponential") },
    { "sigma_min", OPT_FLOAT(sigma_min), RANGE(0.0001, 100000), WORD(&end_auto), FLAGS(ADVANCED),
      HELP("smallest noise level of the schedule") },
    { "sigma_max", OPT_FLOAT(sigma_max), RANGE(0.0001, 100000), WORD(&end_auto), FLAGS(ADVANCED),
      HELP("largest noise level of the schedule") },
    { "beta_alpha", OPT_FLOAT(beta_alpha), RANGE(0.01, 100), FLAGS(ADVANCED),
      HELP("first shape of scheduler beta") },
    { "beta_beta", OPT_FLOAT(beta_beta), RANGE(0.01, 100), FLAGS(ADVANCED),
      HELP("second shape of scheduler beta") },
    { "quantize_timesteps", OPT_BOOL(quantize_timesteps), FLAGS(ADVANCED),
      HELP("tell the network whole timesteps, as ComfyUI does and A1111 with enable_quantization; a level "
           "between two becomes the nearer one") },
    { "discard_next_to_last_sigma", OPT_ENUM(discard_next_to_last_sigma, discards), FLAGS(ADVANCED),
      HELP("whether the schedule is made one level longer and its last level above 0 is left out") },
    { "s_churn", OPT_FLOAT(s_churn), RANGE(0, 100), FLAGS(ADVANCED),
      HELP("new noise before each step, spread over the run, of euler, heun and dpm2 (sigma churn)") },
    { "s_tmin", OPT_FLOAT(s_tmin), RANGE(0, 100000), FLAGS(ADVANCED),
      HELP("churn only from this noise level on (sigma tmin)") },
    { "s_tmax", OPT_FLOAT(s_tmax), RANGE(0.0001, 100000), WORD(&no_limit), FLAGS(ADVANCED),
      HELP("churn only up to this noise level (sigma tmax)") },
    { "s_noise", OPT_FLOAT(s_noise), RANGE(0, 2), FLAGS(ADVANCED),
      HELP("factor of the noise that steps add (sigma noise)") },
    { "eta_noise_seed_delta", OPT_INT(eta_noise_seed_delta), RANGE(0, 2147483647), FLAGS(ADVANCED),
      HELP("added to the seed for the noise of the steps; the first noise keeps the seed (ENSD)") },
    { "noise_multiplier", OPT_FLOAT(noise_multiplier), RANGE(0, 1.5), FLAGS(ADVANCED),
      HELP("factor of the first noise; below 1 smoother, above 1 more detailed") },
    { "extra_noise", OPT_FLOAT(extra_noise), RANGE(0, 1), FLAGS(ADVANCED),
      HELP("noise on top of the first, which the sampler takes for part of the picture") },
    { "unipc_order", OPT_INT(unipc_order), RANGE(1, 3), WORD(&order_auto), FLAGS(ADVANCED),
      HELP("order of sampler unipc; 2 is calmer with a high cfg_scale") },
    { "unipc_variant", OPT_ENUM(unipc_variant, variants), FLAGS(ADVANCED),
      HELP("the function B of sampler unipc") },
    { "unipc_skip_type", OPT_ENUM(unipc_skip_type, skips), FLAGS(ADVANCED),
      HELP("how `compat: a1111` spaces the steps of sampler unipc, which takes no scheduler there") },
    { "unipc_lower_order_final", OPT_BOOL(unipc_lower_order_final), FLAGS(ADVANCED),
      HELP("let the order of sampler unipc fall in the last steps") },
    { 0 }
};
#undef OPT_STRUCT

const rs_opt_group rs_sampling_group = {
    .help = "finer controls of sampler and scheduler",
    .rows = rows,
    .size = sizeof(rs_sampling_params),
    .defaults =
        &(const rs_sampling_params){
            .beta_alpha = 0.6f,
            .beta_beta = 0.6f,
            .s_noise = 1,
            .noise_multiplier = 1,
            .unipc_lower_order_final = true,
        },
};

struct check {
    rs_opt_ctx *ctx;
    const char *prefix;
    const rs_value *map; /* of img2img */
    const rs_img2img_params *p;
    const rs_sampler *sampler;
    const rs_scheduler *scheduler;
};

/* What was written for "eta" or "sampling.rho", or NULL. */
static const rs_entry *given(const struct check *c, const char *key)
{
    const char *dot = strchr(key, '.');
    if (!dot)
        return rs_opt_given(c->map, key);
    const rs_entry *group = rs_value_find(c->map, key, (size_t)(dot - key));
    return group ? rs_opt_given(group->value, dot + 1) : NULL;
}

static void complain(const struct check *c, const rs_entry *e, const char *key, const char *kind,
                     const char *chosen, const char *others)
{
    rs_diags_add(c->ctx->diags, e->value->pos, rs_opt_key_path(c->ctx, c->prefix, key), RS_E_INVALID, NULL,
                 "has no effect with %s %s: delete it, or choose %s", kind, chosen, others);
}

/* A control, whether it is taken, and what is said when it is not. */
struct control {
    const char *key;
    bool idle;          /* stands at what does nothing */
    unsigned takers;    /* flags of those that take it */
    const char *others; /* their names */
};

static void check_all(const struct check *c, const struct control *controls, size_t n, const char *kind,
                      const char *chosen, unsigned flags)
{
    for (size_t i = 0; i < n; i++) {
        const rs_entry *e = given(c, controls[i].key);
        if (e && !controls[i].idle && !(flags & controls[i].takers))
            complain(c, e, controls[i].key, kind, chosen, controls[i].others);
    }
}

/* Limits and a factor of churn that is not there. */
static void check_churn(const struct check *c)
{
    const rs_sampling_params *p = &c->p->sampling;
    const struct control controls[] = {
        { "sampling.s_tmin", p->s_tmin == 0, 0, NULL },
        { "sampling.s_tmax", p->s_tmax == 0, 0, NULL },
        { "sampling.s_noise", p->s_noise == 1, 0, NULL },
    };
    for (size_t i = 0; i < sizeof(controls) / sizeof(controls[0]); i++) {
        const rs_entry *e = given(c, controls[i].key);
        if (e && !controls[i].idle)
            rs_diags_add(c->ctx->diags, e->value->pos, rs_opt_key_path(c->ctx, c->prefix, controls[i].key),
                         RS_E_INVALID, NULL, "has no effect with sampler %s while s_churn is 0: delete it, "
                         "or set sampling.s_churn", c->sampler->name);
    }
}

static void check_sampler(const struct check *c)
{
    static const char churns[] = "euler, heun or dpm2", order[] = "unipc";
    const rs_sampling_params *p = &c->p->sampling;
    const struct control controls[] = {
        { "eta", c->p->eta <= 0, RS_SAMPLER_ETA,
          "ddim, tcd, dpm_fast, dpm_adaptive or one ending in _a or sde" },
        { "sampling.s_churn", p->s_churn == 0, RS_SAMPLER_CHURN, churns },
        { "sampling.s_tmin", p->s_tmin == 0, RS_SAMPLER_CHURN, churns },
        { "sampling.s_tmax", p->s_tmax == 0, RS_SAMPLER_CHURN, churns },
        { "sampling.s_noise", p->s_noise == 1, RS_SAMPLER_S_NOISE, "a sampler that adds noise" },
        { "sampling.unipc_order", p->unipc_order == 0, RS_SAMPLER_UNIPC, order },
        { "sampling.unipc_variant", p->unipc_variant == RS_UNIPC_AUTO, RS_SAMPLER_UNIPC, order },
        { "sampling.unipc_skip_type", !p->unipc_skip_type, RS_SAMPLER_UNIPC, order },
        { "sampling.unipc_lower_order_final", p->unipc_lower_order_final, RS_SAMPLER_UNIPC, order },
    };
    check_all(c, controls, sizeof(controls) / sizeof(controls[0]), "sampler", c->sampler->name,
              c->sampler->flags);
    if ((c->sampler->flags & RS_SAMPLER_CHURN) && p->s_churn == 0)
        check_churn(c);
    const rs_entry *skip = given(c, "sampling.unipc_skip_type");
    if (skip && p->unipc_skip_type && (c->sampler->flags & RS_SAMPLER_UNIPC) && !p->a1111_steps)
        rs_diags_add(c->ctx->diags, skip->value->pos, rs_opt_key_path(c->ctx, c->prefix,
                     "sampling.unipc_skip_type"), RS_E_INVALID, NULL, "has no effect beside a scheduler: "
                     "delete it, or set compat: a1111");
    const rs_entry *delta = given(c, "sampling.eta_noise_seed_delta");
    const double eta = c->p->eta < 0 ? c->sampler->default_eta : (double)c->p->eta;
    if (delta && p->eta_noise_seed_delta && ((c->sampler->flags & RS_SAMPLER_BROWNIAN) ||
                                             !rs_sampler_draws(c->sampler, eta, (double)p->s_churn)))
        complain(c, delta, "sampling.eta_noise_seed_delta", "sampler", c->sampler->name,
                 "one that draws noise in its steps, such as euler_a");
}

static void check_scheduler(const struct check *c)
{
    static const char ends[] = "karras, exponential, polyexponential, sgm_uniform, normal or kl_optimal";
    const rs_sampling_params *p = &c->p->sampling;
    const struct control controls[] = {
        { "sampling.rho", p->rho == 0, RS_SCHEDULER_RHO, "karras or polyexponential" },
        { "sampling.sigma_min", p->sigma_min == 0, RS_SCHEDULER_ENDS, ends },
        { "sampling.sigma_max", p->sigma_max == 0, RS_SCHEDULER_ENDS, ends },
        { "sampling.beta_alpha", p->beta_alpha == 0.6f, RS_SCHEDULER_BETA, "beta" },
        { "sampling.beta_beta", p->beta_beta == 0.6f, RS_SCHEDULER_BETA, "beta" },
        { "sampling.sigmas", p->sigmas.n == 0, RS_SCHEDULER_EXPLICIT, "explicit" },
    };
    check_all(c, controls, sizeof(controls) / sizeof(controls[0]), "scheduler", c->scheduler->name,
              c->scheduler->flags);
}

/* Levels that make no schedule, by the words of the code that would run it: over
 * the levels of any Stable Diffusion, which no message but the ends' depends on. */
static void check_schedule(const struct check *c)
{
    static const double sigmas[] = { 0.0291675, 14.614641 };
    static const double logs[] = { -3.534702, 2.682024 };
    const rs_noise_levels usual = { .n = 2, .stride = 1, .sigmas = sigmas, .log_sigmas = logs };
    const bool ends = c->scheduler->flags & RS_SCHEDULER_ENDS;
    const rs_entry *e = given(c, ends ? "sampling.sigma_min" : "sampling.sigmas");
    rs_schedule schedule;
    rs_err err = { 0 };
    if (ends && !e)
        e = given(c, "sampling.sigma_max");
    if (!e)
        e = given(c, "scheduler");
    if (e && rs_schedule_init(c->ctx->arena, c->scheduler, &usual, &c->p->sampling, &schedule, &err) != RS_OK)
        rs_diags_add(c->ctx->diags, e->value->pos, rs_opt_key_path(c->ctx, c->prefix, "sampling"),
                     RS_E_INVALID, NULL, "%s", err.msg);
}

void rs_check_sampling(rs_opt_ctx *ctx, const char *prefix, const rs_value *map, const void *values)
{
    struct check c = { .ctx = ctx, .prefix = prefix, .map = map, .p = values };
    if (rs_sampler_find(c.p->sampler, &c.sampler, NULL) != RS_OK ||
        rs_scheduler_find(c.p->scheduler, &c.scheduler, NULL) != RS_OK)
        return;
    if (c.scheduler->flags & RS_SCHEDULER_AUTO)
        rs_scheduler_find(c.sampler->scheduler, &c.scheduler, NULL);
    check_sampler(&c);
    check_scheduler(&c);
    if (c.scheduler->flags & (RS_SCHEDULER_ENDS | RS_SCHEDULER_EXPLICIT))
        check_schedule(&c);
}
