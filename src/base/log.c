#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>

void rs_logf(const rs_log *log, rs_log_level level, const char *fmt, ...)
{
    if (!log || !log->write || level > log->level)
        return;
    char line[1024];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(line, sizeof(line), fmt, ap);
    va_end(ap);
    log->write(log->cookie, level, line);
}
