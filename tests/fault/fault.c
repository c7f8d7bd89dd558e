/* For LD_PRELOAD: makes the n-th call that changes the disk fail, or the process die just
 * before it. Such calls are write, fsync, rename, unlinkat, rmdir and ftruncate, of all threads,
 * counted from 1; writes to standard output and error do not count.
 *
 *     RS_FAULT=kill:17   SIGKILL in place of call 17
 *     RS_FAULT=full:17   from call 17 on the disk is full: writes fail with ENOSPC
 *     RS_FAULT=count:FILE   the number of calls goes into FILE at the end */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static atomic_long n_calls;

static const char *plan(const char *word)
{
    const char *s = getenv("RS_FAULT");
    const size_t n = strlen(word);
    return s && strncmp(s, word, n) == 0 && s[n] == ':' ? s + n + 1 : NULL;
}

/* True: the disk is full by now. */
static int step(void)
{
    const long n = atomic_fetch_add(&n_calls, 1) + 1;
    const char *at = plan("kill");
    if (at && n == atol(at))
        kill(getpid(), SIGKILL);
    at = plan("full");
    return at && n >= atol(at);
}

__attribute__((destructor)) static void tell(void)
{
    const char *path = plan("count");
    FILE *f = path ? fopen(path, "w") : NULL;
    if (!f)
        return;
    fprintf(f, "%ld\n", atomic_load(&n_calls));
    fclose(f);
}

/* The real one; a cast by way of memory, as ISO C has none from data to functions. */
#define REAL(name) \
    do { \
        void *p_ = dlsym(RTLD_NEXT, #name); \
        memcpy(&real, &p_, sizeof(real)); \
    } while (0)

ssize_t write(int fd, const void *data, size_t n)
{
    ssize_t (*real)(int, const void *, size_t);
    REAL(write);
    if (fd > STDERR_FILENO && step()) {
        errno = ENOSPC;
        return -1;
    }
    return real(fd, data, n);
}

int fsync(int fd)
{
    int (*real)(int);
    REAL(fsync);
    step();
    return real(fd);
}

int rename(const char *from, const char *to)
{
    int (*real)(const char *, const char *);
    REAL(rename);
    step();
    return real(from, to);
}

int unlinkat(int dir, const char *path, int flags)
{
    int (*real)(int, const char *, int);
    REAL(unlinkat);
    step();
    return real(dir, path, flags);
}

int rmdir(const char *path)
{
    int (*real)(const char *);
    REAL(rmdir);
    step();
    return real(path);
}

int ftruncate(int fd, off_t size)
{
    int (*real)(int, off_t);
    REAL(ftruncate);
    step();
    return real(fd, size);
}
