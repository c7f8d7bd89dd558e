/* What a model on disk is, without loading it: only headers and configs are read.
 *
 *     rs_model_info *info = NULL;
 *     rs_err err = { 0 };
 *     if (rs_model_inspect("samples/model", NULL, &info, &err) != RS_OK) ...
 *     rs_model_print(info, line, stdout);
 *     rs_model_info_close(&info);
 */
#ifndef RESTYLE_INSPECT_H
#define RESTYLE_INSPECT_H

#include <stddef.h>
#include <stdint.h>

#include "restyle/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define RS_MODEL_PARTS 3

/* file, precision and sizes are NULL when they could not be read. */
typedef struct rs_model_part {
    const char *name;      /* "text_encoder", "unet", "vae" */
    const char *file;      /* the weights, or the index of their shards */
    const char *precision; /* dtypes by share of parameters: "F16" or "F16 98 %, F32 2 %" */
    const char *sizes;     /* "4 levels of 320, 640, 1280, 1280 channels, ..." */
    uint64_t tensors, parameters, bytes;
} rs_model_part;

/* Read only; strings live as long as the struct. */
typedef struct rs_model_info {
    const char *path;
    const char *family;     /* "Stable Diffusion 1.x", ..., "unknown" */
    const char *layout;     /* "diffusers folder" or "single file" */
    rs_model_part parts[RS_MODEL_PARTS];
    const char *noise;      /* training noise: "1000 steps, scaled_linear, ..."; NULL: unknown */
    const char *prediction; /* "epsilon", "v", or NULL */
    const char *tokenizer;  /* its vocab.json, or NULL */
    const char *note;       /* a remark that is no problem, or NULL */
    uint64_t unused_tensors, unused_bytes; /* in a single file, of none of the parts */
    int multiple;           /* widths and heights must be multiples of it; 0: unknown */
    size_t n_problems;      /* 0: the model can be loaded */
    const char *const *problems;
} rs_model_info;

/* Describes the model at path; tokenizer as in rs_model_options. Everything that
 * is missing or wrong in a model becomes one of its problems; an error is only
 * what is no model at all (or of another kind), and running out of memory. */
rs_status rs_model_inspect(const char *path, const char *tokenizer, rs_model_info **info,
                           rs_err *err);
void rs_model_info_close(rs_model_info **info); /* NULL and *NULL are fine */

/* The description as text for a person, line by line, without newlines. */
void rs_model_print(const rs_model_info *info, void (*line)(void *cookie, const char *text),
                    void *cookie);

#ifdef __cplusplus
}
#endif
#endif
