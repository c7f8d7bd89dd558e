/* Writing films and folders, and what comes back when they are read again. */
#define _XOPEN_SOURCE 700
#include <libavformat/avformat.h>
#include <libavutil/adler32.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <dirent.h>
#include <unistd.h>

#include "base/fs.h"
#include "media/media.h"
#include "tests/unit/media/media_test.h"

/* ffprobe in ten lines: packets of the streams of one type. */
struct packets {
    int n_streams, n;
    unsigned sum; /* over all packets' bytes, in order */
    AVRational rate;
    int width, height;
};

static struct packets probe(const char *path, enum AVMediaType type)
{
    struct packets p = { .sum = 1 };
    AVFormatContext *f = NULL;
    AVPacket *pkt = av_packet_alloc();
    if (avformat_open_input(&f, path, NULL, NULL) < 0 || avformat_find_stream_info(f, NULL) < 0)
        TEST_FAIL("cannot probe %s", path);
    for (unsigned i = 0; i < f->nb_streams; i++) {
        if (f->streams[i]->codecpar->codec_type != type)
            continue;
        p.n_streams++;
        p.rate = f->streams[i]->avg_frame_rate;
        p.width = f->streams[i]->codecpar->width;
        p.height = f->streams[i]->codecpar->height;
    }
    while (av_read_frame(f, pkt) >= 0) {
        if (f->streams[pkt->stream_index]->codecpar->codec_type == type) {
            p.n++;
            p.sum = (unsigned)av_adler32_update(p.sum, pkt->data, (size_t)pkt->size);
        }
        av_packet_unref(pkt);
    }
    av_packet_free(&pkt);
    avformat_close_input(&f);
    return p;
}

static rs_sink_options plain(int w, int h)
{
    return (rs_sink_options){ .width = w, .height = h, .rate = { 25, 1 }, .time_base = { 1, 25 },
                              .primaries = 2, .transfer = 2, .crf = 18, .preset = "ultrafast" };
}

/* Writes n painted frames with these times. */
static rs_status write_film(const char *path, const rs_sink_options *o, int n, const int64_t *pts,
                            rs_err *err)
{
    rs_sink *out = NULL;
    rs_frame f = { 0 };
    CHECK_INT(rs_image_alloc(&f.image, o->width, o->height, err), RS_OK);
    rs_status s = rs_sink_open(path, o, &out, err);
    for (int i = 0; i < n && s == RS_OK; i++) {
        paint(&f.image, i);
        f.index = i;
        f.pts = pts ? pts[i] : i;
        f.duration = pts ? pts[i + 1] - pts[i] : 1;
        s = rs_sink_write(out, &f, err);
    }
    rs_frame_release(&f);
    if (s == RS_OK)
        return rs_sink_close(&out, true, err);
    rs_sink_close(&out, false, NULL);
    return s;
}

/* Entries of the test's folder whose name contains what. */
static int count_files(const char *what)
{
    DIR *d = opendir(tmp(""));
    int n = 0;
    for (const struct dirent *e; d && (e = readdir(d));)
        n += strstr(e->d_name, what) != NULL;
    closedir(d);
    return n;
}

static bool next(rs_source *in, rs_frame *f)
{
    rs_err err = { 0 };
    bool end;
    CHECK_OK(rs_source_next(in, f, &end, &err));
    return !end;
}

/* The whole way: every frame, time, the rate and each byte of sound. */
static void clip_round_trip(const char *name, const char *codec, double max_rms)
{
    rs_err err = { 0 };
    rs_source *in = NULL, *back = NULL;
    rs_sink *out = NULL;
    rs_frame f = { 0 }, g = { 0 };
    CHECK_OK(rs_source_open(CLIP, NULL, &in, &err));
    rs_sink_options o;
    rs_sink_options_from(&o, rs_source_get_info(in));
    o.codec = codec;
    o.crf = 12;
    o.preset = strcmp(codec, "libx264") == 0 ? "veryfast" : NULL;
    CHECK_OK(rs_sink_open(tmp(name), &o, &out, &err));
    CHECK(!exists(tmp(name)));
    while (next(in, &f))
        CHECK_OK(rs_sink_write(out, &f, &err));
    CHECK(!exists(tmp(name)));
    CHECK_OK(rs_sink_close(&out, true, &err));
    rs_source_close(&in);

    CHECK_OK(rs_source_open(CLIP, NULL, &in, &err));
    CHECK_OK(rs_source_open(tmp(name), NULL, &back, &err));
    const rs_source_info *i = rs_source_get_info(back);
    CHECK(i->rate.num == 25 && i->rate.den == 1);
    CHECK(i->width == 480 && i->height == 360 && i->n_audio == 1);
    int n = 0;
    for (; next(in, &f); n++) {
        double rms, max;
        CHECK(next(back, &g));
        const double t = (double)g.pts * i->time_base.num / i->time_base.den;
        CHECK_NEAR(t, (double)f.pts / 12800, 1e-9);
        compare(&f.image, &g.image, &rms, &max);
        CHECK(rms < max_rms);
    }
    CHECK_INT(n, 52);
    CHECK(!next(back, &g));
    const struct packets a = probe(CLIP, AVMEDIA_TYPE_AUDIO),
                         b = probe(tmp(name), AVMEDIA_TYPE_AUDIO);
    CHECK_INT(b.n, a.n);
    CHECK_INT(b.sum, a.sum);
    rs_frame_release(&f);
    rs_frame_release(&g);
    rs_source_close(&in);
    rs_source_close(&back);
}

static void clip_to_mp4(void)
{
    clip_round_trip("round.mp4", "libx264", 4.0);
}

/* Matroska counts milliseconds; the sound's 21 ms of priming lie before the start. */
static void clip_to_mkv(void)
{
    clip_round_trip("round.mkv", "ffv1", 2.5);
}

static void rates_and_times(void)
{
    static const struct { const char *name; rs_rational rate, tb; int64_t pts[9]; } cases[] = {
        { "ntsc.mp4", { 30000, 1001 }, { 1001, 30000 }, { 0, 1, 2, 3, 4, 5, 6, 7, 8 } },
        { "film.mp4", { 24000, 1001 }, { 1, 90000 },
          { 0, 3754, 7508, 11261, 15015, 18769, 22523, 26276, 30030 } },
        { "vfr.mp4", { 10, 1 }, { 1, 1000 }, { 0, 100, 133, 400, 401, 900, 1000, 1100, 1850 } },
        { "vfr.mkv", { 10, 1 }, { 1, 1000 }, { 0, 100, 133, 400, 401, 900, 1000, 1100, 1850 } },
        { "vfr.gif", { 10, 1 }, { 1, 100 }, { 0, 10, 13, 40, 44, 90, 100, 110, 185 } },
    };
    rs_err err = { 0 };
    for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
        rs_sink_options o = plain(64, 48);
        rs_source *in = NULL;
        rs_frame f = { 0 };
        o.rate = cases[c].rate;
        o.time_base = cases[c].tb;
        o.preset = NULL;
        CHECK_OK(write_film(tmp(cases[c].name), &o, 8, cases[c].pts, &err));
        CHECK_OK(rs_source_open(tmp(cases[c].name), NULL, &in, &err));
        const rs_source_info *i = rs_source_get_info(in);
        if (c == 0)
            CHECK(i->rate.num == 30000 && i->rate.den == 1001);
        for (int k = 0; k < 8; k++) {
            CHECK(next(in, &f));
            const double unit = (double)cases[c].tb.num / cases[c].tb.den;
            const double tb = (double)i->time_base.num / i->time_base.den;
            CHECK_NEAR((double)f.pts * tb, (double)cases[c].pts[k] * unit, 1e-9);
            /* Varying ones mp4 keeps in decoding order, Matroska not at all. */
            if (c == 0 || c == 4)
                CHECK_NEAR((double)f.duration * tb,
                           (double)(cases[c].pts[k + 1] - cases[c].pts[k]) * unit, 1e-9);
        }
        CHECK(!next(in, &f));
        rs_frame_release(&f);
        rs_source_close(&in);
    }
}

static void odd_sizes(void)
{
    rs_err err = { 0 };
    rs_sink_options o = plain(33, 21);
    CHECK_OK(write_film(tmp("odd.mp4"), &o, 3, NULL, &err));
    struct packets p = probe(tmp("odd.mp4"), AVMEDIA_TYPE_VIDEO);
    CHECK(p.n == 3 && p.width == 34 && p.height == 22);
    o.pixel_format = "yuv444p";
    CHECK_OK(write_film(tmp("odd444.mp4"), &o, 3, NULL, &err));
    p = probe(tmp("odd444.mp4"), AVMEDIA_TYPE_VIDEO);
    CHECK(p.n == 3 && p.width == 33 && p.height == 21);
    rs_image im = { 0 };
    CHECK_OK(rs_image_read(tmp("odd.mp4"), &im, &err));
    for (int y = 0; y < 22; y++) /* the added column repeats its neighbour */
        CHECK_NEAR(im.rgb[(y * 34 + 33) * 3 + 1], im.rgb[(y * 34 + 32) * 3 + 1], 0.03);
    rs_image_release(&im);
}

/* Flat colours come back the same: matrix, range and tags agree, in SD and HD. */
static void colours(void)
{
    static const float flat[][3] = { { 0.9f, 0.1f, 0.1f }, { 0.1f, 0.8f, 0.2f },
                                     { 0.2f, 0.2f, 0.9f }, { 0, 0, 0 },
                                     { 1, 1, 1 },          { 0.5f, 0.5f, 0.5f } };
    static const struct { int w, h; const char *name, *format; double tol; } cases[] = {
        { 64, 48, "sd.mp4", NULL, 3 },         { 1280, 720, "hd.mp4", NULL, 3 },
        { 64, 48, "deep.mp4", "yuv420p10le", 1 }, { 64, 48, "rgb.mkv", "bgr0", 0.51 },
    };
    rs_err err = { 0 };
    for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
        rs_sink_options o = plain(cases[c].w, cases[c].h);
        o.crf = 1;
        o.pixel_format = cases[c].format;
        if (c == 3) {
            o.codec = "ffv1";
            o.preset = NULL;
        }
        rs_sink *out = NULL;
        rs_frame f = { 0 };
        CHECK_OK(rs_image_alloc(&f.image, o.width, o.height, &err));
        CHECK_OK(rs_sink_open(tmp(cases[c].name), &o, &out, &err));
        for (int k = 0; k < 6; k++, f.pts++) {
            for (int i = 0; i < o.width * o.height * 3; i++)
                f.image.rgb[i] = flat[k][i % 3];
            CHECK_OK(rs_sink_write(out, &f, &err));
        }
        CHECK_OK(rs_sink_close(&out, true, &err));
        rs_source *in = NULL;
        CHECK_OK(rs_source_open(tmp(cases[c].name), NULL, &in, &err));
        for (int k = 0; k < 6; k++) {
            CHECK(next(in, &f));
            for (int i = 0; i < 3; i++)
                CHECK_NEAR(f.image.rgb[(o.width * 20 + 30) * 3 + i] * 255, flat[k][i] * 255,
                           cases[c].tol);
        }
        rs_source_close(&in);
        rs_frame_release(&f);
    }
}

static void refused(void)
{
    static const struct {
        const char *name, *codec, *format, *preset;
        const char *says[2];
    } cases[] = {
        { "a.mp4", "libx246", NULL, NULL, { "'libx246'", "libx264" } },
        { "a.webm", "libx264", NULL, NULL, { "'webm'", "libvpx-vp9" } },
        { "a.mp4", "aac", NULL, NULL, { "no video encoder", "libx264" } },
        { "a.mp4", "libx264", "rgb565", NULL, { "'rgb565'", "yuv420p" } },
        { "a.mp4", "libx264", NULL, "quick", { "preset 'quick'", "veryfast" } },
        { "a.xyz", NULL, NULL, NULL, { "'.xyz'", ".mp4" } },
        { "a.mp3", NULL, NULL, NULL, { "'.mp3'", ".mp4" } },
        { "a.bmp", NULL, NULL, NULL, { "a.bmp", ".png" } },
    };
    rs_err err = { 0 };
    rs_sink *out = NULL;
    for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
        rs_sink_options o = plain(64, 48);
        o.codec = cases[c].codec;
        o.pixel_format = cases[c].format;
        o.preset = cases[c].preset;
        CHECK(rs_sink_open(tmp(cases[c].name), &o, &out, &err) != RS_OK && !out);
        for (int k = 0; k < 2; k++)
            if (!strstr(err.msg, cases[c].says[k]))
                TEST_FAIL("%s: no \"%s\" in: %s", cases[c].name, cases[c].says[k], err.msg);
        if (c < 3 || c > 4) {
            rs_err again = { 0 };
            CHECK(rs_sink_check_codec(tmp(cases[c].name), cases[c].codec, &again) != RS_OK);
            CHECK_STR(again.msg, err.msg);
        }
        CHECK_INT(count_files("a."), 0);
    }
    CHECK_OK(rs_sink_check_codec(tmp("a.mp4"), "libx264", &err));
    CHECK_OK(rs_sink_check_codec(tmp("a.mkv"), NULL, &err));
    CHECK_OK(rs_sink_check_codec(tmp("folder"), "whatever", &err));
}

static void listen_to(void *cookie, rs_log_level level, const char *line)
{
    (void)level;
    snprintf(cookie, 256, "%s", line);
}

/* It is told, and the film is made without it. */
static void sound_that_does_not_fit(void)
{
    rs_err err = { 0 };
    char said[256] = "";
    const rs_log log = { RS_LOG_WARN, listen_to, said };
    rs_sink_options o = plain(64, 48);
    o.preset = NULL;
    o.codec = "libvpx";
    o.copy_from = CLIP;
    o.copy = RS_COPY_AUDIO;
    o.log = &log;
    CHECK_OK(write_film(tmp("s.webm"), &o, 2, NULL, &err));
    CHECK(strstr(said, "aac") && strstr(said, "left out") && strstr(said, ".mkv"));
    CHECK_INT(probe(tmp("s.webm"), AVMEDIA_TYPE_AUDIO).n_streams, 0);
    CHECK_INT(probe(tmp("s.webm"), AVMEDIA_TYPE_VIDEO).n, 2);
}

/* Two streams of sound, both kept; and a source without any. */
static void sound_streams(void)
{
    rs_err err = { 0 };
    rs_sink_options o = plain(64, 48);
    CHECK_OK(write_film(tmp("mute.mp4"), &o, 3, NULL, &err));
    o.copy_from = tmp("mute.mp4");
    o.copy = RS_COPY_AUDIO;
    CHECK_OK(write_film(tmp("mute2.mp4"), &o, 3, NULL, &err));
    CHECK_INT(probe(tmp("mute2.mp4"), AVMEDIA_TYPE_AUDIO).n_streams, 0);
    CHECK_INT(probe(tmp("mute2.mp4"), AVMEDIA_TYPE_VIDEO).n, 3);
    o.copy_from = CLIP; /* longer than the film: kept whole */
    o.copy = RS_COPY_AUDIO;
    CHECK_OK(write_film(tmp("long.mp4"), &o, 3, NULL, &err));
    CHECK_INT(probe(tmp("long.mp4"), AVMEDIA_TYPE_AUDIO).n, probe(CLIP, AVMEDIA_TYPE_AUDIO).n);
}

static void existing_output(void)
{
    rs_err err = { 0 };
    rs_sink *out = NULL;
    rs_sink_options o = plain(64, 48);
    tmpdir_write("there.mp4", "mine", 4);
    tmpdir_write("there.png", "mine", 4);
    tmpdir_write("there/notes.txt", "mine", 4);
    static const char *const names[] = { "there.mp4", "there.png", "there" };
    for (int i = 0; i < 3; i++) {
        CHECK_INT(rs_sink_open(tmp(names[i]), &o, &out, &err), RS_E_IO);
        CHECK(strstr(err.msg, "allow it with"));
    }
    size_t n;
    unsigned char *d = slurp(tmp("there.mp4"), &n);
    CHECK(n == 4 && memcmp(d, "mine", 4) == 0);
    free(d);
    o.overwrite = true;
    CHECK_OK(write_film(tmp("there.mp4"), &o, 2, NULL, &err));
    CHECK_INT(probe(tmp("there.mp4"), AVMEDIA_TYPE_VIDEO).n, 2);
    CHECK_OK(write_film(tmp("there"), &o, 2, NULL, &err));
}

static void abandoned_output(void)
{
    rs_err err = { 0 };
    rs_sink *out = NULL;
    rs_sink_options o = plain(64, 48);
    CHECK_OK(rs_sink_open(tmp("gone.mp4"), &o, &out, &err));
    CHECK_INT(count_files("gone"), 1); /* the temporary file */
    CHECK_OK(rs_sink_close(&out, false, &err));
    CHECK_INT(count_files("gone"), 0);
    CHECK_INT(write_film(tmp("gone.mp4"), &o, 0, NULL, &err), RS_E_INVALID);
    CHECK(strstr(err.msg, "no frames"));
    CHECK_INT(count_files("gone"), 0);
    CHECK_OK(rs_sink_close(&out, true, &err));
}

/* The name a killed process leaves behind: beside the output, and in a folder
 * hidden, so that it is no frame. */
static void temporary_names(void)
{
    static const struct { const char *path, *start, *end; rs_sink_kind kind; } cases[] = {
        { "a/b.mp4", "a/b.part-", ".mp4", RS_SINK_VIDEO },
        { "b.png", "b.part-", ".png", RS_SINK_PICTURE },
        { "a/frames", "a/frames/.frame.part-", ".png", RS_SINK_FOLDER },
        { "a/frames/", "a/frames/.frame.part-", ".png", RS_SINK_FOLDER },
    };
    rs_arena *arena = rs_arena_open(0);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *t = rs_sink_temp_path(arena, cases[i].path, cases[i].kind);
        CHECK(t && strncmp(t, cases[i].start, strlen(cases[i].start)) == 0);
        CHECK_STR(rs_path_ext(t), cases[i].end);
    }
    rs_arena_close(&arena);
}

static void unwritable(void)
{
    rs_err err = { 0 };
    rs_sink *out = NULL;
    rs_sink_options o = plain(64, 48);
    tmpdir_write("file", "x", 1);
    CHECK(rs_sink_open(tmp("file/x.mp4"), &o, &out, &err) != RS_OK);
    CHECK(strstr(err.msg, "/file'"));
    CHECK(rs_sink_open("/proc/x.mp4", &o, &out, &err) != RS_OK);
    CHECK(strstr(err.msg, "/proc/x.mp4"));
    CHECK(rs_sink_open("/proc/frames/", &o, &out, &err) != RS_OK);
    CHECK(strstr(err.msg, "/proc/frames"));
    if (geteuid() != 0) {
        tmpdir_write("locked/x", "x", 1);
        CHECK(chmod(tmp("locked"), 0555) == 0);
        CHECK(rs_sink_open(tmp("locked/x.mp4"), &o, &out, &err) != RS_OK);
        CHECK(strstr(err.msg, "ermission"));
        CHECK(chmod(tmp("locked"), 0755) == 0);
    }
}

/* A limit on file size stands in for a full disk: writes fail in the same places. */
static void full_disk(void)
{
    static const char *const names[] = { "full.mp4", "full.mkv", "full", "full.png" };
    rs_err err = { 0 };
    struct rlimit old;
    CHECK(getrlimit(RLIMIT_FSIZE, &old) == 0);
    signal(SIGXFSZ, SIG_IGN);
    for (rlim_t limit = 250; limit < 2300; limit *= 3) {
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
            rs_sink_options o = plain(256, 256);
            o.crf = 1;
            o.overwrite = true;
            const struct rlimit small = { .rlim_cur = limit, .rlim_max = old.rlim_max };
            CHECK(setrlimit(RLIMIT_FSIZE, &small) == 0);
            const rs_status s = write_film(tmp(names[i]), &o, i == 3 ? 1 : 12, NULL, &err);
            CHECK(setrlimit(RLIMIT_FSIZE, &old) == 0);
            if (s != RS_E_IO)
                TEST_FAIL("%s with %d bytes: %d %s", names[i], (int)limit, (int)s, err.msg);
            CHECK(strstr(err.msg, "cannot write") && strstr(err.msg, "full") &&
                  strstr(err.msg, "arge"));
            CHECK(i == 2 || !exists(tmp(names[i])));
        }
        CHECK_INT(count_files("part"), 0);
    }
    CHECK(rmdir(tmp("full")) == 0); /* nothing was left in it */
}

static void picture_folder(void)
{
    rs_err err = { 0 };
    rs_sink *out = NULL;
    rs_sink_options o = plain(32, 24);
    rs_frame f = { 0 };
    o.text = "Steps: 3";
    CHECK_OK(write_film(tmp("deep/frames/"), &o, 2, NULL, &err));
    CHECK(exists(tmp("deep/frames/frame_000001.png")));
    CHECK(exists(tmp("deep/frames/frame_000002.png")));
    CHECK_OK(rs_image_alloc(&f.image, 20, 10, &err)); /* sizes may differ */
    paint(&f.image, 0);
    CHECK_OK(rs_sink_open(tmp("named"), &o, &out, &err));
    f.png_name = "b2.png";
    CHECK_OK(rs_sink_write(out, &f, &err));
    CHECK_OK(rs_sink_close(&out, true, &err));
    size_t n;
    unsigned char *d = slurp(tmp("named/b2.png"), &n);
    CHECK(n > 60 && memcmp(d + 37, "tEXtparameters", 14) == 0);
    free(d);

    CHECK_OK(rs_sink_open(tmp("one.png"), &o, &out, &err));
    CHECK_OK(rs_sink_write(out, &f, &err));
    CHECK_INT(rs_sink_write(out, &f, &err), RS_E_INVALID);
    CHECK(strstr(err.msg, "one picture"));
    CHECK_OK(rs_sink_close(&out, true, &err));
    CHECK(exists(tmp("one.png")));
    rs_frame_release(&f);
}

static void same_bytes_twice(void)
{
    rs_err err = { 0 };
    static const char *const names[] = { "same.mp4", "same.mkv" };
    for (int i = 0; i < 2; i++) {
        rs_sink_options o = plain(128, 96);
        size_t n, m;
        o.overwrite = true;
        o.preset = "medium";
        o.copy_from = CLIP;
        o.copy = RS_COPY_AUDIO;
        CHECK_OK(write_film(tmp(names[i]), &o, 20, NULL, &err));
        unsigned char *a = slurp(tmp(names[i]), &n);
        CHECK_OK(write_film(tmp(names[i]), &o, 20, NULL, &err));
        unsigned char *b = slurp(tmp(names[i]), &m);
        CHECK(n == m && memcmp(a, b, n) == 0);
        free(a);
        free(b);
    }
}

static void wrong_frame_size(void)
{
    rs_err err = { 0 };
    rs_sink *out = NULL;
    rs_sink_options o = plain(32, 24);
    rs_frame f = { 0 };
    CHECK_OK(rs_image_alloc(&f.image, 30, 24, &err));
    CHECK_OK(rs_sink_open(tmp("size.mp4"), &o, &out, &err));
    CHECK_INT(rs_sink_write(out, &f, &err), RS_E_INVALID);
    CHECK(strstr(err.msg, "32x24") && strstr(err.msg, "30x24"));
    rs_sink_close(&out, false, NULL);
    rs_frame_release(&f);
}

int main(void)
{
    tmpdir_open();
    TEST_RUN(clip_to_mp4);
    TEST_RUN(clip_to_mkv);
    TEST_RUN(rates_and_times);
    TEST_RUN(odd_sizes);
    TEST_RUN(colours);
    TEST_RUN(refused);
    TEST_RUN(sound_that_does_not_fit);
    TEST_RUN(sound_streams);
    TEST_RUN(existing_output);
    TEST_RUN(abandoned_output);
    TEST_RUN(temporary_names);
    TEST_RUN(unwritable);
    TEST_RUN(full_disk);
    TEST_RUN(picture_folder);
    TEST_RUN(same_bytes_twice);
    TEST_RUN(wrong_frame_size);
    tmpdir_close();
    return 0;
}
