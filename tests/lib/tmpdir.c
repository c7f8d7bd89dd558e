#define _XOPEN_SOURCE 700
#include "tests/lib/tmpdir.h"

#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/lib/test.h"

static char folder[512];

const char *tmpdir_open(void)
{
    const char *base = getenv("TMPDIR");
    snprintf(folder, sizeof(folder), "%s/restyle-test-XXXXXX", base && *base ? base : "/tmp");
    if (!mkdtemp(folder))
        TEST_FAIL("cannot create a folder like %s", folder);
    return folder;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st, (void)type, (void)at;
    return remove(path);
}

void tmpdir_close(void)
{
    nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

const char *tmpdir_path(char *buf, size_t size, const char *name)
{
    const size_t start = strlen(folder) + 1;
    if ((size_t)snprintf(buf, size, "%s/%s", folder, name) >= size)
        TEST_FAIL("path too long: %s", name);
    for (char *p = buf + start; (p = strchr(p, '/')); p++) {
        *p = '\0';
        mkdir(buf, 0777); /* may be there already */
        *p = '/';
    }
    return buf;
}

const char *tmpdir_at(const char *name)
{
    static char buf[4][1024];
    static int next;
    next = (next + 1) % 4;
    return tmpdir_path(buf[next], sizeof(buf[next]), name);
}

const char *tmpdir_strip(const char *text)
{
    static char out[4096];
    const size_t skip = strlen(folder);
    size_t n = 0;
    while (*text && n + 1 < sizeof(out)) {
        if (strncmp(text, folder, skip) == 0 && text[skip] == '/')
            text += skip + 1;
        else
            out[n++] = *text++;
    }
    out[n] = '\0';
    return out;
}

void tmpdir_write(const char *name, const void *data, size_t size)
{
    char path[1024];
    FILE *f = fopen(tmpdir_path(path, sizeof(path), name), "wb");
    if (!f || fwrite(data, 1, size, f) != size || fclose(f) != 0)
        TEST_FAIL("cannot write %s", path);
}
