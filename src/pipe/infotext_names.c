#include "pipe/infotext_names.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "restyle/img2img.h"

enum { NAME_MAX_LEN = 64 };

/* modules/sd_samplers_kdiffusion.py, sd_samplers_timesteps.py, sd_samplers_lcm.py;
 * TCD is of other programs. Ours are the same in lower case: "++" is pp, a space _. */
static const char *const samplers[] = {
    "Euler",     "Euler a",      "LMS",               "Heun",         "DPM2",         "DPM2 a",
    "DPM++ 2M",  "DPM++ SDE",    "DPM++ 2M SDE Heun", "DPM++ 2S a",   "DPM++ 2M SDE", "DPM++ 3M SDE",
    "DPM fast",  "DPM adaptive", "Restart",           "DDIM",         "PLMS",         "UniPC",
    "LCM",       "TCD",          NULL,
};

/* modules/sd_schedulers.py */
static const char *const schedules[] = {
    "Automatic",   "Uniform", "Karras", "Exponential",      "Polyexponential", "SGM Uniform",
    "KL Optimal",  "Simple",  "Normal", "Align Your Steps", "DDIM",            "Beta",
    NULL,
};

/* The default schedules of samplers since 1.9 (sd_samplers_kdiffusion.py); uniform
 * for all others. Before 1.9 of these only Restart was not uniform. */
static const struct {
    const char *sampler, *schedule;
} automatic[] = {
    { "dpm2", "karras" },      { "dpm2_a", "karras" },    { "dpmpp_2s_a", "karras" },
    { "dpmpp_2m", "karras" },  { "dpmpp_sde", "karras" }, { "restart", "karras" },
    { "dpmpp_2m_sde", "exponential" },
    { "dpmpp_2m_sde_heun", "exponential" },
    { "dpmpp_3m_sde", "exponential" },
};

static void to_ours(char out[NAME_MAX_LEN], const char *label)
{
    size_t n = 0;
    for (; *label && n + 1 < NAME_MAX_LEN; label++)
        out[n++] = *label == '+' ? 'p' : *label == ' ' ? '_'
                 : *label >= 'A' && *label <= 'Z'      ? (char)(*label - 'A' + 'a')
                                                       : *label;
    out[n] = '\0';
}

static const char *label_of(const char *const *labels, const char *name)
{
    char ours[NAME_MAX_LEN];
    for (; *labels; labels++) {
        to_ours(ours, *labels);
        if (strcmp(ours, name) == 0)
            return *labels;
    }
    return name;
}

const char *rs_infotext_sampler_label(const char *name)
{
    return label_of(samplers, name);
}

const char *rs_infotext_schedule_label(const char *name)
{
    return label_of(schedules, name);
}

/* The registry's own string, or NULL. */
static const char *known(const char *(*name_at)(size_t i), const char *name)
{
    for (size_t i = 0; name_at(i); i++)
        if (strcmp(name_at(i), name) == 0)
            return name_at(i);
    return NULL;
}

/* "v1.9.4", "1.10.1", "v1.8.0-139-gabc"; Forge's "f2.0.1v1.10.1-..." names A1111's
 * version behind its own. Anything else is old. */
static bool since_1_9(const char *version)
{
    int major = 0, minor = 0;
    const char *number = version ? version : "";
    for (const char *p = number; *p; p++)
        if (*p == 'v' && p[1] >= '0' && p[1] <= '9')
            number = p + 1;
    if (sscanf(number, "%d.%d", &major, &minor) != 2)
        return false;
    return major > 1 || (major == 1 && minor >= 9);
}

static const char *default_schedule(const char *sampler, bool since)
{
    for (size_t i = 0; i < sizeof(automatic) / sizeof(automatic[0]); i++)
        if (strcmp(automatic[i].sampler, sampler) == 0 && (since || strcmp(sampler, "restart") == 0))
            return automatic[i].schedule;
    return "uniform";
}

/* Cuts a schedule's name off the end of an old sampler's; NULL without one. */
static const char *cut_schedule(char *sampler)
{
    static const char *const ends[] = { "karras", "exponential" };
    const size_t n = strlen(sampler);
    for (size_t i = 0; i < 2; i++) {
        const size_t len = strlen(ends[i]);
        if (n > len + 1 && sampler[n - len - 1] == '_' && strcmp(sampler + n - len, ends[i]) == 0) {
            sampler[n - len - 1] = '\0';
            return ends[i];
        }
    }
    return NULL;
}

void rs_infotext_sampling(const char *sampler, const char *schedule, const char *version,
                          const char **our_sampler, const char **our_schedule)
{
    char name[NAME_MAX_LEN], wanted[NAME_MAX_LEN];
    to_ours(name, sampler);
    const char *old = cut_schedule(name);
    if (schedule && strcmp(schedule, "Automatic") != 0)
        to_ours(wanted, schedule);
    else
        to_ours(wanted, old ? old : default_schedule(name, schedule || since_1_9(version)));
    *our_sampler = known(rs_sampler_name, name);
    *our_schedule = known(rs_scheduler_name, wanted);
}
