/* Encoding into one video file with FFmpeg. */
#ifndef RS_MEDIA_AV_OUT_H
#define RS_MEDIA_AV_OUT_H

#include "media/media.h"

typedef struct rs_av_out rs_av_out;

/* As the rs_sink functions of the same names. */
rs_status rs_av_out_open(const char *path, const rs_sink_options *options, rs_av_out **out,
                         rs_err *err);
rs_status rs_av_out_write(rs_av_out *out, const rs_frame *frame, rs_err *err);
/* As rs_sink_bits. */
int rs_av_out_bits(const rs_av_out *out);
/* Whether its pixels hold transparency. */
bool rs_av_out_has_alpha(const rs_av_out *out);
rs_status rs_av_out_close(rs_av_out **out, bool commit, rs_err *err);

#endif
