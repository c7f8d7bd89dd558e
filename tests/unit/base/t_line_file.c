/* Files that grow by whole lines: what a crash leaves of the last one, pipes, and an end to waiting. */
#define _POSIX_C_SOURCE 200809L
#include "base/line_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "tests/lib/test.h"
#include "tests/lib/tmpdir.h"

#define MARK "{\"clip\": "
#define LINE MARK "1}\n"

static rs_err err;

static void torn_ends(void)
{
    static const struct {
        const char *before;
        size_t n;
        const char *after;
    } cases[] = {
        { "", 0, LINE },
        { LINE, sizeof(LINE) - 1, LINE LINE },
        { LINE "{", sizeof(LINE), LINE LINE },
        { LINE MARK "7, \"fr", sizeof(LINE MARK "7, \"fr") - 1, LINE LINE },
        { LINE "\0\0\0", sizeof(LINE) + 2, LINE LINE },
        { LINE "\0\0\0ng: 7}\n", sizeof(LINE "\0\0\0ng: 7}\n") - 1, LINE LINE },
        { LINE MARK "\0\0\0 7}\n", sizeof(LINE MARK "\0\0\0 7}\n") - 1, LINE LINE },
        { LINE "{\"c\0\0\0 7}\n", sizeof(LINE "{\"c\0\0\0 7}\n") - 1, LINE LINE },
        { "notes of mine", 13, "notes of mine\n" LINE },
        { LINE "{\"clap\": 1", sizeof(LINE) + 9, LINE "{\"clap\": 1\n" LINE },
        { "\n", 1, "\n" LINE },
    };
    const char *path = tmpdir_at("lines");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        rs_line_file f = { 0 };
        rs_map map;
        tmpdir_write("lines", cases[i].before, cases[i].n);
        CHECK_OK(rs_line_file_open(&f, path, MARK, NULL, &err));
        CHECK_OK(rs_line_file_add(&f, LINE, sizeof(LINE) - 1, &err));
        rs_line_file_close(&f);
        CHECK_OK(rs_map_open(path, &map, &err));
        CHECK(map.size == strlen(cases[i].after) && memcmp(map.data, cases[i].after, map.size) == 0);
        rs_map_close(&map);
    }
    CHECK(unlink(path) == 0);
}

/* True from a moment on. */
static bool is_over(void *cookie)
{
    return rs_clock_now() > *(const double *)cookie;
}

static void waiting_ends(void)
{
    const char *path = tmpdir_at("pipe");
    rs_line_file f = { 0 };
    double until = rs_clock_now() + 0.3;
    const rs_stop stop = { is_over, &until };
    char line[4096];
    memset(line, 'x', sizeof(line));
    CHECK(mkfifo(path, 0600) == 0);
    CHECK_INT(rs_line_file_open(&f, path, MARK, &stop, &err), RS_E_CANCELLED);
    CHECK(!f.open && is_over(&until));

    const int reader = open(path, O_RDONLY | O_NONBLOCK); /* which never reads */
    CHECK(reader >= 0);
    until = rs_clock_now() + 60;
    CHECK_OK(rs_line_file_open(&f, path, MARK, &stop, &err));
    CHECK_OK(rs_line_file_add(&f, line, sizeof(line), &err));
    until = rs_clock_now() + 0.3;
    rs_status s = RS_OK;
    for (int i = 0; i < 1024 && s == RS_OK; i++)
        s = rs_line_file_add(&f, line, sizeof(line), &err);
    CHECK_INT(s, RS_E_CANCELLED);
    CHECK(is_over(&until));
    rs_line_file_close(&f);
    CHECK(read(reader, line, sizeof(line)) == (ssize_t)sizeof(line));
    close(reader);
}

int main(void)
{
    tmpdir_open();
    TEST_RUN(torn_ends);
    TEST_RUN(waiting_ends);
    tmpdir_close();
    return 0;
}
