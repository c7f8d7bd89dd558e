/* For LD_PRELOAD: writes down every call by which the process changes the tree below a folder, or
 * brings a part of it to the disk, in the order in which they took effect; crash_state.c makes of it
 * what a disk may hold after power loss.
 *
 *     RS_RECORD=LOG RS_RECORD_BELOW=FOLDER   (both absolute, without links)
 *
 * A lock is held over each call and its record. LOG grows: a second run goes on in it. Files of
 * fopen are flushed after every fwrite. What takes another way to the disk is missing in LOG, which
 * power_loss.sh would see: the whole LOG, replayed, must give FOLDER. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/fault/record.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int log_fd = -1;

/* The next library's function of that name; a cast by way of memory, as ISO C has none from data to
 * functions. */
#define REAL(name) \
    do { \
        void *p_ = dlsym(RTLD_NEXT, name); \
        memcpy(&real, &p_, sizeof(real)); \
    } while (0)

static void give_up(const char *what)
{
    fprintf(stderr, "record: %s\n", what);
    abort();
}

static void put(const void *data, size_t n)
{
    ssize_t (*real)(int, const void *, size_t);
    REAL("write");
    if (n && real(log_fd, data, n) != (ssize_t)n)
        give_up("cannot write the log");
}

/* Under the lock. */
static void note(enum record_call call, const char *path, const char *other, int64_t at, const void *data,
                 size_t n)
{
    int (*real)(const char *, int, ...);
    const struct record_head h = { call, (uint32_t)strlen(path), (uint32_t)strlen(other), (uint32_t)n, at };
    if (log_fd < 0) {
        const char *log = getenv("RS_RECORD");
        REAL("open");
        if (!log || (log_fd = real(log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666)) < 0)
            give_up("cannot open the log");
    }
    put(&h, sizeof(h));
    put(path, h.n_path);
    put(other, h.n_other);
    put(data, n);
}

/* The part of an absolute path below the folder; NULL: it is not. */
static const char *below(const char *path)
{
    const char *folder = getenv("RS_RECORD_BELOW");
    const size_t n = folder ? strlen(folder) : 0;
    if (n == 0 || strncmp(path, folder, n) != 0 || (path[n] && path[n] != '/'))
        return NULL;
    return path + n + (path[n] == '/');
}

/* Where an open file or folder lies by now; NULL: not below the folder, or nowhere any more. */
static const char *where_is(int fd, char path[PATH_MAX])
{
    static const char gone[] = " (deleted)";
    char link[64];
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    const ssize_t n = readlink(link, path, PATH_MAX - 1);
    path[n > 0 ? n : 0] = '\0';
    const size_t tail = sizeof(gone) - 1;
    if (n > (ssize_t)tail && strcmp(path + n - (ssize_t)tail, gone) == 0)
        return NULL;
    return below(path);
}

/* The place that a name in a folder means, whether or not there is something. */
static const char *place(int dir, const char *name, char path[PATH_MAX])
{
    char full[PATH_MAX], parent[PATH_MAX];
    const char *base = strrchr(name, '/');
    if (name[0] == '/' || dir == AT_FDCWD)
        snprintf(full, sizeof(full), "%s%s", name[0] == '/' ? "" : "./", name);
    else
        snprintf(full, sizeof(full), "/proc/self/fd/%d/%s", dir, name);
    char *slash = strrchr(full, '/');
    *slash = '\0';
    if (!realpath(full[0] ? full : "/", parent))
        return NULL;
    base = base ? base + 1 : name;
    if (snprintf(path, PATH_MAX, "%s/%s", parent, base) >= PATH_MAX)
        return NULL;
    return below(path);
}

/* New, or emptied by being opened. */
static void note_opened(int fd, bool existed, bool emptied)
{
    char path[PATH_MAX];
    const char *at = where_is(fd, path);
    if (at && !existed)
        note(RECORD_CREATE, at, "", 0, NULL, 0);
    else if (at && emptied)
        note(RECORD_TRUNCATE, at, "", 0, NULL, 0);
}

static int open_by(const char *symbol, int dir, const char *name, int flags, mode_t mode)
{
    int (*real)(int, const char *, int, ...);
    struct stat st;
    REAL(symbol);
    if (!(flags & (O_CREAT | O_TRUNC)))
        return real(dir, name, flags, mode);
    pthread_mutex_lock(&lock);
    const bool existed = fstatat(dir, name, &st, 0) == 0;
    const int fd = real(dir, name, flags, mode);
    if (fd >= 0)
        note_opened(fd, existed, flags & O_TRUNC && st.st_size > 0);
    pthread_mutex_unlock(&lock);
    return fd;
}

#define MODE(mode, flags) \
    do { \
        va_list ap_; \
        va_start(ap_, flags); \
        (mode) = flags & O_CREAT ? va_arg(ap_, mode_t) : 0; \
        va_end(ap_); \
    } while (0)

int open(const char *name, int flags, ...)
{
    mode_t mode;
    MODE(mode, flags);
    return open_by("openat", AT_FDCWD, name, flags, mode);
}

int open64(const char *name, int flags, ...)
{
    mode_t mode;
    MODE(mode, flags);
    return open_by("openat64", AT_FDCWD, name, flags, mode);
}

FILE *fopen(const char *name, const char *mode)
{
    FILE *(*real)(const char *, const char *);
    struct stat st;
    REAL("fopen");
    if (mode[0] == 'r')
        return real(name, mode);
    pthread_mutex_lock(&lock);
    const bool existed = stat(name, &st) == 0;
    FILE *f = real(name, mode);
    if (f)
        note_opened(fileno(f), existed, mode[0] == 'w' && st.st_size > 0);
    pthread_mutex_unlock(&lock);
    return f;
}

size_t fwrite(const void *data, size_t size, size_t n, FILE *f)
{
    size_t (*real)(const void *, size_t, size_t, FILE *);
    char path[PATH_MAX];
    REAL("fwrite");
    if (!where_is(fileno(f), path))
        return real(data, size, n, f);
    pthread_mutex_lock(&lock);
    const char *at = where_is(fileno(f), path);
    const size_t got = real(data, size, n, f);
    fflush(f);
    if (at)
        note(RECORD_WRITE, at, "", ftell(f) - (long)(got * size), data, got * size);
    pthread_mutex_unlock(&lock);
    return got;
}

ssize_t write(int fd, const void *data, size_t n)
{
    ssize_t (*real)(int, const void *, size_t);
    char path[PATH_MAX];
    REAL("write");
    if (!where_is(fd, path)) /* a pipe may keep us waiting: without the lock */
        return real(fd, data, n);
    pthread_mutex_lock(&lock);
    const char *at = where_is(fd, path);
    const ssize_t got = real(fd, data, n);
    if (at && got > 0) /* behind it now, also of a file that is appended to */
        note(RECORD_WRITE, at, "", lseek(fd, 0, SEEK_CUR) - got, data, (size_t)got);
    pthread_mutex_unlock(&lock);
    return got;
}

static ssize_t write_at(const char *symbol, int fd, const void *data, size_t n, off64_t offset)
{
    ssize_t (*real)(int, const void *, size_t, off64_t);
    char path[PATH_MAX];
    REAL(symbol);
    pthread_mutex_lock(&lock);
    const char *at = where_is(fd, path);
    const ssize_t got = real(fd, data, n, offset);
    if (at && got > 0)
        note(RECORD_WRITE, at, "", offset, data, (size_t)got);
    pthread_mutex_unlock(&lock);
    return got;
}

ssize_t pwrite(int fd, const void *data, size_t n, off_t offset)
{
    return write_at("pwrite", fd, data, n, offset);
}

ssize_t pwrite64(int fd, const void *data, size_t n, off64_t offset)
{
    return write_at("pwrite64", fd, data, n, offset);
}

static int truncate_by(const char *symbol, int fd, off64_t size)
{
    int (*real)(int, off64_t);
    char path[PATH_MAX];
    REAL(symbol);
    pthread_mutex_lock(&lock);
    const char *at = where_is(fd, path);
    const int e = real(fd, size);
    if (at && e == 0)
        note(RECORD_TRUNCATE, at, "", size, NULL, 0);
    pthread_mutex_unlock(&lock);
    return e;
}

int ftruncate(int fd, off_t size)
{
    return truncate_by("ftruncate", fd, size);
}

int ftruncate64(int fd, off64_t size)
{
    return truncate_by("ftruncate64", fd, size);
}

static int sync_by(const char *symbol, int fd)
{
    int (*real)(int);
    char path[PATH_MAX];
    REAL(symbol);
    pthread_mutex_lock(&lock);
    const char *at = where_is(fd, path);
    const int e = real(fd);
    if (at && e == 0)
        note(RECORD_SYNC, at, "", 0, NULL, 0);
    pthread_mutex_unlock(&lock);
    return e;
}

int fsync(int fd)
{
    return sync_by("fsync", fd);
}

int fdatasync(int fd)
{
    return sync_by("fdatasync", fd);
}

int mkdir(const char *name, mode_t mode)
{
    int (*real)(const char *, mode_t);
    char path[PATH_MAX];
    REAL("mkdir");
    pthread_mutex_lock(&lock);
    const char *at = place(AT_FDCWD, name, path);
    const int e = real(name, mode);
    if (at && e == 0)
        note(RECORD_MKDIR, at, "", 0, NULL, 0);
    pthread_mutex_unlock(&lock);
    return e;
}

/* rename and link; one that comes from elsewhere, or goes there, has no record. */
static int two_names(const char *symbol, enum record_call call, const char *from, const char *to)
{
    int (*real)(const char *, const char *);
    char a[PATH_MAX], b[PATH_MAX];
    REAL(symbol);
    pthread_mutex_lock(&lock);
    const char *at = place(AT_FDCWD, from, a), *other = place(AT_FDCWD, to, b);
    const int e = real(from, to);
    if (at && other && e == 0)
        note(call, at, other, 0, NULL, 0);
    pthread_mutex_unlock(&lock);
    return e;
}

int rename(const char *from, const char *to)
{
    return two_names("rename", RECORD_RENAME, from, to);
}

int link(const char *from, const char *to)
{
    return two_names("link", RECORD_LINK, from, to);
}

static int remove_at(int dir, const char *name, int flags)
{
    int (*real)(int, const char *, int);
    char path[PATH_MAX];
    REAL("unlinkat");
    pthread_mutex_lock(&lock);
    const char *at = place(dir, name, path);
    const int e = real(dir, name, flags);
    if (at && e == 0)
        note(RECORD_REMOVE, at, "", 0, NULL, 0);
    pthread_mutex_unlock(&lock);
    return e;
}

int unlinkat(int dir, const char *name, int flags)
{
    return remove_at(dir, name, flags);
}

int unlink(const char *name)
{
    return remove_at(AT_FDCWD, name, 0);
}

int rmdir(const char *name)
{
    return remove_at(AT_FDCWD, name, AT_REMOVEDIR);
}
