/* Messages for a person, through a callback the application sets.
 *
 * Libraries never print: they call rs_log on the handle they were given. A
 * NULL handle, or one without a callback, is silent. */
#ifndef RS_BASE_LOG_H
#define RS_BASE_LOG_H

#include "base/compiler.h"
#include "restyle/log.h"

void rs_logf(const rs_log *log, rs_log_level level, const char *fmt, ...) RS_PRINTF(3, 4);

#define RS_WARN(log, ...) rs_logf((log), RS_LOG_WARN, __VA_ARGS__)
#define RS_DEBUG(log, ...) rs_logf((log), RS_LOG_DEBUG, __VA_ARGS__)

#endif
