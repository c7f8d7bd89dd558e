/* scheduler/scheduler_config.json: which noise the model was trained with, and how
 * diffusers spaces its timesteps. The sampler that the file names is not used; the
 * pipeline chooses its own. */
#include "weights/bundle_parts.h"
#include "weights/config_file.h"

static const rs_config_fixed fixed[] = {
    { "trained_betas", NULL, NULL },
    { "rescale_betas_zero_snr", "false", NULL },
};

static const char *const schedules[] = {
    [RS_BETA_SCALED_LINEAR] = "scaled_linear", [RS_BETA_LINEAR] = "linear",
    [RS_BETA_COSINE] = "squaredcos_cap_v2", NULL,
};
static const char *const predictions[] = {
    [RS_PREDICT_EPSILON] = "epsilon", [RS_PREDICT_V] = "v_prediction", NULL,
};

static rs_status read_timesteps(const rs_config_file *c, rs_timestep_rule *out)
{
    static const char *const spacings[] = { "leading", "linspace", "trailing", NULL };
    int spacing = -1;
    bool one = false;
    RS_TRY(rs_config_choice(c, "timestep_spacing", spacings, &spacing));
    RS_TRY(rs_json_int(c->path, c->root, "steps_offset", 0, 1000, &out->offset, c->err));
    RS_TRY(rs_json_bool(c->path, c->root, "set_alpha_to_one", &one, c->err));
    out->spacing = (rs_spacing)(spacing + 1);
    if (rs_json_get(c->root, "set_alpha_to_one"))
        out->last_alpha = one ? RS_LAST_ALPHA_ONE : RS_LAST_ALPHA_FIRST;
    return RS_OK;
}

rs_status rs_noise_config_read(const rs_config_file *c, rs_noise_config *out)
{
    const char *const file = c->path;
    /* Defaults of diffusers' schedulers, for keys that a file leaves out. */
    rs_noise_config n = { .train_steps = 1000, .beta_start = 0.0001, .beta_end = 0.02 };
    int betas = RS_BETA_LINEAR, prediction = RS_PREDICT_EPSILON;
    RS_TRY(rs_config_check_fixed(c, fixed, sizeof(fixed) / sizeof(*fixed)));
    RS_TRY(rs_json_int(file, c->root, "num_train_timesteps", 2, 100000, &n.train_steps, c->err));
    RS_TRY(rs_json_double(file, c->root, "beta_start", 1e-9, 0.999, &n.beta_start, c->err));
    RS_TRY(rs_json_double(file, c->root, "beta_end", 1e-9, 0.999, &n.beta_end, c->err));
    RS_TRY(rs_config_choice(c, "beta_schedule", schedules, &betas));
    RS_TRY(rs_config_choice(c, "prediction_type", predictions, &prediction));
    RS_TRY(read_timesteps(c, &n.timesteps));
    n.betas = (rs_beta_schedule)betas;
    n.prediction = (rs_prediction)prediction;
    *out = n;
    return RS_OK;
}

rs_status rs_noise_check(const rs_noise_config *n, const char *source, rs_err *err)
{
    if (n->beta_start > n->beta_end)
        return RS_FAIL(err, RS_E_FORMAT, "'%s': beta_start %g is above beta_end %g", source,
                       n->beta_start, n->beta_end);
    return RS_OK;
}
