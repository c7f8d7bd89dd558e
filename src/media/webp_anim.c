/* The container (RFC 9649): RIFF "WEBP", a VP8X chunk with the canvas size, and
 * one ANMF chunk per frame, which holds a rectangle, a duration, two flags and
 * the chunks of a still picture. Each becomes a file of its own for FFmpeg's
 * decoder and is laid onto the canvas. The canvas is kept over white, beside
 * its transparency: laying something over a transparent picture and that over white
 * is the same as laying both over white one after the other. */
#include "media/webp_anim.h"

#include <inttypes.h>
#include <string.h>

#include <libavcodec/avcodec.h>

#include "base/fs.h"
#include "base/mem.h"
#include "media/alpha.h"
#include "media/av_pixels.h"
#include "media/convert.h"

#define RIFF_HEAD 12
#define CHUNK_HEAD 8
#define VP8X_SIZE 10
#define ANMF_HEAD 16

struct rect {
    int x, y, w, h;
};

struct rs_webp_anim {
    rs_source_info info;
    char *path;
    rs_map map;
    size_t pos;       /* of the next chunk */
    rs_image canvas;  /* over white */
    struct rect clear; /* to white before the next frame; w = 0: nothing */
    int64_t index, pts;
    AVCodecContext *dec;
    AVPacket *pkt;
    AVFrame *frame;
    rs_av_pixels pixels;
};

struct chunk {
    const uint8_t *tag, *data;
    size_t size;
};

static uint32_t le24(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16;
}

static uint32_t le32(const uint8_t *p)
{
    return le24(p) | (uint32_t)p[3] << 24;
}

static void put_le(uint8_t *p, uint32_t v, int bytes)
{
    for (int i = 0; i < bytes; i++)
        p[i] = (uint8_t)(v >> (8 * i));
}

/* The chunk at *pos; false when it does not fit into the data. */
static bool next_chunk(const uint8_t *data, size_t size, size_t *pos, struct chunk *c)
{
    if (*pos > size || size - *pos < CHUNK_HEAD)
        return false;
    const uint8_t *p = data + *pos;
    *c = (struct chunk){ .tag = p, .data = p + CHUNK_HEAD, .size = le32(p + 4) };
    if (c->size > size - *pos - CHUNK_HEAD)
        return false;
    *pos += CHUNK_HEAD + c->size + (c->size & 1);
    return true;
}

static bool is(const struct chunk *c, const char *tag)
{
    return memcmp(c->tag, tag, 4) == 0;
}

bool rs_webp_is_animated(const uint8_t *data, size_t size)
{
    return size >= RIFF_HEAD + CHUNK_HEAD + VP8X_SIZE && memcmp(data, "RIFF", 4) == 0 &&
           memcmp(data + 8, "WEBPVP8X", 8) == 0 && (data[RIFF_HEAD + CHUNK_HEAD] & 2);
}

const rs_source_info *rs_webp_anim_info(const rs_webp_anim *anim)
{
    return &anim->info;
}

void rs_webp_anim_close(rs_webp_anim **anim)
{
    if (!anim || !*anim)
        return;
    rs_webp_anim *a = *anim;
    av_frame_free(&a->frame);
    av_packet_free(&a->pkt);
    avcodec_free_context(&a->dec);
    rs_av_pixels_release(&a->pixels);
    rs_image_release(&a->canvas);
    rs_map_close(&a->map);
    rs_free(a->path);
    rs_free(a);
    *anim = NULL;
}

/* As browsers do with frames of no length. */
static int frame_ms(const uint8_t *anmf)
{
    const uint32_t ms = le24(anmf + 12);
    return ms ? (int)ms : 100;
}

/* Counts the frames and adds up their durations. */
static rs_status scan(rs_webp_anim *a, rs_err *err)
{
    const uint8_t *vp8x = a->map.data + RIFF_HEAD + CHUNK_HEAD;
    size_t pos = RIFF_HEAD;
    struct chunk c;
    int64_t total = 0;
    while (next_chunk(a->map.data, a->map.size, &pos, &c)) {
        if (is(&c, "ANIM") && c.size >= 6)
            a->info.plays = c.data[4] | c.data[5] << 8; /* how often it is shown; 0: for ever */
        if (!is(&c, "ANMF") || c.size < ANMF_HEAD)
            continue;
        a->info.n_frames++;
        total += frame_ms(c.data);
    }
    if (a->info.n_frames == 0)
        return RS_FAIL(err, RS_E_CORRUPT, "'%s' is an animated WebP without a whole frame",
                       a->path);
    a->info.kind = RS_SOURCE_ANIMATION;
    a->info.width = (int)le24(vp8x + 4) + 1;
    a->info.height = (int)le24(vp8x + 7) + 1;
    av_reduce(&a->info.rate.num, &a->info.rate.den, a->info.n_frames * 1000, total, 1 << 20);
    a->info.time_base = (rs_rational){ 1, 1000 };
    a->info.sample_aspect = (rs_rational){ 0, 1 };
    a->info.n_frames_exact = true;
    a->info.primaries = a->info.transfer = 2;
    a->info.depth = 8;
    a->info.alpha = vp8x[0] & 0x10;
    a->info.path = a->path;
    return RS_OK;
}

static rs_status open_all(rs_webp_anim *a, rs_err *err)
{
    rs_av_quiet();
    RS_TRY(rs_map_open(a->path, &a->map, err));
    if (!rs_webp_is_animated(a->map.data, a->map.size))
        return RS_FAIL(err, RS_E_FORMAT, "'%s' is no animated WebP", a->path);
    RS_TRY(scan(a, err));
    RS_TRY(rs_image_alloc(&a->canvas, a->info.width, a->info.height, err));
    const size_t n = (size_t)a->info.width * (size_t)a->info.height;
    rs_fill_white(a->canvas.rgb, n);
    RS_TRY(rs_alpha_alloc(&a->canvas, err));
    memset(a->canvas.alpha, 0, n * sizeof(float));
    const AVCodec *codec = avcodec_find_decoder(AV_CODEC_ID_WEBP);
    if (!codec)
        return RS_FAIL(err, RS_E_UNSUPPORTED, "'%s': this FFmpeg has no WebP decoder", a->path);
    a->dec = avcodec_alloc_context3(codec);
    a->pkt = av_packet_alloc();
    a->frame = av_frame_alloc();
    if (!a->dec || !a->pkt || !a->frame)
        return RS_FAIL(err, RS_E_NOMEM, "no memory to decode '%s'", a->path);
    a->dec->thread_count = 1;
    const int e = avcodec_open2(a->dec, codec, NULL);
    if (e < 0)
        return rs_av_fail(err, RS_E_INTERNAL, e, "cannot decode '%s'", a->path);
    a->pos = RIFF_HEAD;
    return RS_OK;
}

rs_status rs_webp_anim_open(const char *path, rs_webp_anim **anim, rs_err *err)
{
    rs_webp_anim *a = rs_calloc(sizeof(*a));
    const size_t n = strlen(path) + 1;
    char *copy = rs_alloc(n);
    if (!a || !copy) {
        rs_free(a);
        rs_free(copy);
        return RS_FAIL(err, RS_E_NOMEM, "no memory to open '%s'", path);
    }
    memcpy(copy, path, n);
    a->path = copy;
    const rs_status s = open_all(a, err);
    if (s == RS_OK)
        *anim = a;
    else
        rs_webp_anim_close(&a);
    return s;
}

static void clear(rs_image *im, struct rect r)
{
    for (int y = r.y; y < r.y + r.h && y < im->height; y++) {
        const int w = r.x + r.w < im->width ? r.w : im->width - r.x;
        const size_t at = (size_t)y * (size_t)im->width + (size_t)r.x;
        if (w <= 0)
            continue;
        rs_fill_white(im->rgb + at * 3, (size_t)w);
        memset(im->alpha + at, 0, (size_t)w * sizeof(float));
    }
}

static bool has_alpha_chunk(const uint8_t *body, size_t size)
{
    size_t pos = 0;
    struct chunk c;
    return next_chunk(body, size, &pos, &c) && is(&c, "ALPH");
}

/* The frame's chunks as a WebP file of its own: with a VP8X chunk when there is
 * a separate alpha plane. */
static int make_still(AVPacket *pkt, const uint8_t *body, size_t size, struct rect r)
{
    const bool alpha = has_alpha_chunk(body, size);
    const size_t head = RIFF_HEAD + (alpha ? CHUNK_HEAD + VP8X_SIZE : 0);
    if (size > (1u << 30) || av_new_packet(pkt, (int)(head + size)) < 0)
        return AVERROR(ENOMEM);
    uint8_t *p = pkt->data;
    memset(p, 0, head);
    memcpy(p, "RIFF", 4);
    put_le(p + 4, (uint32_t)(head + size - 8), 4);
    memcpy(p + 8, "WEBP", 4);
    if (alpha) {
        memcpy(p + 12, "VP8X", 4);
        put_le(p + 16, VP8X_SIZE, 4);
        p[20] = 0x10; /* alpha */
        put_le(p + 24, (uint32_t)(r.w - 1), 3);
        put_le(p + 27, (uint32_t)(r.h - 1), 3);
    }
    memcpy(p + head, body, size);
    return 0;
}

static int decode(rs_webp_anim *a, const uint8_t *body, size_t size, struct rect r)
{
    int e = make_still(a->pkt, body, size, r);
    if (e < 0)
        return e;
    e = avcodec_send_packet(a->dec, a->pkt);
    av_packet_unref(a->pkt);
    return e < 0 ? e : avcodec_receive_frame(a->dec, a->frame);
}

/* One ANMF chunk onto the canvas. */
static rs_status lay_frame(rs_webp_anim *a, const struct chunk *c, rs_err *err)
{
    const struct rect r = { (int)le24(c->data) * 2, (int)le24(c->data + 3) * 2,
                            (int)le24(c->data + 6) + 1, (int)le24(c->data + 9) + 1 };
    const uint8_t flags = c->data[15];
    const bool replace = flags & 2, dispose = flags & 1;
    const int e = decode(a, c->data + ANMF_HEAD, c->size - ANMF_HEAD, r);
    if (e < 0)
        return rs_av_fail(err, RS_E_CORRUPT, e, "'%s' is damaged after frame %" PRId64 " (%.3f s)",
                          a->path, a->index, (double)a->pts / 1000);
    clear(&a->canvas, a->clear);
    if (replace)
        clear(&a->canvas, r);
    a->clear = dispose ? r : (struct rect){ 0 };
    const rs_status s = rs_av_over_image(&a->pixels, a->frame, r.x, r.y, true, &a->canvas, err);
    av_frame_unref(a->frame);
    return s;
}

static rs_status copy_canvas(const rs_webp_anim *a, rs_image *to, rs_err *err)
{
    if (!to->rgb || to->width != a->canvas.width || to->height != a->canvas.height) {
        rs_image_release(to);
        RS_TRY(rs_image_alloc(to, a->canvas.width, a->canvas.height, err));
    }
    const size_t n = (size_t)to->width * (size_t)to->height * 3;
    memcpy(to->rgb, a->canvas.rgb, n * sizeof(float));
    RS_TRY(rs_alpha_resize(to, &a->canvas, RS_RESIZE_STRETCH, err)); /* of the same size: a copy */
    rs_alpha_settle(to);
    return RS_OK;
}

rs_status rs_webp_anim_next(rs_webp_anim *a, rs_frame *frame, bool *end, rs_err *err)
{
    struct chunk c;
    do {
        if (!next_chunk(a->map.data, a->map.size, &a->pos, &c)) {
            a->info.truncated = le32(a->map.data + 4) + (uint64_t)8 > a->map.size + 1;
            if (a->info.truncated && a->index == 0)
                return RS_FAIL(err, RS_E_CORRUPT, "'%s' is truncated within its first frame", a->path);
            *end = true;
            return RS_OK;
        }
    } while (!is(&c, "ANMF") || c.size < ANMF_HEAD);
    const rs_status s = lay_frame(a, &c, err);
    frame->held = s == RS_E_CORRUPT && a->index > 0; /* the canvas is still that of the one before */
    if (!frame->held)
        RS_TRY(s);
    RS_TRY(copy_canvas(a, &frame->image, err));
    frame->index = a->index++;
    frame->pts = a->pts;
    frame->duration = frame_ms(c.data);
    frame->name = frame->png_name = NULL;
    a->pts += frame->duration;
    *end = false;
    return RS_OK;
}
