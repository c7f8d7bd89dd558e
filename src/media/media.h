/* Streaming pictures in and out: videos, animated images, folders, stills.
 *
 *     rs_source *in = NULL;  rs_sink *out = NULL;  rs_frame f = { 0 };  bool end;
 *     RS_TRY(rs_source_open("in.mp4", log, &in, err));
 *     rs_sink_options o;
 *     rs_sink_options_from(&o, rs_source_get_info(in));
 *     RS_TRY(rs_sink_open("out.mp4", &o, &out, err));
 *     while (rs_source_next(in, &f, &end, err) == RS_OK && !end)
 *         rs_sink_write(out, &f, err);
 *     rs_sink_close(&out, true, err);
 *
 * Memory is a handful of frames, whatever the length. FFmpeg has one log for the
 * whole process; opening anything here sets its level to quiet. A source or sink
 * belongs to one thread at a time. */
#ifndef RS_MEDIA_MEDIA_H
#define RS_MEDIA_MEDIA_H

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/log.h"
#include "base/stop.h"
#include "restyle/image.h"
#include "restyle/list.h"
#include "restyle/timeline.h"

/* The rate given to frames that have none: folders and stills. */
#define RS_DEFAULT_RATE 25

typedef enum rs_source_kind {
    RS_SOURCE_VIDEO,
    RS_SOURCE_ANIMATION, /* animated GIF, APNG or WebP */
    RS_SOURCE_FOLDER,    /* pictures in natural order */
    RS_SOURCE_STILL
} rs_source_kind;

/* The part of a film that its frames come from, in microseconds of its time. */
typedef struct rs_cut {
    int64_t start, end; /* end 0: to its end */
} rs_cut;

/* How the source's light was coded: such frames come tone-mapped to SDR. */
typedef enum rs_hdr {
    RS_HDR_NONE,
    RS_HDR_PQ, /* SMPTE ST 2084: HDR10 and relatives */
    RS_HDR_HLG /* ARIB STD-B67 */
} rs_hdr;

typedef struct rs_source_info {
    rs_source_kind kind;
    int width, height;          /* of the first frame, turned as it is to be seen */
    rs_rational rate;           /* frames per second, as the file states it */
    rs_rational time_base;      /* seconds per unit of pts and duration */
    rs_rational sample_aspect;  /* width of a pixel to its height; 0/1: unknown, square */
    int64_t n_frames;           /* 0: unknown */
    bool n_frames_exact;        /* n_frames is counted, not estimated from the duration */
    int n_audio;                /* audio streams */
    int primaries, transfer, matrix; /* colour, as H.273 numbers it; 2: unspecified, as is a matrix
                                   of 0 */
    bool full_range;            /* YUV of all values, not of 16 to 235 */
    int depth;                  /* bits of a sample of the first frame */
    rs_cut cut;                 /* of the film; zeros: all of it */
    rs_hdr hdr;                 /* of a film's first frame; colours above are those after mapping */
    bool alpha;                 /* frames may be transparent: their images have alpha, then */
    int plays;                  /* how often an animation is shown; 0: for ever, as all others */
    const char *path;           /* as opened; lives as long as the source */
    int64_t first;              /* of a timeline: source_index of the first frame, */
    int file_width, file_height; /* and what filters and programs in front of the model get */
    rs_rational file_aspect;
    bool truncated;             /* found out at the end: frames are missing there */
} rs_source_info;

/* One picture and when it is shown. The image is owned by the frame: next reuses
 * its memory when the size stays the same. */
typedef struct rs_frame {
    rs_image image;
    rs_mask mask;          /* for those who attach one; no source does */
    int64_t index;         /* 0, 1, 2, ... */
    int64_t source_index;  /* of the frame of the file that it is made of: another one behind a
                              timeline; of a frame that filters invent, that of the one before */
    int64_t pts, duration; /* in time_base, counted from the start of the file */
    bool held;             /* the file is damaged here: the picture before (or the first whole one) */
    int64_t scene;         /* which it belongs to, from 0, and whether it is the last one of that: for */
    bool scene_last;       /* those who look; no source does */
    const char *name;      /* file name in a folder ("scene/1.jpg" in a sub-folder), or of a still;
                              NULL for videos. Lives as long as the source */
    const char *png_name;  /* the same with .png, unique within its folder; NULL for videos */
    const char *file_name; /* the file it becomes beside a picture's path, or in a folder; NULL: as
                              the sink has it. The writer's caller keeps it, as text */
    const char *text;      /* for the file's metadata; NULL: none of its own. The writer's caller
                              keeps it until the frame is written */
} rs_frame;

void rs_frame_release(rs_frame *frame); /* zeroes *frame */

typedef struct rs_source rs_source;

/* path: a file, or a folder of pictures. Decodes the first frame, so a file that
 * is no video fails here. log may be NULL and must outlive the source. */
rs_status rs_source_open(const char *path, const rs_log *log, rs_source **source, rs_err *err);

typedef struct rs_source_options {
    bool recursive;    /* folders: the pictures of sub-folders, too */
    bool names_only;   /* frames come without their pictures, unless filters want them */
    const rs_timeline *timeline; /* which frames, when, and through which filters; NULL: all as they
                                     are. Of a still its filters only. Outlives the source */
    bool numbered;     /* source_index must be exact: what cannot be counted is not skipped */
    bool refuse_hdr;   /* RS_E_UNSUPPORTED for HDR, as soon as it is seen */
    const rs_log *log; /* may be NULL; hears when the pictures of a folder differ in size, and when
                          colours are converted */
    const rs_stop *stop; /* may be NULL, outlives the source: ends reading with RS_E_CANCELLED */
} rs_source_options;

/* The same with all there is to choose. */
rs_status rs_source_open_with(const char *path, const rs_source_options *options, rs_source **source,
                              rs_err *err);
void rs_source_close(rs_source **source); /* NULL and *NULL are fine */
const rs_source_info *rs_source_get_info(const rs_source *source);

/* The name of frame i of a folder, or of a still; NULL past the last one, and where frames are
 * not known before they are read: of videos, and of ranges. */
const char *rs_source_name(const rs_source *source, size_t i);

/* The next frame, or *end = true. In the place of a picture that is damaged comes one that is
 * `held`; a file that ends early sets info.truncated at its end. */
rs_status rs_source_next(rs_source *source, rs_frame *frame, bool *end, rs_err *err);

enum {
    RS_COPY_AUDIO = 1,
    RS_COPY_SUBTITLES = 2, /* and attachments, such as their fonts */
    RS_COPY_METADATA = 4   /* tags, chapters, cover pictures */
};

typedef struct rs_sink_options {
    int width, height;         /* of every frame */
    rs_rational rate, time_base, sample_aspect;
    int primaries, transfer;   /* tags only; pixels are not converted */
    int matrix;                /* of YUV; 0 or 2: by the size */
    bool full_range;           /* YUV of all values, where the output can say so */
    bool alpha;                /* frames may have alpha: pixels that hold it are preferred */
    int plays;                 /* of animated pictures: how often they are shown; 0: for ever */
    const char *codec;         /* such as "libx265"; NULL: libx264, or the container's usual one */
    int crf;                   /* quality, lower is better; negative: the encoder's default.
                                  Encoders without crf get the quantiser 1 + crf / 9 */
    const char *preset;        /* NULL: the encoder's default */
    const char *pixel_format;  /* NULL: the encoder's usual one, mostly yuv420p. Frames whose size
                                  the format cannot hold (odd with 4:2:0) are widened by
                                  repeating the last column or row */
    rs_list encoder_options;   /* rs_pair: FFmpeg's names and values, for the encoder */
    const char *copy_from;     /* file from which `copy` is copied, packet by packet; or NULL */
    rs_cut cut;                /* what of that file; an end is that of the picture, to the packet */
    unsigned copy;             /* RS_COPY_* */
    const rs_timeline *timeline; /* frames pass its filters.after, which may change all of the above;
                                  NULL: none. Outlives the sink */
    bool overwrite;            /* an existing output is an error otherwise */
    bool still;                /* one picture will be written: .webp is no animation then */
    bool many;                 /* a picture's path: every frame has a file_name instead; whether one
                                  exists is the caller's to ask */
    int quality;               /* 1 to 100, of JPEG and WebP, animated too */
    bool lossless;             /* WebP */
    int bits;                  /* of a sample of PNG and TIFF: 16; else 8 */
    rs_picture_format picture_format; /* of a folder */
    const char *text;          /* a picture's parameters, unless the frame has its own; of videos the
                                  comment, or another tag when that is taken; may be NULL */
    const char *pipeline;      /* of pictures: what made them all, in YAML; may be NULL */
    const rs_log *log;         /* may be NULL */
    const rs_stop *stop;       /* may be NULL, outlives the sink: ends waiting with RS_E_CANCELLED */
} rs_sink_options;

/* Size, rate, time base, aspect and colour tags of info, and all that can be copied
 * of a video; codec, crf and the rest as unset. */
void rs_sink_options_from(rs_sink_options *options, const rs_source_info *info);

typedef enum rs_sink_kind {
    RS_SINK_VIDEO,
    RS_SINK_FOLDER, /* pictures named as their sources, sub-folders too, or frame_000001.png, ... */
    RS_SINK_PICTURE /* one PNG, JPEG, WebP or TIFF */
} rs_sink_kind;

/* An existing folder, a trailing slash, or no extension: a folder; .png, .jpg, .jpeg,
 * .tif or .tiff, and .webp when still is set: one picture; else a video, whose extension
 * must be one FFmpeg can write. */
rs_status rs_sink_kind_of(const char *path, bool still, rs_sink_kind *kind, rs_err *err);

/* For `check`: whether path's container takes this encoder (NULL: its default);
 * folders and pictures take any. Opens and creates nothing. */
rs_status rs_sink_check_codec(const char *path, const char *codec, rs_err *err);

/* The same for one of the encoder's settings (where the encoder is fine): that it has a
 * crf, a preset, a format of its pixels, and any other of FFmpeg's options. */
rs_status rs_sink_check_crf(const char *path, const char *codec, rs_err *err);
rs_status rs_sink_check_preset(const char *path, const char *codec, const char *preset, rs_err *err);
rs_status rs_sink_check_pixels(const char *path, const char *codec, const char *format, rs_err *err);
rs_status rs_sink_check_option(const char *path, const char *codec, const rs_pair *option, rs_err *err);
/* That pictures other than PNG, or of 16 bits, are what path asks for. */
rs_status rs_sink_check_format(const char *path, rs_picture_format format, rs_err *err);
rs_status rs_sink_check_bits(const char *path, rs_picture_format format, int bits, rs_err *err);

/* The only name under which a sink has a file that is not complete: what a
 * process killed while writing leaves behind. NULL: no memory. */
const char *rs_sink_temp_path(rs_arena *arena, const char *path, rs_sink_kind kind);

typedef struct rs_sink rs_sink;

/* Opens the encoder and creates the output under a temporary name, so settings
 * that cannot work fail here, before the first frame is computed. */
rs_status rs_sink_open(const char *path, const rs_sink_options *options, rs_sink **sink,
                       rs_err *err);

/* RS_E_IO when path exists already and is no empty folder, so may only be written with
 * `overwrite`. Hidden files do not count. */
rs_status rs_sink_check_free(const char *path, rs_err *err);

/* The frame is rounded to samples of so many bits, 8 or 16, before anything else is done to it. */
int rs_sink_bits(const rs_sink *sink, const rs_frame *frame);

/* What follows the pipeline in the last picture of a folder whose frames pass filters.after or
 * exec, which make as many as they like: the number of pictures. */
#define RS_SINK_LAST_OF "# the last of %" PRId64 " pictures\n"

/* What a folder of pictures of this format calls the frame's: file_name, png_name, or
 * "frame_000001.png", with the format's extension. In memory of arena or frame; NULL: no memory. */
const char *rs_sink_frame_name(rs_arena *arena, const rs_frame *frame, rs_picture_format format);

/* Uses image, pts, duration, png_name, file_name and text; the frame stays the caller's. pts must
 * increase. Pictures appear whole, one by one; a single one at commit. */
rs_status rs_sink_write(rs_sink *sink, const rs_frame *frame, rs_err *err);

/* commit: finish the file and rename it into place; otherwise, and when that
 * fails, nothing is left of it (PNGs already in a folder stay). Always releases;
 * NULL and *NULL are fine. */
rs_status rs_sink_close(rs_sink **sink, bool commit, rs_err *err);

#endif
