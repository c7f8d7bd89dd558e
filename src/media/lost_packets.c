#include "media/lost_packets.h"

#include <string.h>

#include "base/mem.h"

void rs_lost_packets_release(rs_lost_packets *lost)
{
    rs_free(lost->v);
    *lost = (rs_lost_packets){ 0 };
}

bool rs_lost_packets_add(rs_lost_packets *lost, int64_t pts, int64_t duration)
{
    if (lost->n == lost->cap) {
        const size_t cap = lost->cap ? 2 * lost->cap : 16;
        struct rs_lost_packet *v = rs_realloc(lost->v, lost->n * sizeof(*v), cap * sizeof(*v));
        if (!v)
            return false;
        lost->v = v;
        lost->cap = cap;
    }
    size_t at = lost->n++;
    for (; at > 0 && lost->v[at - 1].pts > pts; at--)
        lost->v[at] = lost->v[at - 1];
    lost->v[at] = (struct rs_lost_packet){ pts, duration };
    return true;
}

static void drop(rs_lost_packets *lost, size_t i)
{
    lost->n--;
    memmove(lost->v + i, lost->v + i + 1, (lost->n - i) * sizeof(lost->v[0]));
}

bool rs_lost_packets_take(rs_lost_packets *lost, int64_t before, struct rs_lost_packet *out)
{
    if (lost->n == 0 || lost->v[0].pts >= before)
        return false;
    *out = lost->v[0];
    drop(lost, 0);
    return true;
}

bool rs_lost_packets_found(rs_lost_packets *lost, int64_t pts)
{
    for (size_t i = 0; i < lost->n; i++) {
        if (lost->v[i].pts == pts) {
            drop(lost, i);
            return true;
        }
    }
    return false;
}
