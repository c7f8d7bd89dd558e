/* Packets of a film that gave no picture, by the times at which one was due. */
#ifndef RS_MEDIA_LOST_PACKETS_H
#define RS_MEDIA_LOST_PACKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* In the stream's time base; sorted. Zero it before the first use. */
typedef struct rs_lost_packets {
    struct rs_lost_packet {
        int64_t pts, duration;
    } *v;
    size_t n, cap;
} rs_lost_packets;

void rs_lost_packets_release(rs_lost_packets *lost);

/* False: no memory. */
bool rs_lost_packets_add(rs_lost_packets *lost, int64_t pts, int64_t duration);

/* The first one of a time before `before` into *out, and out of the list. */
bool rs_lost_packets_take(rs_lost_packets *lost, int64_t before, struct rs_lost_packet *out);

/* Takes the one of that very time out: its picture came after all. */
bool rs_lost_packets_found(rs_lost_packets *lost, int64_t pts);

#endif
