/* Reading films and folders: frames, times, orientation, damage. */
#include <libavutil/adler32.h>
#include <libswscale/swscale.h>

#include "media/convert.h"
#include "media/media.h"
#include "media/mkv_size.h"
#include "tests/unit/media/media_test.h"

static unsigned checksum(const rs_image *im)
{
    const size_t n = (size_t)im->width * (size_t)im->height * 3;
    unsigned char *rgb = malloc(n);
    rs_floats_to_u8(rgb, im->rgb, n);
    const unsigned sum = (unsigned)av_adler32_update(0, rgb, n);
    free(rgb);
    return sum;
}

/* Each frame against what the ffmpeg program made of it. */
static void clip_frames(void)
{
    rs_err err = { 0 };
    rs_source *in = NULL;
    rs_frame f = { 0 };
    bool end;
    CHECK_OK(rs_source_open(CLIP, NULL, &in, &err));
    const rs_source_info *i = rs_source_get_info(in);
    CHECK_INT(i->kind, RS_SOURCE_VIDEO);
    CHECK_INT(i->width, 480);
    CHECK_INT(i->height, 360);
    CHECK(i->rate.num == 25 && i->rate.den == 1);
    CHECK(i->time_base.num == 1 && i->time_base.den == 12800);
    CHECK(i->n_frames == 52 && i->n_frames_exact);
    CHECK_INT(i->n_audio, 1);
    FILE *ref = fopen(GOLDEN("clip_frames.txt"), "r");
    CHECK(ref);
    char line[256];
    int n = 0;
    while (fgets(line, sizeof(line), ref)) {
        long dts, pts, duration, size;
        unsigned sum;
        if (line[0] == '#')
            continue;
        CHECK(sscanf(line, "0, %ld, %ld, %ld, %ld, %x", &dts, &pts, &duration, &size, &sum) == 5);
        CHECK_OK(rs_source_next(in, &f, &end, &err));
        CHECK(!end && f.index == n);
        CHECK_INT(f.pts, pts);
        CHECK_INT(f.duration, duration);
        if (LIBSWSCALE_VERSION_MAJOR == 6 && checksum(&f.image) != sum)
            TEST_FAIL("frame %d: checksum 0x%08x, want 0x%08x", n, checksum(&f.image), sum);
        n++;
    }
    CHECK_INT(n, 52);
    CHECK_OK(rs_source_next(in, &f, &end, &err));
    CHECK(end);
    CHECK_OK(rs_source_next(in, &f, &end, &err));
    CHECK(end);
    fclose(ref);
    rs_frame_release(&f);
    rs_source_close(&in);
    rs_source_close(&in);
}

static void be32(unsigned char *p, int v)
{
    for (int i = 0; i < 4; i++)
        p[i] = (unsigned char)((unsigned)v >> (24 - 8 * i));
}

static size_t find(const unsigned char *d, size_t n, const char *what)
{
    for (size_t i = 0; i + 4 <= n; i++)
        if (memcmp(d + i, what, 4) == 0)
            return i;
    TEST_FAIL("no %s", what);
}

static void first_frame(const char *path, rs_image *im)
{
    rs_err err = { 0 };
    rs_source *in = NULL;
    rs_frame f = { 0 };
    bool end;
    CHECK_OK(rs_source_open(path, NULL, &in, &err));
    CHECK_OK(rs_source_next(in, &f, &end, &err));
    CHECK(!end);
    CHECK_INT(f.image.width, rs_source_get_info(in)->width);
    CHECK_INT(f.image.height, rs_source_get_info(in)->height);
    *im = f.image;
    rs_source_close(&in);
}

/* The display matrix of the track header: a point (x, y) of the picture is seen
 * at (a x + c y + tx, b x + d y + ty). */
static void rotation(void)
{
    static const int turns[][4] = { { 1, 0, 0, 1 },  { 0, 1, -1, 0 }, { -1, 0, 0, -1 },
                                    { 0, -1, 1, 0 }, { -1, 0, 0, 1 }, { 1, 0, 0, -1 },
                                    { 0, 1, 1, 0 } };
    rs_image plain = { 0 };
    size_t n;
    unsigned char *d = slurp(CLIP, &n);
    unsigned char *matrix = d + find(d, n, "tkhd") + 4 + 40;
    first_frame(CLIP, &plain);
    for (size_t t = 0; t < sizeof(turns) / sizeof(turns[0]); t++) {
        const int a = turns[t][0], b = turns[t][1], c = turns[t][2], e = turns[t][3];
        const int tx = a + c < 0 ? (a ? 479 : 359) : 0, ty = b + e < 0 ? (b ? 479 : 359) : 0;
        rs_image im = { 0 };
        be32(matrix, a * 65536);
        be32(matrix + 4, b * 65536);
        be32(matrix + 12, c * 65536);
        be32(matrix + 16, e * 65536);
        tmpdir_write("turned.mp4", d, n);
        first_frame(tmp("turned.mp4"), &im);
        CHECK_INT(im.width, b ? 360 : 480);
        CHECK_INT(im.height, b ? 480 : 360);
        for (int y = 0; y < 360; y++) {
            for (int x = 0; x < 480; x++) {
                const int sx = a * x + c * y + tx, sy = b * x + e * y + ty;
                if (memcmp(im.rgb + (sy * im.width + sx) * 3, plain.rgb + (y * 480 + x) * 3, 12) !=
                    0)
                    TEST_FAIL("turn %zu: pixel %d,%d is not seen at %d,%d", t, x, y, sx, sy);
            }
        }
        rs_image_release(&im);
    }
    rs_image_release(&plain);
    free(d);
}

static int n_held;
static bool truncated;

/* Reads all frames; the status that ended it, and what was wrong with them. */
static rs_status read_all(const char *path, int *n_frames, rs_err *err)
{
    rs_source *in = NULL;
    rs_frame f = { 0 };
    bool end = false;
    *n_frames = n_held = 0;
    truncated = false;
    rs_status s = rs_source_open(path, NULL, &in, err);
    while (s == RS_OK && !end) {
        s = rs_source_next(in, &f, &end, err);
        *n_frames += s == RS_OK && !end;
        n_held += s == RS_OK && !end && f.held;
    }
    if (s == RS_OK)
        truncated = rs_source_get_info(in)->truncated;
    rs_frame_release(&f);
    rs_source_close(&in);
    return s;
}

static void truncated_film(void)
{
    rs_err err = { 0 };
    size_t n;
    int frames, before = 0;
    unsigned char *d = slurp(CLIP, &n);
    tmpdir_write("cut.mp4", d, n / 10); /* within the first frame */
    CHECK_INT(read_all(tmp("cut.mp4"), &frames, &err), RS_E_CORRUPT);
    CHECK(strstr(err.msg, "cut.mp4") && strstr(err.msg, "truncated"));
    for (int percent = 26; percent < 100; percent += 16) {
        tmpdir_write("cut.mp4", d, n * (size_t)percent / 100);
        CHECK_OK(read_all(tmp("cut.mp4"), &frames, &err));
        CHECK(truncated && n_held <= 1); /* the packet at the cut */
        CHECK(frames >= before && frames < 52);
        before = frames;
    }
    CHECK(before > 40);
    tmpdir_write("cut.mp4", d, 600); /* not even the index */
    CHECK(read_all(tmp("cut.mp4"), &frames, &err) != RS_OK);
    free(d);
}

static void damaged_film(void)
{
    rs_err err = { 0 };
    size_t n;
    int frames;
    unsigned char *d = slurp(CLIP, &n);
    unsigned seed = 1;
    for (size_t i = n / 2; i < n / 2 + 600; i++) {
        seed = seed * 1664525u + 1013904223u;
        d[i] = (unsigned char)(seed >> 24);
    }
    tmpdir_write("bad.mp4", d, n);
    CHECK_OK(read_all(tmp("bad.mp4"), &frames, &err));
    CHECK_INT(frames, 52); /* none is missing */
    CHECK(n_held > 0 && !truncated);
    free(d);
}

/* Random bytes changed anywhere: any answer but a crash. */
static void hostile_films(void)
{
    rs_err err = { 0 };
    size_t n;
    int frames;
    unsigned char *d = slurp(CLIP, &n);
    const size_t moov = find(d, n, "moov");
    unsigned seed = 7;
    for (int round = 0; round < 25; round++) {
        unsigned char *copy = malloc(n);
        memcpy(copy, d, n);
        for (int k = 0; k < 20; k++) {
            seed = seed * 1664525u + 1013904223u;
            copy[moov + seed % 3000] = (unsigned char)(seed >> 16);
        }
        tmpdir_write("hostile.mp4", copy, 60000);
        free(copy);
        err = (rs_err){ 0 };
        CHECK(read_all(tmp("hostile.mp4"), &frames, &err) == RS_OK ? truncated || n_held : err.msg[0]);
    }
    free(d);
}

static void truncated_matroska(void)
{
    static const unsigned char head[] = {
        0x1a, 0x45, 0xdf, 0xa3, 0x84, 1, 2, 3, 4,       /* EBML header of 4 bytes */
        0x18, 0x53, 0x80, 0x67, 0x40, 0x0a,             /* Segment of 10 bytes */
        1, 2, 3, 4, 5, 6, 7, 8, 9, 10
    };
    static const unsigned char live[] = { 0x1a, 0x45, 0xdf, 0xa3, 0x80, 0x18,
                                          0x53, 0x80, 0x67, 0xff, 1 };
    CHECK(!rs_mkv_is_truncated(head, sizeof(head)));
    CHECK(rs_mkv_is_truncated(head, sizeof(head) - 1));
    for (size_t n = 0; n < 15; n++) /* a header cut short tells nothing */
        CHECK(!rs_mkv_is_truncated(head, n));
    CHECK(!rs_mkv_is_truncated(live, sizeof(live)));
}

static void not_a_film(void)
{
    /* RIFF WAVE, 8-bit mono, 64 samples */
    static const unsigned char wav[44 + 64] = "RIFF\x64\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0"
                                              "\x40\x1f\0\0\x40\x1f\0\0\1\0\x8\0data\x40\0\0";
    static const struct {
        const char *name;
        const void *data;
        size_t n;
        const char *says;
    } cases[] = {
        { "empty.mp4", "", 0, "is empty" },
        { "text.mp4", "this is no film\n", 16, "as video or picture" },
        { "sound.mp4", wav, sizeof(wav), "no video stream" },
    };
    rs_err err = { 0 };
    int frames;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        tmpdir_write(cases[i].name, cases[i].data, cases[i].n);
        CHECK_INT(read_all(tmp(cases[i].name), &frames, &err), RS_E_FORMAT);
        if (!strstr(err.msg, cases[i].name) || !strstr(err.msg, cases[i].says))
            TEST_FAIL("%s: %s", cases[i].name, err.msg);
    }
    CHECK_INT(read_all(tmp("none.mp4"), &frames, &err), RS_E_NOTFOUND);
}

/* Rectangles, blending, disposal and separate alpha planes, as Pillow plays them. */
static void animated_webp(void)
{
    static const struct { const char *film, *strip; double rms; } cases[] = {
        { GOLDEN("anim_lossless.webp"), GOLDEN("anim_lossless.png"), 0.5 },
        /* libwebp's chroma upsampling is not swscale's */
        { GOLDEN("anim_lossy.webp"), GOLDEN("anim_lossy.png"), 6 },
    };
    static const int ms[] = { 100, 40, 70, 100, 30, 200 };
    rs_err err = { 0 };
    for (int c = 0; c < 2; c++) {
        rs_source *in = NULL;
        rs_image strip = { 0 };
        rs_frame f = { 0 };
        bool end;
        int64_t pts = 0;
        CHECK_OK(rs_image_read(cases[c].strip, &strip, &err));
        CHECK_OK(rs_source_open(cases[c].film, NULL, &in, &err));
        const rs_source_info *i = rs_source_get_info(in);
        CHECK_INT(i->kind, RS_SOURCE_ANIMATION);
        CHECK(i->n_frames == 6 && i->n_frames_exact && i->time_base.den == 1000);
        CHECK(i->rate.num == 100 && i->rate.den == 9); /* 6 in 540 ms */
        for (int k = 0; k < 6; k++) {
            double rms, max;
            CHECK_OK(rs_source_next(in, &f, &end, &err));
            CHECK(!end && f.pts == pts && f.duration == ms[k]);
            pts += ms[k];
            rs_image want = { .width = 40, .height = 30, .rgb = strip.rgb + (size_t)k * 40 * 30 * 3 };
            compare(&f.image, &want, &rms, &max);
            CHECK(rms < cases[c].rms);
        }
        CHECK_OK(rs_source_next(in, &f, &end, &err));
        CHECK(end);
        rs_frame_release(&f);
        rs_source_close(&in);
        CHECK_OK(rs_image_read(cases[c].film, &f.image, &err));
        CHECK(f.image.width == 40 && f.image.height == 30);
        rs_frame_release(&f);
        rs_image_release(&strip);
    }
}

static void damaged_webp(void)
{
    int most = 0, held = 0;
    rs_err err = { 0 };
    size_t n;
    int frames;
    unsigned char *d = slurp(GOLDEN("anim_lossless.webp"), &n);
    for (size_t cut = 31; cut + 2 < n; cut += 7) {
        tmpdir_write("cut.webp", d, cut);
        if (read_all(tmp("cut.webp"), &frames, &err) == RS_OK)
            CHECK(truncated && frames > 0 && frames < 6);
        else
            CHECK(err.status == RS_E_CORRUPT && frames == 0 && strstr(err.msg, "cut.webp"));
        most = frames > most ? frames : most;
    }
    for (size_t i = 12; i < n; i += 3) {
        d[i] ^= 0xa5;
        d[24] = d[27] = 39; /* a canvas of at most 40 columns and rows or so */
        d[25] = d[26] = d[28] = d[29] = 0;
        tmpdir_write("bad.webp", d, n);
        if (read_all(tmp("bad.webp"), &frames, &err) == RS_OK)
            held += n_held;
        d[i] ^= 0xa5;
    }
    CHECK(most == 5 && held > 0);
    free(d);
}

static void put_picture(const char *name, int w, int h, int t)
{
    rs_err err = { 0 };
    rs_image im = { 0 };
    CHECK_OK(rs_image_alloc(&im, w, h, &err));
    paint(&im, t);
    CHECK_OK(rs_image_write_png(tmp(name), &im, NULL, &err));
    rs_image_release(&im);
}

static void folder(void)
{
    static const struct { const char *name, *png; int w; } want[] = {
        { "f1.png", "f1.png", 16 },  { "f2.jpg", "f2.jpg.png", 48 }, { "f2.png", "f2.png", 18 },
        { "f10.PNG", "f10.png", 20 }, { "g.JPEG", "g.png", 48 },
    };
    rs_err err = { 0 };
    rs_source *in = NULL;
    rs_frame f = { 0 };
    bool end;
    size_t n;
    unsigned char *jpg = slurp(GOLDEN("oriented.jpg"), &n);
    put_picture("dir/f10.PNG", 20, 9, 0);
    put_picture("dir/f2.png", 18, 9, 0);
    put_picture("dir/f1.png", 16, 9, 0);
    tmpdir_write("dir/f2.jpg", jpg, n);
    tmpdir_write("dir/g.JPEG", jpg, n);
    tmpdir_write("dir/.hidden.png", "x", 1);
    tmpdir_write("dir/notes.txt", "x", 1);
    free(jpg);
    CHECK_OK(rs_source_open(tmp("dir"), NULL, &in, &err));
    const rs_source_info *i = rs_source_get_info(in);
    CHECK_INT(i->kind, RS_SOURCE_FOLDER);
    CHECK(i->n_frames == 5 && i->n_frames_exact && i->width == 16 && i->n_audio == 0);
    for (int k = 0; k < 5; k++) {
        CHECK_OK(rs_source_next(in, &f, &end, &err));
        CHECK(!end);
        CHECK_STR(f.name, want[k].name);
        CHECK_STR(f.png_name, want[k].png);
        CHECK(f.index == k && f.pts == k && f.duration == 1);
        CHECK_INT(want[k].w == 48 ? f.image.height : f.image.width, want[k].w); /* 48x32 turned */
    }
    CHECK_OK(rs_source_next(in, &f, &end, &err));
    CHECK(end);
    rs_frame_release(&f);
    rs_source_close(&in);

    int frames;
    tmpdir_write("dir/f3.png", "\x89PNG\r\n\x1a\n....", 12); /* the one before stands in */
    tmpdir_write("dir/f0.png", "", 0);                      /* and the one behind */
    CHECK_OK(read_all(tmp("dir"), &frames, &err));
    CHECK_INT(frames, 7);
    CHECK_INT(n_held, 2);
    tmpdir_write("damaged/f3.png", "\x89PNG\r\n\x1a\n....", 12);
    tmpdir_write("damaged/f4.png", "", 0);
    CHECK_INT(read_all(tmp("damaged"), &frames, &err), RS_E_CORRUPT);
    CHECK(strstr(err.msg, "f3.png"));
    tmpdir_write("none/.x.png", "x", 1);
    tmpdir_write("none/film.mp4", "x", 1);
    CHECK_INT(read_all(tmp("none"), &frames, &err), RS_E_NOTFOUND);
    CHECK(strstr(err.msg, "/none'") && strstr(err.msg, ".png, .jpg, .tiff"));
}

static void still(void)
{
    rs_err err = { 0 };
    rs_source *in = NULL;
    rs_frame f = { 0 };
    bool end;
    put_picture("one.v2.png", 30, 20, 5);
    CHECK_OK(rs_source_open(tmp("one.v2.png"), NULL, &in, &err));
    CHECK_INT(rs_source_get_info(in)->kind, RS_SOURCE_STILL);
    CHECK_INT(rs_source_get_info(in)->n_frames, 1);
    CHECK_OK(rs_source_next(in, &f, &end, &err));
    CHECK(!end && f.image.width == 30);
    CHECK_STR(f.name, "one.v2.png");
    CHECK_STR(f.png_name, "one.v2.png");
    CHECK_OK(rs_source_next(in, &f, &end, &err));
    CHECK(end);
    rs_source_close(&in);

    /* 2x2 pixels of a BMP, which FFmpeg reads */
    static const unsigned char bmp[70] = "BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\2\0\0\0\2\0\0\0\1\0"
                                         "\x18\0\0\0\0\0\x10\0\0\0";
    tmpdir_write("two.bmp", bmp, sizeof(bmp));
    CHECK_OK(rs_source_open(tmp("two.bmp"), NULL, &in, &err));
    CHECK_INT(rs_source_get_info(in)->kind, RS_SOURCE_STILL);
    CHECK_OK(rs_source_next(in, &f, &end, &err));
    CHECK(!end && f.image.width == 2 && f.image.height == 2 && f.image.rgb[0] == 0);
    CHECK_STR(f.png_name, "two.png");
    rs_frame_release(&f);
    rs_source_close(&in);
}

int main(void)
{
    tmpdir_open();
    TEST_RUN(clip_frames);
    TEST_RUN(rotation);
    TEST_RUN(truncated_film);
    TEST_RUN(damaged_film);
    TEST_RUN(hostile_films);
    TEST_RUN(truncated_matroska);
    TEST_RUN(not_a_film);
    TEST_RUN(animated_webp);
    TEST_RUN(damaged_webp);
    TEST_RUN(folder);
    TEST_RUN(still);
    tmpdir_close();
    return 0;
}
