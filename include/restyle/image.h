/* Pictures: interleaved RGB floats, and PNG or JPEG files. */
#ifndef RESTYLE_IMAGE_H
#define RESTYLE_IMAGE_H

#include <stdint.h>

#include "restyle/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a file's colours were, which are sRGB or BT.709 when they are read. */
typedef enum rs_image_colours {
    RS_COLOURS_SRGB,      /* that, or the file says nothing */
    RS_COLOURS_CONVERTED, /* others, by its ICC profile or tags (Display P3, ...): converted */
    RS_COLOURS_PQ,        /* HDR: tone-mapped */
    RS_COLOURS_HLG,
    RS_COLOURS_UNREAD     /* its ICC profile is damaged, or not by a matrix: taken for sRGB */
} rs_image_colours;

/* rgb: [height, width, 3] floats from 0 to 1, coded as in the file (sRGB), row
 * by row without padding. An image made by this library is released with
 * rs_image_release; the struct itself is the caller's. */
typedef struct rs_image {
    int width, height;
    float *rgb;
    float *alpha; /* [height, width] from 0 to 1, as the file had it (rgb lies over white); NULL:
                     opaque. Masks are made of it, and jobs carry it to the output */
    int depth;    /* bits of a sample in the file it was read from; 0: it was made */
    rs_image_colours colours; /* the same */
} rs_image;

/* The files that one picture can become. */
typedef enum rs_picture_format {
    RS_PICTURE_PNG,
    RS_PICTURE_JPEG,
    RS_PICTURE_WEBP,
    RS_PICTURE_TIFF
} rs_picture_format;

/* Where to repaint: one byte a pixel, 0 keeps it and 255 repaints it. Released with
 * rs_mask_release; the struct itself is the caller's. */
typedef struct rs_mask {
    int width, height;
    uint8_t *v; /* [height, width] */
} rs_mask;

typedef enum rs_resize {
    RS_RESIZE_STRETCH, /* to the size, whatever the shape (A1111 "just resize") */
    RS_RESIZE_CROP,    /* cover the size, cut off the rest ("crop and resize") */
    RS_RESIZE_FILL,    /* fit inside, stretch the edge rows ("resize and fill") */
    RS_RESIZE_AREA,    /* cover the size, cut the rest off first, then take the mean light of what
                          each pixel covers, in 8 bits: stable-diffusion.cpp's */
    RS_RESIZE_LATENT   /* the latent, not the picture ("just resize (latent upscale)"): for
                          pipelines; no mode of rs_image_resize */
} rs_resize;

/* Uninitialised pixels. Sizes from 1 to 32768. */
rs_status rs_image_alloc(rs_image *image, int width, int height, rs_err *err);
void rs_image_release(rs_image *image); /* zeroes *image; fine when already zero */

/* The same for masks. */
rs_status rs_mask_alloc(rs_mask *mask, int width, int height, rs_err *err);
void rs_mask_release(rs_mask *mask);

/* Reads the first picture of a PNG, JPEG (or any still or film FFmpeg can read). */
rs_status rs_image_read(const char *path, rs_image *image, rs_err *err);

/* Writes an 8-bit PNG (values rounded, clamped), beside and renamed into place.
 * text: NULL, or a `parameters` text chunk in UTF-8. */
rs_status rs_image_write_png(const char *path, const rs_image *image, const char *text, rs_err *err);

/* dst must be allocated at the wanted size; Lanczos, but for RS_RESIZE_AREA. */
rs_status rs_image_resize(rs_image *dst, const rs_image *src, rs_resize mode, rs_err *err);

#ifdef __cplusplus
}
#endif
#endif
