#define _DEFAULT_SOURCE
/* Arena, size arithmetic, string buffer, error texts, files. */
#include "base/arena.h"
#include "base/crc32.h"
#include "base/compiler.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "tests/lib/test.h"

#include <errno.h>
#include <stdint.h>
#include <unistd.h>

static void sizes(void)
{
    size_t v = 7;
    CHECK(!rs_mul_size(SIZE_MAX / 2, 3, &v));
    CHECK(!rs_add_size(SIZE_MAX, 1, &v));
    CHECK_INT(v, 7);
    CHECK(rs_mul_size(SIZE_MAX, 1, &v) && v == SIZE_MAX);
    CHECK(rs_mul_size(0, SIZE_MAX, &v) && v == 0);
}

static void arena(void)
{
    rs_arena *a = rs_arena_open(1024);
    CHECK(a);
    char *s = rs_arena_strdup(a, "kept");
    const rs_arena_mark m = rs_arena_save(a);
    const size_t used = rs_arena_used(a);
    for (int pass = 0; pass < 3; pass++) {
        const size_t before = rs_alloc_count();
        for (int i = 1; i < 40; i++) {
            unsigned char *p = rs_arena_alloc(a, (size_t)i * 100);
            CHECK(p && (uintptr_t)p % 64 == 0);
            memset(p, 0xee, (size_t)i * 100);
        }
        if (pass > 0) /* kept blocks serve the second pass */
            CHECK_INT(rs_alloc_count() - before, 0);
        rs_arena_rewind(a, m);
        CHECK_INT(rs_arena_used(a), used);
    }
    CHECK_STR(s, "kept");
    CHECK(rs_arena_peak(a) > 39 * 100);
    CHECK(!rs_arena_calloc(a, SIZE_MAX / 2, 4));
    CHECK(!rs_arena_alloc(a, SIZE_MAX - 3));
    rs_arena_close(&a);
    CHECK(!a);
    rs_arena_close(&a);
}

static void arena_out_of_memory(void)
{
    rs_alloc_fail_after(0);
    CHECK(!rs_arena_open(1024));
    rs_alloc_fail_after(1);
    CHECK(!rs_arena_open(1024));
    rs_alloc_fail_after(2);
    CHECK(!rs_arena_open(1024));
    rs_alloc_fail_after(-1);
    rs_arena *a = rs_arena_open(1024);
    rs_alloc_fail_after(0);
    CHECK(!rs_arena_alloc(a, 1 << 20));
    rs_alloc_fail_after(-1);
    CHECK(rs_arena_alloc(a, 1 << 20));
    rs_arena_close(&a);
}

/* Resident memory, or 0 under the sanitizers that have memory of their own. */
static size_t resident(void)
{
#if defined(RS_ASAN) || defined(__SANITIZE_THREAD__)
    return 0;
#else
    unsigned long total = 0, now = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    CHECK(f && fscanf(f, "%lu %lu", &total, &now) == 2);
    fclose(f);
    return (size_t)now * (size_t)sysconf(_SC_PAGESIZE);
#endif
}

/* It has grown since `before` by `want` and at most 4 MB, pages of the program itself among them. */
static void check_resident(size_t before, size_t want)
{
    const size_t now = resident();
    if (before > 0)
        CHECK(now >= before + want && now < before + want + ((size_t)4 << 20));
}

/* Large blocks cost what is written to, and are given back. */
static void arena_large_blocks(void)
{
    const size_t mb = (size_t)1 << 20;
    const size_t before = resident();
    for (int pass = 0; pass < 3; pass++) {
        rs_arena *a = rs_arena_open(256 * mb);
        CHECK(a);
        check_resident(before, 0);
        unsigned char *in = rs_arena_alloc(a, 64 * mb), *behind = rs_arena_alloc(a, 300 * mb);
        CHECK(in && behind);
        memset(in, pass + 1, 64 * mb);
        memset(behind, pass + 1, 64 * mb);
        check_resident(before, 128 * mb);
        CHECK_INT(in[64 * mb - 1] + behind[0], 2 * (pass + 1));
        rs_arena_close(&a);
        check_resident(before, 0);
    }
}

static void errors(void)
{
    rs_err e = { 0 };
    CHECK_INT(RS_FAIL(&e, RS_E_FORMAT, "tensor '%s': \x1b[31mbad", "x"), RS_E_FORMAT);
    CHECK_STR(e.msg, "tensor 'x': ?[31mbad");
    CHECK_INT(rs_err_wrap(&e, RS_E_FORMAT, "file '%s'", "m"), RS_E_FORMAT);
    CHECK_STR(e.msg, "file 'm': tensor 'x': ?[31mbad");
    CHECK_INT(rs_err_sys(&e, ENOENT, "cannot open '%s'", "f"), RS_E_NOTFOUND);
    CHECK_STR(e.msg, "cannot open 'f': No such file or directory");
    CHECK_INT(RS_FAIL(NULL, RS_E_IO, "nobody reads this"), RS_E_IO);
    for (int s = RS_OK; s <= RS_E_INTERNAL; s++)
        CHECK(strcmp(rs_status_name((rs_status)s), "unknown status") != 0);
}

static void strbuf(void)
{
    rs_strbuf sb;
    rs_strbuf_init(&sb, 10);
    CHECK_STR(rs_strbuf_str(&sb), "");
    rs_strbuf_printf(&sb, "%d-%s", 12, "ab");
    CHECK_STR(rs_strbuf_str(&sb), "12-ab");
    rs_strbuf_puts(&sb, "too long for it");
    CHECK(sb.failed);
    CHECK_STR(rs_strbuf_str(&sb), "12-ab");
    rs_strbuf_release(&sb);
}

/* Pages of files in this process's memory. */
static long file_pages(void)
{
    long total, resident, shared = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    CHECK(f && fscanf(f, "%ld %ld %ld", &total, &resident, &shared) == 3);
    fclose(f);
    return shared;
}

/* Pages leave memory and come back with the same bytes. */
static void dropped_pages(rs_arena *a, const char *path)
{
    enum { SIZE = 4 << 20 };
    const long page = sysconf(_SC_PAGESIZE);
    rs_err err = { 0 };
    char *want = rs_arena_alloc(a, SIZE);
    rs_map m;
    for (size_t i = 0; i < SIZE; i++)
        want[i] = (char)(i * 31 % 251);
    CHECK_OK(rs_write_file(path, want, SIZE, &err));
    CHECK_OK(rs_map_open(path, &m, &err));
    CHECK(memcmp(m.data, want, SIZE) == 0);
    const long before = file_pages();
    rs_map_drop(m.data + 1, SIZE - 2); /* the first and the last page stay */
    CHECK(before - file_pages() >= SIZE / page / 2);
    CHECK(memcmp(m.data, want, SIZE) == 0);
    rs_map_close(&m);
    uint8_t *data;
    CHECK_OK(rs_map_memory(SIZE, &m, &data, &err));
    CHECK(data == m.data && m.size == SIZE && data[SIZE - 1] == 0);
    memcpy(data, want, SIZE);
    rs_map_drop(m.data, SIZE);
    CHECK(memcmp(m.data, want, SIZE) == 0);
    rs_map_close(&m);
    CHECK(!m.data);
    CHECK_INT(rs_map_memory(SIZE_MAX / 2, &m, &data, &err), RS_E_NOMEM);
}

static void files(void)
{
    rs_err err = { 0 };
    rs_arena *a = rs_arena_open(1024);
    char dir[] = "/tmp/restyle-test-XXXXXX";
    CHECK(mkdtemp(dir));
    char *deep = rs_path_join(a, dir, "a/b/c");
    CHECK_OK(rs_make_dirs(deep, &err));
    CHECK_OK(rs_make_dirs(deep, &err));
    char *f = rs_path_join(a, deep, "x.tar.gz");
    CHECK_STR(rs_path_ext(f), ".gz");
    CHECK_STR(rs_path_name(f), "x.tar.gz");
    CHECK_OK(rs_write_file(f, "hello", 5, &err));
    char *data;
    size_t n;
    CHECK_OK(rs_read_file(a, f, 5, &data, &n, &err));
    CHECK_INT(n, 5);
    CHECK_STR(data, "hello");
    CHECK_INT(rs_read_file(a, f, 4, &data, &n, &err), RS_E_RANGE);
    CHECK_INT(rs_read_file(a, deep, 4, &data, &n, &err), RS_E_IO);
    CHECK_INT(rs_read_file(a, "/nonexistent", 4, &data, &n, &err), RS_E_NOTFOUND);
    CHECK(rs_make_dirs(f, &err) != RS_OK);
    rs_map m;
    CHECK_OK(rs_map_open(f, &m, &err));
    CHECK(m.size == 5 && memcmp(m.data, "hello", 5) == 0);
    rs_map_drop(m.data, m.size); /* no whole page: nothing happens */
    CHECK(memcmp(m.data, "hello", 5) == 0);
    rs_map_close(&m);
    dropped_pages(a, f);
    CHECK_STR(rs_path_dir(a, "x"), ".");
    CHECK_STR(rs_path_dir(a, "/x"), "/");
    CHECK_STR(rs_path_join(a, "d", "/abs"), "/abs");
    unlink(f);
    rmdir(deep);
    rmdir(rs_path_dir(a, deep));
    rmdir(rs_path_dir(a, rs_path_dir(a, deep)));
    CHECK(rmdir(dir) == 0); /* nothing else was left behind */
    rs_arena_close(&a);
}

/* The check value of the CRC catalogues, and pieces as the whole. */
static void crc32(void)
{
    const char *digits = "123456789";
    CHECK_INT(rs_crc32(0, digits, 9), 0xcbf43926);
    CHECK_INT(rs_crc32(rs_crc32(0, digits, 4), digits + 4, 5), 0xcbf43926);
    CHECK_INT(rs_crc32(0, "", 0), 0);
}

int main(void)
{
    TEST_RUN(sizes);
    TEST_RUN(arena);
    TEST_RUN(arena_out_of_memory);
    TEST_RUN(arena_large_blocks);
    TEST_RUN(errors);
    TEST_RUN(strbuf);
    TEST_RUN(files);
    TEST_RUN(crc32);
    return 0;
}
