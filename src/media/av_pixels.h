/* Pixels between FFmpeg's frames and ours. */
#ifndef RS_MEDIA_AV_PIXELS_H
#define RS_MEDIA_AV_PIXELS_H

#include <libavutil/frame.h>
#include <libswscale/swscale.h>

#include "media/av_util.h"
#include "media/tone_map.h"
#include "restyle/image.h"

/* A swscale context with its buffer, kept while the kind of frame stays. Zero it
 * before the first use. */
typedef struct rs_av_pixels {
    struct SwsContext *sws;
    uint8_t *buffer;
    size_t buffer_size;
    int width, height, from, to, space, full_range;
    rs_tone_map tone;
    rs_image_colours colours; /* of the latest decoded frame */
} rs_av_pixels;

void rs_av_pixels_release(rs_av_pixels *px);

/* Decoded frame to floats, turned by orient: by way of 8-bit RGB when the frame
 * has 8 bits, else of 16-bit, so nothing is lost; HDR tone-mapped, transparency over white. image
 * is re-allocated when its size does not fit. */
rs_status rs_av_to_image(rs_av_pixels *px, const AVFrame *frame, rs_orient orient, bool still,
                         rs_image *image, rs_err *err);

/* The same, unturned, laid over the pixels of image at (x0, y0); what falls
 * outside is cut off. */
rs_status rs_av_over_image(rs_av_pixels *px, const AVFrame *frame, int x0, int y0, bool still,
                           rs_image *image, rs_err *err);

/* The most bits that a sample of the format has; 0: no format. */
int rs_av_depth(enum AVPixelFormat format);

/* Whether frames like this one can be transparent. Animated pictures are decoded to formats with
 * transparency whatever they hold, so there it takes a pixel that is. */
bool rs_av_may_be_clear(const AVFrame *frame);

/* The bits of a sample to which rs_av_from_image rounds for this format: 8 or 16. */
int rs_av_rounds_to(enum AVPixelFormat format);

/* Fills frame (buffers, format, size and colour fields set by the caller; its
 * size may exceed the image's by the edge to repeat). A format with transparency gets
 * the image's, and colours without the white that they lie over. */
rs_status rs_av_from_image(rs_av_pixels *px, const rs_image *image, AVFrame *frame, rs_err *err);

#endif
