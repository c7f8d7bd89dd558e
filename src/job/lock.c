/* flock: it ends with the process, and Linux hands it on over NFS. */
#define _DEFAULT_SOURCE
#include "job/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* Who has it, as that process wrote it down. */
static void read_owner(int fd, char who[128])
{
    const ssize_t n = pread(fd, who, 127, 0);
    who[n > 0 ? n : 0] = '\0';
    who[strcspn(who, "\n")] = '\0';
}

static void write_owner(int fd, rs_lock_kind kind)
{
    char text[128], host[64] = "";
    gethostname(host, sizeof(host) - 1);
    const int n = snprintf(text, sizeof(text), "process %ld on %s\n", (long)getpid(), host);
    if (ftruncate(fd, 0) == 0 && kind == RS_LOCK_ALONE && pwrite(fd, text, (size_t)n, 0) < 0)
        return; /* only a message will be poorer */
}

/* Its owner may have removed the file just before we got the lock. */
static bool is_at(int fd, const char *path)
{
    struct stat a, b;
    return fstat(fd, &a) == 0 && stat(path, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

rs_status rs_lock_try(rs_lock *lock, const char *path, rs_lock_kind kind, bool *busy, char who[128],
                      rs_err *err)
{
    *busy = false;
    for (;;) {
        const int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
        if (fd < 0) {
            const int e = errno;
            const rs_status s = rs_err_sys(err, e, "cannot create '%s'", path);
            return e == ENOENT ? RS_E_NOTFOUND : s;
        }
        if (flock(fd, (kind == RS_LOCK_ALONE ? LOCK_EX : LOCK_SH) | LOCK_NB) != 0) {
            const int e = errno;
            read_owner(fd, who);
            close(fd);
            *busy = e == EWOULDBLOCK;
            return *busy ? RS_OK : rs_err_sys(err, e, "cannot lock '%s'", path);
        }
        if (is_at(fd, path)) {
            write_owner(fd, kind);
            *lock = (rs_lock){ fd, true };
            return RS_OK;
        }
        close(fd);
    }
}

void rs_lock_share(rs_lock *lock)
{
    write_owner(lock->fd, RS_LOCK_SHARED);
    flock(lock->fd, LOCK_SH);
}

bool rs_lock_is_held(const char *path, char who[128])
{
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    const bool held = flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    if (held)
        read_owner(fd, who);
    close(fd);
    return held;
}

void rs_lock_release(rs_lock *lock)
{
    if (lock->held)
        close(lock->fd);
    *lock = (rs_lock){ 0 };
}
