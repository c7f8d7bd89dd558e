/* HDR and other primaries to BT.709 against colour-science's PQ, HLG and primaries with BT.2390's curve
 * in float64. Samples have 16 bits on both sides, of which near black, where BT.1886 is steep, one is light
 * of 1e-7: the allowance of 3 is that of float light; chromaticities have four digits on both sides. */
#include <libavformat/avformat.h>
#include <libavutil/dovi_meta.h>

#include "media/media.h"
#include "media/tone_map.h"
#include "tests/lib/golden.h"
#include "tests/unit/media/media_test.h"

static void curves(void)
{
    static const struct { const char *name; rs_colour_code from; double peak; } cases[] = {
        { "pq1000", { 9, 16 }, 1000 }, { "pq4000", { 9, 16 }, 4000 },  { "pq203", { 9, 16 }, 203 },
        { "pq709", { 1, 16 }, 1000 },  { "pq_p3", { 12, 16 }, 1000 },  { "pq_dci", { 11, 16 }, 1000 },
        { "hlg", { 9, 18 }, 1000 },    { "hlg_p3", { 12, 18 }, 1000 }, { "sdr_p3", { 12, 13 }, 0 },
        { "sdr_dci", { 11, 1 }, 0 },   { "sdr_2020", { 9, 13 }, 0 },
    };
    struct golden g = golden_open(RS_SOURCE_DIR "/tests/golden/tone_map.safetensors");
    size_t n;
    const float *samples = golden_f32(&g, "samples", &n);
    uint16_t px[4096 * 4];
    rs_tone_map t = { 0 };
    rs_err err = { 0 };
    n /= 3;
    CHECK(n > 100 && n <= 4096);
    for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
        size_t count;
        const float *want = golden_f32(&g, cases[c].name, &count);
        CHECK_INT(count, n * 3);
        CHECK_OK(rs_tone_map_prepare(&t, cases[c].from, cases[c].peak, &err));
        for (int channels = 3; channels <= 4; channels++) {
            double worst = 0;
            for (size_t i = 0; i < n * 4; i++)
                px[i] = 777; /* of a fourth channel */
            for (size_t i = 0; i < n * 3; i++)
                px[i / 3 * (size_t)channels + i % 3] = (uint16_t)samples[i];
            rs_tone_map_run(&t, px, n, channels);
            for (size_t i = 0; i < n * 3; i++) {
                const double got = px[i / 3 * (size_t)channels + i % 3];
                worst = fmax(worst, fabs(got - (double)want[i] * 65535));
            }
            if (worst > 3)
                TEST_FAIL("%s: off by %g of 65535", cases[c].name, worst);
            CHECK(channels == 3 || px[3] == 777);
        }
    }
    rs_tone_map_release(&t);
    golden_close(&g);
}

/* The clip again, with the configuration record that Dolby Vision's files have. */
static void write_dolby(const char *path, int profile, int compatible)
{
    AVFormatContext *in = NULL, *out = NULL;
    AVPacket *p = av_packet_alloc();
    size_t size;
    CHECK(avformat_open_input(&in, CLIP, NULL, NULL) >= 0 &&
          avformat_find_stream_info(in, NULL) >= 0);
    CHECK(avformat_alloc_output_context2(&out, NULL, "mp4", path) >= 0);
    out->strict_std_compliance = -1; /* which writes it */
    const int v = av_find_best_stream(in, AVMEDIA_TYPE_VIDEO, -1, -1, NULL, 0);
    AVStream *st = avformat_new_stream(out, NULL);
    CHECK(st && avcodec_parameters_copy(st->codecpar, in->streams[v]->codecpar) >= 0);
    AVDOVIDecoderConfigurationRecord *r = av_dovi_alloc(&size);
    r->dv_version_major = 1;
    r->dv_profile = (uint8_t)profile;
    r->bl_present_flag = r->rpu_present_flag = 1;
    r->dv_bl_signal_compatibility_id = (uint8_t)compatible;
#if LIBAVFORMAT_VERSION_INT >= AV_VERSION_INT(60, 15, 100)
    CHECK(av_packet_side_data_add(&st->codecpar->coded_side_data, &st->codecpar->nb_coded_side_data,
                                  AV_PKT_DATA_DOVI_CONF, r, size, 0));
#else
    CHECK(av_stream_add_side_data(st, AV_PKT_DATA_DOVI_CONF, (uint8_t *)r, size) >= 0);
#endif
    CHECK(avio_open(&out->pb, path, AVIO_FLAG_WRITE) >= 0 && avformat_write_header(out, NULL) >= 0);
    while (av_read_frame(in, p) >= 0) {
        if (p->stream_index == v) {
            av_packet_rescale_ts(p, in->streams[v]->time_base, st->time_base);
            p->stream_index = 0;
            CHECK(av_interleaved_write_frame(out, p) >= 0);
        }
        av_packet_unref(p);
    }
    CHECK(av_write_trailer(out) >= 0);
    avio_closep(&out->pb);
    avformat_free_context(out);
    avformat_close_input(&in);
    av_packet_free(&p);
}

static void dolby_vision(void)
{
    rs_source *in = NULL;
    rs_err err = { 0 };
    write_dolby(tmp("five.mp4"), 5, 0);
    CHECK_INT(rs_source_open(tmp("five.mp4"), NULL, &in, &err), RS_E_UNSUPPORTED);
    CHECK(strstr(err.msg, "Dolby Vision, profile 5") && strstr(err.msg, "HDR10 or SDR"));
    write_dolby(tmp("eight.mp4"), 8, 1);
    CHECK_OK(rs_source_open(tmp("eight.mp4"), NULL, &in, &err));
    rs_source_close(&in);
}

int main(void)
{
    tmpdir_open();
    TEST_RUN(curves);
    TEST_RUN(dolby_vision);
    tmpdir_close();
    return 0;
}
