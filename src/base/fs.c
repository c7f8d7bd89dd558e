#define _POSIX_C_SOURCE 200809L
#define _DEFAULT_SOURCE /* madvise */
#include "base/fs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static rs_status open_regular(const char *path, int *fd, size_t *size, rs_err *err)
{
    const int f = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (f < 0)
        return rs_err_sys(err, errno, "cannot open '%s'", path);
    struct stat st;
    if (fstat(f, &st) != 0) {
        const int e = errno;
        close(f);
        return rs_err_sys(err, e, "cannot stat '%s'", path);
    }
    if (!S_ISREG(st.st_mode)) {
        close(f);
        return RS_FAIL(err, RS_E_IO, "cannot read '%s': %s, expected a file", path,
                       S_ISDIR(st.st_mode) ? "it is a folder" : "it is not a regular file");
    }
    *fd = f;
    *size = (size_t)st.st_size;
    return RS_OK;
}

rs_status rs_map_open(const char *path, rs_map *map, rs_err *err)
{
    int fd;
    size_t size;
    RS_TRY(open_regular(path, &fd, &size, err));
    void *p = NULL;
    if (size) {
        p = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (p == MAP_FAILED) {
            const int e = errno;
            close(fd);
            return rs_err_sys(err, e, "cannot map '%s'", path);
        }
    }
    close(fd);
    *map = (rs_map){ .data = p, .size = size };
    return RS_OK;
}

rs_status rs_map_memory(size_t size, rs_map *map, uint8_t **data, rs_err *err)
{
    /* shared: a dropped page of private memory would come back empty */
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for %zu MB", size >> 20);
    *map = (rs_map){ .data = p, .size = size };
    *data = p;
    return RS_OK;
}

void rs_map_close(rs_map *map)
{
    if (map->data)
        munmap((void *)(uintptr_t)map->data, map->size);
    *map = (rs_map){ 0 };
}

void rs_map_drop(const void *data, size_t size)
{
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), at = (uintptr_t)data;
    const uintptr_t first = (at + page - 1) / page * page, end = (at + size) / page * page;
    if (first < end)
        (void)madvise((void *)first, end - first, MADV_DONTNEED);
}

static rs_status read_all(int fd, const char *path, char *buf, size_t size, size_t *got, rs_err *err)
{
    size_t n = 0;
    while (n < size) {
        const ssize_t r = read(fd, buf + n, size - n);
        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0)
            return rs_err_sys(err, errno, "cannot read '%s'", path);
        if (r == 0)
            break;
        n += (size_t)r;
    }
    *got = n;
    return RS_OK;
}

rs_status rs_read_file(rs_arena *arena, const char *path, size_t max, char **data, size_t *size,
                       rs_err *err)
{
    int fd;
    size_t total;
    RS_TRY(open_regular(path, &fd, &total, err));
    rs_status s;
    char *buf = NULL;
    if (total > max) {
        s = RS_FAIL(err, RS_E_RANGE, "'%s' has %zu bytes, at most %zu are accepted", path, total, max);
    } else if (!(buf = rs_arena_alloc(arena, total + 1))) {
        s = RS_FAIL(err, RS_E_NOMEM, "no memory to read '%s'", path);
    } else {
        size_t got = 0;
        s = read_all(fd, path, buf, total, &got, err);
        if (s == RS_OK) {
            buf[got] = '\0';
            *data = buf;
            *size = got;
        }
    }
    close(fd);
    return s;
}

char *rs_temp_path(rs_arena *arena, const char *path)
{
    const char *ext = rs_path_ext(path);
    const size_t stem = (size_t)(ext - path);
    const size_t n = strlen(path) + 64;
    char *p = rs_arena_alloc(arena, n);
    if (p)
        snprintf(p, n, "%.*s.part-%ld%s", (int)stem, path, (long)getpid(), ext);
    return p;
}

/* Some file systems cannot sync a folder, and some folders may be written to but not opened: only what
 * is lost is an error. */
rs_status rs_sync_folder(const char *path, rs_err *err)
{
    char dir[4096];
    const char *slash = strrchr(path, '/');
    if (!slash)
        snprintf(dir, sizeof(dir), ".");
    else
        snprintf(dir, sizeof(dir), "%.*s", slash == path ? 1 : (int)(slash - path), path);
    const int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return RS_OK;
    const int e = fsync(fd) != 0 ? errno : 0;
    close(fd);
    return e == EIO || e == ENOSPC || e == EDQUOT ? rs_err_sys(err, e, "cannot write '%s'", path) : RS_OK;
}

/* The contents of file; messages name path. */
static rs_status sync_contents(const char *file, const char *path, rs_err *err)
{
    const int fd = open(file, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return rs_err_sys(err, errno, "cannot open '%s'", file);
    const int e = fsync(fd) != 0 ? errno : 0;
    close(fd);
    return e ? rs_err_sys(err, e, "cannot write '%s'", path) : RS_OK;
}

rs_status rs_publish_file(const char *temp, const char *path, rs_err *err)
{
    RS_TRY(sync_contents(temp, path, err));
    if (rename(temp, path) != 0)
        return rs_err_sys(err, errno, "cannot rename '%s' to '%s'", temp, path);
    return rs_sync_folder(path, err);
}

rs_status rs_sync_file(const char *path, rs_err *err)
{
    RS_TRY(sync_contents(path, path, err));
    return rs_sync_folder(path, err);
}

/* For the folders that lead to path, from the outermost, and for path itself. */
static rs_status each_part(const char *path, rs_status (*fn)(const char *part, rs_err *err), rs_err *err)
{
    char part[4096];
    const size_t n = strlen(path);
    if (n >= sizeof(part))
        return RS_FAIL(err, RS_E_RANGE, "path of %zu bytes is too long", n);
    for (size_t i = 1; i <= n; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        memcpy(part, path, i);
        part[i] = '\0';
        RS_TRY(fn(part, err));
    }
    return RS_OK;
}

rs_status rs_sync_folders(const char *path, rs_err *err)
{
    return each_part(path, rs_sync_folder, err);
}

/* Into temp; messages name the file as the caller knows it. */
static rs_status write_all(const char *temp, const char *path, const void *data, size_t size,
                           rs_err *err)
{
    const int fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0)
        return rs_err_sys(err, errno, "cannot create '%s'", path);
    const char *p = data;
    int failed = 0;
    for (size_t left = size; left && !failed;) {
        const ssize_t w = write(fd, p, left);
        if (w < 0 && errno != EINTR)
            failed = errno;
        if (w > 0) {
            p += w;
            left -= (size_t)w;
        }
    }
    if (close(fd) != 0 && !failed)
        failed = errno;
    return failed ? rs_err_sys(err, failed, "cannot write '%s'", path) : RS_OK;
}

rs_status rs_write_file_by(const char *temp, const char *path, const void *data, size_t size,
                           rs_err *err)
{
    rs_status s = write_all(temp, path, data, size, err);
    if (s == RS_OK)
        s = rs_publish_file(temp, path, err);
    if (s != RS_OK)
        unlink(temp);
    return s;
}

rs_status rs_write_file(const char *path, const void *data, size_t size, rs_err *err)
{
    rs_arena *a = rs_arena_open(0);
    const char *temp = a ? rs_temp_path(a, path) : NULL;
    const rs_status s = temp ? rs_write_file_by(temp, path, data, size, err)
                             : RS_FAIL(err, RS_E_NOMEM, "no memory to write '%s'", path);
    rs_arena_close(&a);
    return s;
}

bool rs_is_dir(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

bool rs_is_file(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

enum { WALK_DEPTH = 8 };

static rs_status walk(rs_arena *arena, const char *folder, int depth, rs_each_file_fn *fn, void *cookie,
                      rs_err *err)
{
    DIR *dir = opendir(folder);
    rs_status s = RS_OK;
    if (!dir)
        return rs_err_sys(err, errno, "cannot read the folder '%s'", folder);
    for (const struct dirent *d; s == RS_OK && (d = readdir(dir)) != NULL;) {
        const char *path = d->d_name[0] == '.' ? "" : rs_path_join(arena, folder, d->d_name);
        if (!path)
            s = RS_FAIL(err, RS_E_NOMEM, "no memory for the files of '%s'", folder);
        else if (*path && depth < WALK_DEPTH && rs_is_dir(path))
            s = walk(arena, path, depth + 1, fn, cookie, err);
        else if (*path && rs_is_file(path))
            s = fn(cookie, path);
    }
    closedir(dir);
    return s;
}

rs_status rs_each_file(rs_arena *arena, const char *folder, rs_each_file_fn *fn, void *cookie, rs_err *err)
{
    return walk(arena, folder, 0, fn, cookie, err);
}

static rs_status make_dir(const char *path, rs_err *err)
{
    if (mkdir(path, 0777) == 0)
        return rs_sync_folder(path, err);
    return errno == EEXIST ? RS_OK : rs_err_sys(err, errno, "cannot create folder '%s'", path);
}

rs_status rs_make_dirs(const char *path, rs_err *err)
{
    RS_TRY(each_part(path, make_dir, err));
    if (!rs_is_dir(path))
        return RS_FAIL(err, RS_E_IO, "cannot create folder '%s': a file is in its place", path);
    return RS_OK;
}

char *rs_path_join(rs_arena *arena, const char *dir, const char *name)
{
    if (name[0] == '/' || dir[0] == '\0')
        return rs_arena_strdup(arena, name);
    const size_t nd = strlen(dir), nn = strlen(name);
    char *p = rs_arena_alloc(arena, nd + nn + 2);
    if (p)
        snprintf(p, nd + nn + 2, "%s%s%s", dir, dir[nd - 1] == '/' ? "" : "/", name);
    return p;
}

char *rs_path_dir(rs_arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return rs_arena_strdup(arena, ".");
    return rs_arena_strndup(arena, path, slash == path ? 1 : (size_t)(slash - path));
}

const char *rs_path_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

const char *rs_path_ext(const char *path)
{
    const char *name = rs_path_name(path);
    const char *dot = strrchr(name, '.');
    return dot && dot != name ? dot : path + strlen(path);
}
