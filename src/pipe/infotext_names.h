/* A1111's names of samplers and schedules, and ours. */
#ifndef RS_PIPE_INFOTEXT_NAMES_H
#define RS_PIPE_INFOTEXT_NAMES_H

/* "dpmpp_2m_sde" -> "DPM++ 2M SDE"; a name A1111 does not have stays as it is. */
const char *rs_infotext_sampler_label(const char *name);
const char *rs_infotext_schedule_label(const char *name);

/* Sampler and schedule of an infotext by our names; NULL for one that restyle does
 * not have. schedule: the field "Schedule type", NULL when absent; then old names
 * such as "DPM++ 2M Karras" tell, and version (the field "Version" or NULL): what
 * a bare sampler's name means changed with A1111 1.9. */
void rs_infotext_sampling(const char *sampler, const char *schedule, const char *version,
                          const char **our_sampler, const char **our_schedule);

#endif
