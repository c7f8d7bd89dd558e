/* Animated WebP, which FFmpeg before version 8 cannot decode: its frames are
 * taken out of the file and decoded one by one as stills. */
#ifndef RS_MEDIA_WEBP_ANIM_H
#define RS_MEDIA_WEBP_ANIM_H

#include "media/media.h"

typedef struct rs_webp_anim rs_webp_anim;

bool rs_webp_is_animated(const uint8_t *data, size_t size);

rs_status rs_webp_anim_open(const char *path, rs_webp_anim **anim, rs_err *err);
void rs_webp_anim_close(rs_webp_anim **anim);
const rs_source_info *rs_webp_anim_info(const rs_webp_anim *anim);
/* As rs_source_next. */
rs_status rs_webp_anim_next(rs_webp_anim *anim, rs_frame *frame, bool *end, rs_err *err);

#endif
