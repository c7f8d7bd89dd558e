/* The inside of a bundle, shared by the files that fill it.
 *
 * A bundle is filled in steps, each of which may fail on its own: rs_bundle_open
 * stops at the first error, the description of a model goes on to find all. */
#ifndef RS_WEIGHTS_BUNDLE_PARTS_H
#define RS_WEIGHTS_BUNDLE_PARTS_H

#include "weights/bundle.h"
#include "weights/networks.h"

struct rs_bundle {
    rs_arena *arena;
    const char *path;
    const char *tokenizer;          /* folder given by the caller, or NULL */
    bool single;                    /* one file in the LDM layout, else a diffusers folder */
    rs_weights *weights[RS_PARTS];  /* NULL while absent; one set three times for a single file */
    bool known[RS_PARTS];           /* the part's sizes are filled in */
    bool noise_known;
    rs_unet_config unet;
    rs_vae_config vae;
    rs_text_config text;
    rs_noise_config noise;
    const char *note;               /* something to know about the noise schedule, or NULL */
    const char *vocab, *merges;     /* NULL while not found */
    const rs_networks *networks;    /* added to what is read, or NULL */
};

/* Takes one problem; false stops. err is cleared by the caller afterwards. */
typedef struct rs_problem_sink {
    bool (*take)(void *cookie, const rs_err *err);
    void *cookie;
} rs_problem_sink;

/* As rs_bundle_open, but hands every error to the sink and goes on as long as it
 * says so; *out is then a bundle of what could be read. Fails when the sink
 * stopped or memory ran out; sink NULL stops at the first error. */
rs_status rs_bundle_probe(rs_arena *arena, const char *path, const char *tokenizer,
                          const rs_problem_sink *sink, rs_bundle **out, rs_err *err);

/* "text_encoder", "unet", "vae". */
const char *rs_part_name(rs_part part);

/* Steps of the diffusers layout; weights come behind the config of the same part. */
rs_status rs_folder_identify(rs_bundle *b, rs_err *err);
rs_status rs_folder_weights(rs_bundle *b, rs_part part, rs_err *err);
rs_status rs_folder_config(rs_bundle *b, rs_part part, rs_err *err);
rs_status rs_folder_noise(rs_bundle *b, rs_err *err);

/* Steps of the single-file layout; all but the first need the weights. */
rs_status rs_single_open(rs_bundle *b, rs_err *err);
rs_status rs_single_config(rs_bundle *b, rs_part part, rs_err *err);
rs_status rs_single_noise(rs_bundle *b, rs_err *err);

/* Parts of rs_single_config. */
rs_status rs_single_unet(rs_bundle *b, rs_err *err);
rs_status rs_single_vae(rs_bundle *b, rs_err *err);
rs_status rs_single_text(rs_bundle *b, rs_err *err);

/* Rules that sizes of either layout must obey; source names where they are from. */
rs_status rs_unet_check(const rs_unet_config *cfg, const char *source, rs_err *err);
rs_status rs_vae_check(const rs_vae_config *cfg, const char *source, rs_err *err);
rs_status rs_text_check(const rs_text_config *cfg, const char *source, rs_err *err);
rs_status rs_noise_check(const rs_noise_config *cfg, const char *source, rs_err *err);

#endif
