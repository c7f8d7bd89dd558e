/* Writes small models of ramps into the test's folder (tests/lib/tmpdir.h): all
 * tensors are there, in both layouts, but no picture can be made with them. */
#ifndef RS_TESTS_TINY_MODEL_H
#define RS_TESTS_TINY_MODEL_H

#include "weights/bundle.h"

extern const rs_unet_config tiny_unet;
extern const rs_vae_config tiny_vae;
extern const rs_text_config tiny_text;

/* The texts of the diffusers folder's files, by their place in it; NULL: none. */
const char *tiny_file(const char *name);
/* A whole diffusers folder. */
void tiny_folder_write(const char *folder);
/* The file `name` of the folder with the first `from` replaced by `to`. */
void tiny_edit(const char *folder, const char *name, const char *from, const char *to);

typedef struct tiny_single {
    const char *leave_out;  /* prefix of LDM names not to be written, or NULL */
    bool short_text;        /* no "text_model." in the text encoder's names */
    bool no_metadata;
    const char *extra;      /* name of one more F32 tensor of 4 values, or NULL */
    const char *key, *value; /* one more metadata entry, or NULL */
    const float *alphas;    /* alphas_cumprod, or NULL */
    int n_alphas;
} tiny_single;

/* A file in the single-file layout, of the same sizes. */
void tiny_single_write(const char *name, const tiny_single *how);

#endif
