/* Pipelines: what to restyle with what, as described by a YAML file.
 *
 * pipelines/SCHEMA.md lists all keys; rs_schema_write prints the same. Opening
 * a pipeline reports every problem at once, not only the first. */
#ifndef RESTYLE_PIPELINE_H
#define RESTYLE_PIPELINE_H

#include <stdbool.h>
#include <stddef.h>

#include "restyle/batch.h"
#include "restyle/diag.h"
#include "restyle/image.h"
#include "restyle/img2img.h"
#include "restyle/inpaint.h"
#include "restyle/list.h"
#include "restyle/outpaint.h"
#include "restyle/scripts.h"
#include "restyle/size.h"
#include "restyle/status.h"
#include "restyle/timeline.h"
#include "restyle/upscale.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum rs_loopback_seed {
    RS_LOOPBACK_FIXED,     /* every frame uses img2img.seed */
    RS_LOOPBACK_INCREMENT, /* frame i uses img2img.seed + i */
    RS_LOOPBACK_RANDOM     /* drawn for each frame from img2img.seed: repeatable */
} rs_loopback_seed;

typedef struct rs_loopback_spec {
    bool enabled;
    float blend; /* share of the previous output in the next init */
    rs_loopback_seed seed;
} rs_loopback_spec;

/* What to do when a frame's result is not finite, after another try. */
typedef enum rs_bad_frame {
    RS_BAD_FRAME_FAIL,
    RS_BAD_FRAME_HOLD,  /* the output before it in its scene, or else its source */
    RS_BAD_FRAME_SOURCE
} rs_bad_frame;

/* What becomes of HDR video, which the model does not know. */
typedef enum rs_hdr_policy {
    RS_HDR_TONE_MAP, /* to SDR, with a note */
    RS_HDR_REFUSE
} rs_hdr_policy;

typedef enum rs_keep {
    RS_KEEP_COPY, /* as it is, byte for byte */
    RS_KEEP_NONE
} rs_keep;

typedef struct rs_encode_spec {
    const char *codec;
    int crf;
    const char *preset;
    const char *pixel_format;
    rs_list options; /* rs_pair: FFmpeg's names and values, for the encoder */
    rs_keep audio;
    rs_keep subtitles; /* and attachments, such as their fonts */
    rs_keep metadata;  /* tags, chapters, cover pictures */
    int quality;   /* 1 to 100, of JPEG and WebP, animated too; 80 */
    bool lossless; /* WebP */
    rs_picture_format picture_format; /* of a folder */
    int bit_depth; /* of PNG and TIFF: 8 or 16; 0: as the source */
    rs_keep alpha; /* RS_KEEP_NONE: the source's transparency is left out, over white */
} rs_encode_spec;

/* What pictures say about how they were made; see restyle/infotext.h. */
typedef struct rs_infotext_spec {
    bool write;      /* true */
    bool model_hash; /* of a model in one file: it is read once more for that */
    bool network_hashes; /* true: of LoRAs and of embeddings in the prompt */
} rs_infotext_spec;

/* A pipeline with every default filled in. Paths are absolute. */
typedef struct rs_pipeline_spec {
    const char *model;
    const char *tokenizer; /* NULL: the model's own */
    const char *embeddings; /* NULL: none */
    rs_memory memory;
    rs_precision precision;
    rs_compat compat; /* its defaults are in img2img already */
    const char *input;     /* of several the first one */
    rs_list inputs;        /* const char *: all of them; n may be 0 when there is one. See clips.h */
    bool recursive;        /* of a folder: the pictures of its sub-folders, too */
    const char *output;
    rs_timeline timeline;
    rs_hdr_policy hdr;
    rs_size size;          /* zeros: the source's, or that times scale and rounded to the model's multiple */
    float scale;           /* of the source's size, where size is zeros; 0: 1 */
    rs_resize resize;
    rs_img2img_params img2img;
    rs_inpaint_spec inpaint;
    rs_outpaint outpaint;
    rs_loopback_spec loopback;
    float scene_cut;       /* frames hand nothing on over a cut of that score; 0: there is none */
    rs_loops loops;
    rs_sd_upscale sd_upscale;
    rs_batch_spec batch;
    rs_upscale_params upscale;
    rs_encode_spec encode;
    rs_infotext_spec infotext;
    int threads;           /* 0: one per processor */
    rs_bad_frame on_bad_frame;
    const char *events;    /* a file that gets a line of JSON a frame; NULL: none */
    bool overwrite;        /* an existing output may be replaced */
    bool keep_job;         /* NAME.job stays when the job is done */
} rs_pipeline_spec;

/* One value that replaces the file's, such as an option of a command line. */
typedef struct rs_override {
    const char *option; /* how messages name it: "--set", "--input" */
    const char *key;    /* "img2img.steps"; NULL: value is "key=value" */
    const char *value;  /* taken as it is, or a quoted YAML scalar; paths are relative to the
                           current folder, those in the file to the file's folder */
} rs_override;

typedef struct rs_pipeline_source {
    const char *path;             /* NULL: a pipeline made of overrides alone */
    const rs_override *overrides; /* later ones win */
    size_t n_overrides;
    bool check_files;             /* also look at model, input and output on disk */
    bool partial;                 /* no job: model, input and output may be missing */
    rs_diag_sink diags;           /* may be empty */
} rs_pipeline_source;

typedef struct rs_pipeline rs_pipeline;

/* RS_E_INVALID: something is wrong in the text. RS_E_NOTFOUND: it is right, but
 * model or input cannot be read; or the pipeline file itself cannot, and then
 * there are no diagnostics. RS_E_IO: only the output cannot be written.
 *
 * An existing output file is refused unless `overwrite` is set; an `overwrite`
 * of the file does not cover an output that an override names. A folder as
 * output is not looked into: that is done when it is opened for writing. */
rs_status rs_pipeline_open(const rs_pipeline_source *source, rs_pipeline **pipeline, rs_err *err);
void rs_pipeline_close(rs_pipeline **pipeline); /* NULL and *NULL are fine */

/* The part of a pipeline that rs_model_open takes. */
rs_model_options rs_pipeline_model_options(const rs_pipeline_spec *spec);

/* Lives as long as the pipeline. */
const rs_pipeline_spec *rs_pipeline_get(const rs_pipeline *pipeline);

/* Receives text in pieces. */
typedef struct rs_text_sink {
    void (*put)(void *cookie, const char *text, size_t len);
    void *cookie;
} rs_text_sink;

/* The pipeline as YAML with every default and absolute paths; opening that
 * text again gives an equal pipeline. */
rs_status rs_pipeline_dump(const rs_pipeline *pipeline, const rs_text_sink *sink, rs_err *err);

/* The canonical text of the values that change the output, for a hash that
 * tells whether a job may be continued. The contents of model and input are
 * not part of it. */
rs_status rs_pipeline_fingerprint(const rs_pipeline *pipeline, const rs_text_sink *sink, rs_err *err);

typedef enum rs_schema_format {
    RS_SCHEMA_TEXT,
    RS_SCHEMA_MARKDOWN,
    RS_SCHEMA_YAML, /* a pipeline of all keys with their defaults */
    RS_SCHEMA_JSON /* JSON Schema 2020-12 */
} rs_schema_format;

rs_status rs_schema_write(rs_schema_format format, const rs_text_sink *sink, rs_err *err);

/* The one-sentence help of a key such as "img2img.steps"; NULL if unknown. */
const char *rs_schema_help(const char *key);

#ifdef __cplusplus
}
#endif
#endif
