/* Reading config.json of a model part: lists, choices, and settings that must
 * have the one value that restyle implements. */
#ifndef RS_WEIGHTS_CONFIG_FILE_H
#define RS_WEIGHTS_CONFIG_FILE_H

#include "base/json.h"
#include "weights/bundle.h"

typedef struct rs_config_file {
    const char *path;
    const rs_json *root;
    rs_err *err;
} rs_config_file;

/* The file must hold an object; at most 1 MB. */
rs_status rs_config_open(rs_arena *arena, const char *path, rs_config_file *out, rs_err *err);

/* An integer for all n places, or a list of n integers. */
rs_status rs_config_ints(const rs_config_file *c, const char *key, int min, int max, int n,
                         int *out);
/* A list of 1..max_n integers; *n counts them. Absent: both stay. */
rs_status rs_config_int_list(const rs_config_file *c, const char *key, int min, int max, int max_n,
                             int *n, int *out);

/* A list of n strings out of names[] (NULL-terminated); out gets their indices.
 * Another string is RS_E_UNSUPPORTED. Absent: out stays. */
rs_status rs_config_choices(const rs_config_file *c, const char *key, const char *const *names,
                            int n, int *out);
rs_status rs_config_choice(const rs_config_file *c, const char *key, const char *const *names,
                           int *out);

/* Settings whose other values are not implemented. accept is the value as JSON
 * text ("\"silu\"", "false", "3"), accept2 another one or NULL; an absent or null
 * member is always fine; accept NULL allows nothing else. */
typedef struct rs_config_fixed {
    const char *key, *accept, *accept2;
} rs_config_fixed;

rs_status rs_config_check_fixed(const rs_config_file *c, const rs_config_fixed *rows, size_t n);

/* The sizes of a part; ranges are checked, what they must agree on is not (see
 * rs_unet_check and its siblings). */
rs_status rs_unet_config_read(const rs_config_file *c, rs_unet_config *out);
rs_status rs_vae_config_read(const rs_config_file *c, rs_vae_config *out);
rs_status rs_text_config_read(const rs_config_file *c, rs_text_config *out);
rs_status rs_noise_config_read(const rs_config_file *c, rs_noise_config *out);

#endif
