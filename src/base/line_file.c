#define _DEFAULT_SOURCE /* flock */
#include "base/line_file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/mem.h"

static rs_status stopped(const rs_line_file *f, rs_err *err)
{
    return RS_FAIL(err, RS_E_CANCELLED, "stopped while '%s' was not read", f->path);
}

/* O_NONBLOCK: we wait where the wait can be ended. ENXIO: a pipe that nobody reads. */
static rs_status open_file(rs_line_file *f, rs_err *err)
{
    struct stat st;
    while ((f->fd = open(f->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0666)) < 0) {
        if (errno != ENXIO)
            return rs_err_sys(err, errno, "cannot write '%s'", f->path);
        if (rs_stop_asked(f->stop))
            return stopped(f, err);
        poll(NULL, 0, RS_STOP_ASK_MS);
    }
    f->open = true;
    f->regular = fstat(f->fd, &st) == 0 && S_ISREG(st.st_mode);
    return f->regular ? rs_sync_folders(f->path, err) : RS_OK; /* also those of a run that was killed */
}

/* As far as it is there. */
static bool is_ours(const uint8_t *line, size_t n, const char *mark)
{
    const uint8_t *zero = memchr(line, 0, n);
    return memcmp(line, mark, rs_least(zero ? (size_t)(zero - line) : n, strlen(mark))) == 0;
}

static size_t last_line(const rs_map *map)
{
    size_t at = map->size - (map->size > 0);
    while (at > 0 && map->data[at - 1] != '\n')
        at--;
    return at;
}

/* Under the lock: what another process is about to write is not torn. */
static rs_status mend_end(rs_line_file *f, const char *mark, rs_err *err)
{
    rs_map map;
    if (rs_map_open(f->path, &map, NULL) != RS_OK)
        return RS_OK; /* it may be written, but not read */
    const size_t at = last_line(&map), n = map.size - at;
    const bool ended = n == 0 || map.data[map.size - 1] == '\n';
    /* zeros: pieces of the line that did not come to the disk, though its end may have */
    const bool torn = n > 0 && (!ended || memchr(map.data + at, 0, n));
    const bool ours = torn && is_ours(map.data + at, n, mark);
    rs_map_close(&map);
    if (ours ? ftruncate(f->fd, (off_t)at) != 0 : !ended && write(f->fd, "\n", 1) != 1)
        return rs_err_sys(err, errno, "cannot write '%s'", f->path);
    return RS_OK;
}

rs_status rs_line_file_open(rs_line_file *f, const char *path, const char *mark, const rs_stop *stop,
                            rs_err *err)
{
    *f = (rs_line_file){ .path = path, .stop = stop };
    rs_status s = open_file(f, err);
    if (s == RS_OK && f->regular) {
        flock(f->fd, LOCK_EX);
        s = mend_end(f, mark, err);
        flock(f->fd, LOCK_UN);
    }
    if (s != RS_OK)
        rs_line_file_close(f);
    return s;
}

/* Of a pipe that is full the rest waits. */
static rs_status write_all(rs_line_file *f, const char *line, size_t n, rs_err *err)
{
    while (n > 0) {
        const ssize_t w = write(f->fd, line, n);
        if (w < 0 && errno != EINTR && errno != EAGAIN)
            return rs_err_sys(err, errno, "cannot write '%s'", f->path);
        line += w > 0 ? w : 0;
        n -= w > 0 ? (size_t)w : 0;
        if (n > 0 && rs_stop_asked(f->stop))
            return stopped(f, err);
        if (n > 0 && w < 0)
            poll(&(struct pollfd){ .fd = f->fd, .events = POLLOUT }, 1, RS_STOP_ASK_MS);
    }
    return RS_OK;
}

/* Or, as far as the disk allows, nothing. Under the lock. */
static rs_status write_whole(rs_line_file *f, const char *line, size_t n, rs_err *err)
{
    const off_t end = lseek(f->fd, 0, SEEK_END);
    rs_status s = write_all(f, line, n, err);
    if (s == RS_OK && fsync(f->fd) != 0)
        s = rs_err_sys(err, errno, "cannot write '%s'", f->path);
    if (s != RS_OK && end >= 0 && ftruncate(f->fd, end) != 0)
        return s; /* the next to open it cuts it */
    return s;
}

rs_status rs_line_file_add(rs_line_file *f, const char *line, size_t n, rs_err *err)
{
    if (!f->regular)
        return write_all(f, line, n, err);
    flock(f->fd, LOCK_EX);
    const rs_status s = write_whole(f, line, n, err);
    flock(f->fd, LOCK_UN);
    return s;
}

void rs_line_file_close(rs_line_file *f)
{
    if (f->open)
        close(f->fd);
    *f = (rs_line_file){ 0 };
}
