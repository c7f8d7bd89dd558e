/* A second decoder that only says whether packets are whole. FFmpeg's usual ones of VP9 and AV1 take any
 * bytes for a picture: of 100 single wrong bits they notice 0 and 1. libvpx and libaom look at what must
 * be left when a picture has been read, and notice 98 and 96 (with 64 bytes of zeros 90 and 100); but
 * they give nothing more before the next key frame, where the others show what they can. */
#ifndef RS_MEDIA_SECOND_LOOK_H
#define RS_MEDIA_SECOND_LOOK_H

#include <stdbool.h>

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>

typedef struct rs_second_look rs_second_look;

/* NULL: first, which decodes the stream, needs none, there is none here, or no memory for it. */
rs_second_look *rs_second_look_open(const AVStream *stream, const AVCodec *first);
void rs_second_look_close(rs_second_look **look); /* NULL and *NULL are fine */

/* Every packet in turn. False: this one is damaged; those that rest on it count as whole. look may be
 * NULL. */
bool rs_second_look_is_whole(rs_second_look *look, const AVPacket *packet);
/* The next packet is another than the one behind the last. */
void rs_second_look_jump(rs_second_look *look);

#endif
