#define _GNU_SOURCE /* pipe2, environ */
#include "base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* SIGPIPE and a mask that the caller may have set are not the program's. */
static int spawn(pid_t *pid, const char *command, int in, int out)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attr;
    sigset_t none, defaults;
    char *const argv[] = { (char[]){ "sh" }, (char[]){ "-c" }, NULL, NULL };
    const char *args[] = { argv[0], argv[1], command, NULL };
    sigemptyset(&none);
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    sigaddset(&defaults, SIGINT);
    int e = posix_spawn_file_actions_init(&files);
    if (e)
        return e;
    e = posix_spawnattr_init(&attr);
    if (!e) {
        posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF |
                                            POSIX_SPAWN_SETSIGMASK);
        posix_spawnattr_setpgroup(&attr, 0);
        posix_spawnattr_setsigdefault(&attr, &defaults);
        posix_spawnattr_setsigmask(&attr, &none);
        e = posix_spawn_file_actions_adddup2(&files, in, 0);
        if (!e)
            e = posix_spawn_file_actions_adddup2(&files, out, 1);
        if (!e) /* which takes strings as not const, and leaves them */
            e = posix_spawn(pid, "/bin/sh", &files, &attr, (char *const *)(uintptr_t)args, environ);
        posix_spawnattr_destroy(&attr);
    }
    posix_spawn_file_actions_destroy(&files);
    return e;
}

rs_status rs_child_start(rs_child *child, const char *command, rs_err *err)
{
    int in[2] = { -1, -1 }, out[2] = { -1, -1 };
    *child = (rs_child){ -1, -1, -1 };
    int e = pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC) ? errno : 0;
    if (!e && (fcntl(in[1], F_SETFL, O_NONBLOCK) < 0 || fcntl(out[0], F_SETFL, O_NONBLOCK) < 0))
        e = errno;
    if (!e)
        e = spawn(&child->pid, command, in[0], out[1]);
    close_fd(&in[0]);
    close_fd(&out[1]);
    if (e) {
        close_fd(&in[1]);
        close_fd(&out[0]);
        child->pid = -1;
        return rs_err_sys(err, e, "cannot start '%s'", command);
    }
    child->to = in[1];
    child->from = out[0];
    return RS_OK;
}

ssize_t rs_child_write(const rs_child *child, const uint8_t *data, size_t n)
{
    sigset_t pipe_set, old, pending;
    sigemptyset(&pipe_set);
    sigaddset(&pipe_set, SIGPIPE);
    sigpending(&pending);
    const bool before = sigismember(&pending, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_set, &old);
    const ssize_t got = write(child->to, data, n);
    const int e = errno;
    if (got < 0 && e == EPIPE && !before) { /* it waits for this thread: taken off */
        const struct timespec now = { 0 };
        while (sigtimedwait(&pipe_set, NULL, &now) < 0 && errno == EINTR)
            ;
    }
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    errno = e;
    return got;
}

void rs_child_close_input(rs_child *child)
{
    close_fd(&child->to);
}

static bool has_ended(rs_child *child, double seconds, const rs_stop *stop, int *code)
{
    const double until = rs_clock_now() + seconds;
    for (;;) {
        int status = 0;
        const pid_t got = waitpid(child->pid, &status, WNOHANG);
        if (got == child->pid || (got < 0 && errno != EINTR)) {
            *code = WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
            child->pid = -1;
            return true;
        }
        if (rs_clock_now() >= until || rs_stop_asked(stop))
            return false;
        nanosleep(&(const struct timespec){ .tv_nsec = 5000000 }, NULL);
    }
}

bool rs_child_end(rs_child *child, double seconds, const rs_stop *stop, int *code)
{
    close_fd(&child->to);
    close_fd(&child->from);
    *code = 0;
    if (child->pid < 0 || has_ended(child, seconds, stop, code))
        return true;
    kill(-child->pid, SIGTERM);
    if (!has_ended(child, 1, NULL, code)) {
        kill(-child->pid, SIGKILL);
        has_ended(child, 3600, NULL, code);
    }
    return false;
}
