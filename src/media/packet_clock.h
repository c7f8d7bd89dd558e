/* Times of packets where a container's clock may jump: MPEG-TS and MPEG-PS, as recordings that were
 * put together, or a sender that began anew. There time goes on without the gap, as FFmpeg's program
 * has it (fftools, dts_delta_threshold: 10 s), but for silence in one stream while others go on. */
#ifndef RS_MEDIA_PACKET_CLOCK_H
#define RS_MEDIA_PACKET_CLOCK_H

#include <stdbool.h>

#include <libavformat/avformat.h>

#include "base/err.h"

/* Zero it before init. */
typedef struct rs_packet_clock {
    bool jumps;      /* the container is one of these; else packets stay as they are */
    int64_t offset;  /* added to all times; microseconds, as all here */
    int64_t latest;  /* the largest end of a packet of sound or picture, by its dts */
    int64_t *last, *next; /* [n] by stream: dts of the latest packet, and its end */
    unsigned n;
} rs_packet_clock;

rs_status rs_packet_clock_init(rs_packet_clock *clock, const AVFormatContext *fmt, rs_err *err);
void rs_packet_clock_release(rs_packet_clock *clock);

/* For every packet that is read, in order, of sound and picture at least; true: a jump is before it. */
bool rs_packet_clock_set(rs_packet_clock *clock, const AVFormatContext *fmt, AVPacket *packet);

#endif
