/* How often an animation is to be shown, as its file says. */
#ifndef RS_MEDIA_LOOP_COUNT_H
#define RS_MEDIA_LOOP_COUNT_H

#include <stddef.h>
#include <stdint.h>

/* data: a whole GIF or APNG. 0: for ever, which is also the answer for anything else. */
int rs_loop_count(const uint8_t *data, size_t size);

#endif
