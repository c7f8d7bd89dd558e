#include "weights/zip_dir.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* Records of the format, PKWARE's APPNOTE 4.3: fixed part and signature. */
enum {
    LOCAL = 0x04034b50, LOCAL_SIZE = 30,
    CENTRAL = 0x02014b50, CENTRAL_SIZE = 46,
    END = 0x06054b50, END_SIZE = 22,
    END64 = 0x06064b50, END64_SIZE = 56,
    LOCATOR64 = 0x07064b50, LOCATOR64_SIZE = 20,
    MAX_COMMENT = 65535, MAX_ENTRIES = 1000000
};

struct archive {
    const char *file;
    const uint8_t *data;
    size_t size;
    rs_err *err;
};

static uint64_t le(const uint8_t *p, int n)
{
    uint64_t v = 0;
    while (n--)
        v = v << 8 | p[n];
    return v;
}

static rs_status bad(const struct archive *a, const char *what)
{
    return RS_FAIL(a->err, RS_E_FORMAT, "'%s': damaged zip archive: %s", a->file, what);
}

/* n bytes at offset, or NULL. */
static const uint8_t *bytes(const struct archive *a, uint64_t offset, uint64_t n)
{
    return offset <= a->size && n <= a->size - offset ? a->data + offset : NULL;
}

int rs_zip_is(const uint8_t *data, size_t size)
{
    return size >= LOCAL_SIZE && le(data, 4) == LOCAL;
}

/* Where the central directory lies. */
static rs_status find_directory(const struct archive *a, uint64_t *offset, uint64_t *n)
{
    const size_t far = END_SIZE + MAX_COMMENT;
    const size_t stop = a->size > far ? a->size - far : 0;
    size_t at = a->size >= END_SIZE ? a->size - END_SIZE : 0;
    while (at > stop && le(a->data + at, 4) != END)
        at--;
    if (!bytes(a, at, END_SIZE) || le(a->data + at, 4) != END)
        return bad(a, "its end is missing; the download may be incomplete");
    *n = le(a->data + at + 10, 2);
    *offset = le(a->data + at + 16, 4);
    const uint8_t *loc = at >= LOCATOR64_SIZE ? a->data + at - LOCATOR64_SIZE : NULL;
    if (!loc || le(loc, 4) != LOCATOR64)
        return RS_OK;
    const uint8_t *end = bytes(a, le(loc + 8, 8), END64_SIZE);
    if (!end || le(end, 4) != END64)
        return bad(a, "its 64-bit end record is missing");
    *n = le(end + 32, 8);
    *offset = le(end + 48, 8);
    return RS_OK;
}

/* The 64-bit values of an extra field, in the order of those that did not fit 32
 * bits: size, packed size, offset. */
static void widen(const uint8_t *extra, size_t n, uint64_t *values[3])
{
    while (n >= 4) {
        const uint64_t id = le(extra, 2), len = le(extra + 2, 2);
        if (len > n - 4)
            return;
        const uint8_t *p = extra + 4;
        size_t left = id == 1 ? (size_t)len : 0;
        for (int i = 0; i < 3; i++)
            if (*values[i] == 0xffffffff && left >= 8) {
                *values[i] = le(p, 8);
                p += 8;
                left -= 8;
            }
        extra += 4 + len;
        n -= 4 + (size_t)len;
    }
}

/* One record of the central directory at *at, which moves behind it. */
static rs_status read_entry(rs_arena *arena, const struct archive *a, uint64_t *at, rs_zip_entry *out)
{
    const uint8_t *p = bytes(a, *at, CENTRAL_SIZE);
    if (!p || le(p, 4) != CENTRAL)
        return bad(a, "its directory is cut short");
    const uint64_t method = le(p + 10, 2), n_name = le(p + 28, 2), n_extra = le(p + 30, 2);
    uint64_t packed = le(p + 20, 4), size = le(p + 24, 4), offset = le(p + 42, 4);
    const uint8_t *name = bytes(a, *at + CENTRAL_SIZE, n_name + n_extra);
    if (!name)
        return bad(a, "its directory is cut short");
    widen(name + n_name, (size_t)n_extra, (uint64_t *[]){ &size, &packed, &offset });
    const uint8_t *local = bytes(a, offset, LOCAL_SIZE);
    if (!local || le(local, 4) != LOCAL)
        return bad(a, "an entry lies outside the file");
    const uint64_t start = offset + LOCAL_SIZE + le(local + 26, 2) + le(local + 28, 2);
    if (method != 0 || packed != size)
        return RS_FAIL(a->err, RS_E_UNSUPPORTED, "'%s': entry '%.*s' is compressed, which torch never does",
                       a->file, (int)(n_name < 80 ? n_name : 80), (const char *)name);
    if (!bytes(a, start, size) || memchr(name, 0, (size_t)n_name))
        return bad(a, "an entry lies outside the file");
    out->name = rs_arena_strndup(arena, (const char *)name, (size_t)n_name);
    out->data = a->data + start;
    out->size = (size_t)size;
    *at += CENTRAL_SIZE + n_name + n_extra + le(p + 32, 2);
    return out->name ? RS_OK : RS_FAIL(a->err, RS_E_NOMEM, "no memory to read '%s'", a->file);
}

static int by_name(const void *x, const void *y)
{
    return strcmp(((const rs_zip_entry *)x)->name, ((const rs_zip_entry *)y)->name);
}

rs_status rs_zip_dir_read(rs_arena *arena, const char *file, const uint8_t *data, size_t size,
                          rs_zip_dir *out, rs_err *err)
{
    const struct archive a = { file, data, size, err };
    uint64_t at = 0, n = 0;
    RS_TRY(find_directory(&a, &at, &n));
    if (n > MAX_ENTRIES || n > size / CENTRAL_SIZE)
        return bad(&a, "it claims more entries than it has room for");
    rs_zip_entry *entries = RS_NEW_N(arena, rs_zip_entry, (size_t)n);
    if (!entries)
        return RS_FAIL(err, RS_E_NOMEM, "no memory to read '%s'", file);
    for (size_t i = 0; i < n; i++)
        RS_TRY(read_entry(arena, &a, &at, &entries[i]));
    qsort(entries, (size_t)n, sizeof(*entries), by_name);
    for (size_t i = 1; i < n; i++)
        if (strcmp(entries[i - 1].name, entries[i].name) == 0)
            return bad(&a, "a name is there twice");
    *out = (rs_zip_dir){ entries, (size_t)n };
    return RS_OK;
}

const rs_zip_entry *rs_zip_find(const rs_zip_dir *dir, const char *name)
{
    const rs_zip_entry key = { .name = name };
    return dir->n ? bsearch(&key, dir->entries, dir->n, sizeof(key), by_name) : NULL;
}
