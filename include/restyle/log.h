/* Where the library's messages go. */
#ifndef RESTYLE_LOG_H
#define RESTYLE_LOG_H

#ifdef __cplusplus
extern "C" {
#endif

typedef enum rs_log_level {
    RS_LOG_WARN,
    RS_LOG_INFO,
    RS_LOG_DEBUG
} rs_log_level;

/* Plain struct owned by the caller; must outlive what it was passed to. write
 * gets one line without a newline, possibly from several threads. */
typedef struct rs_log {
    rs_log_level level; /* messages above it are dropped */
    void (*write)(void *cookie, rs_log_level level, const char *line);
    void *cookie;
} rs_log;

#ifdef __cplusplus
}
#endif
#endif
