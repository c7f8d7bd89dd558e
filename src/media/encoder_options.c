#include "media/encoder_options.h"

#include <string.h>

#include <libavutil/opt.h>

#include "base/log.h"
#include "base/strbuf.h"
#include "media/av_util.h"
#include "media/codecs.h"
#include "restyle/diag.h"

enum {
    MAX_NAMES = 512,
    LIST_CHARS = 640,
    VIDEO_ENCODING = AV_OPT_FLAG_ENCODING_PARAM | AV_OPT_FLAG_VIDEO_PARAM
};

/* Options that are ours to set, and why. */
static const char *const ours[][2] = {
    { "crf", "'encode.crf' says that" },
    { "preset", "'encode.preset' says that" },
    { "threads", "it is fixed, so that every machine writes the same bytes" },
    { "flags", "the container decides on them" },
    { "time_base", "it follows from the frames" },
    { "color_range", "it follows from the pixels" },
    { "colorspace", "it follows from the pixels" },
    { "color_primaries", "it follows from the pixels" },
    { "color_trc", "it follows from the pixels" },
};

/* Why an option is not for the user, or NULL. */
static const char *why_ours(const char *key)
{
    for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
        if (strcmp(key, ours[i][0]) == 0)
            return ours[i][1];
    return NULL;
}

/* The names of an options table; named values are no options. Returns how many. */
static size_t collect(const void *object, const char *names[], size_t n)
{
    const AVOption *o = NULL;
    while ((o = av_opt_next(object, o)))
        if (o->type != AV_OPT_TYPE_CONST && (o->flags & VIDEO_ENCODING) == VIDEO_ENCODING &&
            !why_ours(o->name) && n < MAX_NAMES)
            names[n++] = o->name;
    return n;
}

static void list_names(rs_strbuf *sb, const char *const names[], size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (sb->len > LIST_CHARS) {
            rs_strbuf_puts(sb, ", ...");
            return;
        }
        rs_strbuf_printf(sb, "%s%s", i ? ", " : "", names[i]);
    }
}

static rs_status refuse_key(AVCodecContext *enc, const char *key, rs_err *err)
{
    const char *names[MAX_NAMES];
    const size_t own = enc->codec->priv_class ? collect(enc->priv_data, names, 0) : 0;
    const size_t all = collect(enc, names, own);
    const char *guess = rs_suggest(key, names, all);
    rs_strbuf sb;
    rs_strbuf_init(&sb, 2048);
    list_names(&sb, names, own);
    const rs_status s = RS_FAIL(
        err, RS_E_INVALID,
        "encoder '%s' has no option '%s'%s%s%s; its own are: %s; and there are FFmpeg's "
        "general ones, such as b, g, bf, maxrate and bufsize",
        enc->codec->name, key, guess ? " (did you mean '" : "", guess ? guess : "",
        guess ? "'?)" : "", own ? rs_strbuf_str(&sb) : "none");
    rs_strbuf_release(&sb);
    return s;
}

/* The words that stand for values, or "-1 to 51"; nothing when neither is known. */
static void put_expected(rs_strbuf *sb, void *object, const AVOption *option)
{
    const AVOption *o = NULL;
    while (option->unit && sb->len < LIST_CHARS && (o = av_opt_next(object, o)))
        if (o->type == AV_OPT_TYPE_CONST && o->unit && strcmp(o->unit, option->unit) == 0)
            rs_strbuf_printf(sb, "%s%s", sb->len ? ", " : "", o->name);
    if (!sb->len && option->type != AV_OPT_TYPE_STRING && option->type != AV_OPT_TYPE_DICT)
        rs_strbuf_printf(sb, "%.10g to %.10g", option->min, option->max);
}

static rs_status refuse_value(AVCodecContext *enc, void *object, const AVOption *option,
                              const char *value, rs_err *err)
{
    rs_strbuf sb;
    rs_strbuf_init(&sb, 2048);
    put_expected(&sb, object, option);
    const rs_status s = RS_FAIL(err, RS_E_INVALID, "encoder '%s' does not take '%s' for '%s'%s%s",
                                enc->codec->name, value, option->name, sb.len ? ", expected " : "",
                                rs_strbuf_str(&sb));
    rs_strbuf_release(&sb);
    return s;
}

static rs_status try_option(AVCodecContext *enc, const char *key, const char *value, rs_err *err)
{
    void *object = NULL;
    const AVOption *o = av_opt_find2(enc, key, NULL, VIDEO_ENCODING, AV_OPT_SEARCH_CHILDREN,
                                     &object);
    if (!o || o->type == AV_OPT_TYPE_CONST)
        return refuse_key(enc, key, err);
    if (av_opt_set(object, key, value, 0) < 0)
        return refuse_value(enc, object, o, value, err);
    return RS_OK;
}

/* x264 and x265 print to standard error on an unknown preset, tune or profile: refused
 * here, with the list. */
#define PRESETS \
    "ultrafast, superfast, veryfast, faster, fast, medium, slow, slower, veryslow, placebo"
#define TUNES "film, animation, grain, stillimage, psnr, ssim, fastdecode, zerolatency"

static const struct words {
    const char *encoder, *key, *words;
} words[] = {
    { "libx264", "preset", PRESETS },
    { "libx264rgb", "preset", PRESETS },
    { "libx265", "preset", PRESETS },
    { "libx264", "tune", TUNES },
    { "libx264rgb", "tune", TUNES },
    { "libx265", "tune", "psnr, ssim, grain, fastdecode, zerolatency, animation" },
    { "libx264", "profile", "baseline, main, high, high10, high422, high444" },
    { "libx264rgb", "profile", "high444" },
    { "libx265", "profile",
      "main, main10, main12, main-intra, main10-intra, main422-10, main444-8, "
      "main444-10, main444-12, mainstillpicture" },
};

/* Whether the first n characters of `word` are one of the list's words. */
static bool is_listed(const char *list, const char *word, size_t n)
{
    for (const char *p = list; *p; p += strcspn(p, " "), p += strspn(p, " "))
        if (strcspn(p, ",") == n && strncmp(p, word, n) == 0)
            return true;
    return false;
}

/* x264's tunes may be joined: "film,fastdecode". */
static bool all_listed(const char *list, const char *value, bool joined)
{
    if (!joined)
        return is_listed(list, value, strlen(value));
    bool ok = *value != '\0';
    for (const char *p = value; ok && *p; p += strspn(p, ",./-+")) {
        const size_t n = strcspn(p, ",./-+");
        ok = is_listed(list, p, n);
        p += n;
    }
    return ok;
}

static rs_status check_word(const AVCodec *codec, const char *key, const char *value, rs_err *err)
{
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        const struct words *w = &words[i];
        if (strcmp(codec->name, w->encoder) != 0 || strcmp(key, w->key) != 0 ||
            all_listed(w->words, value, strcmp(key, "tune") == 0))
            continue;
        return RS_FAIL(err, RS_E_INVALID, "encoder '%s' has no %s '%s'; it has: %s", codec->name,
                       key, value, w->words);
    }
    return RS_OK;
}

static rs_status check_value(const AVCodec *codec, const char *key, const char *value, rs_err *err)
{
    RS_TRY(check_word(codec, key, value, err));
    AVCodecContext *enc = avcodec_alloc_context3(codec);
    if (!enc)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for encoder '%s'", codec->name);
    const rs_status s = try_option(enc, key, value, err);
    avcodec_free_context(&enc);
    return s;
}

rs_status rs_encoder_option_check(const AVCodec *codec, const char *key, const char *value,
                                  rs_err *err)
{
    const char *why = why_ours(key);
    if (why)
        return RS_FAIL(err, RS_E_INVALID, "'%s' cannot be set here: %s", key, why);
    return check_value(codec, key, value, err);
}

rs_status rs_encoder_crf_check(const AVCodec *codec, rs_err *err)
{
    const rs_encoder_ways *w = rs_encoder_ways_of(codec);
    if (w->quality == RS_QUALITY_CRF)
        return RS_OK;
    return RS_FAIL(err, RS_E_INVALID, "encoder '%s' has no crf%s", codec->name,
                   w->quality == RS_QUALITY_WEBP
                       ? ": 'encode.quality' and 'encode.lossless' say how it writes"
                       : ": delete it");
}

rs_status rs_encoder_preset_check(const AVCodec *codec, const char *preset, rs_err *err)
{
    return check_value(codec, "preset", preset, err);
}

static rs_status set_quality(AVCodecContext *enc, const rs_sink_options *o, rs_err *err)
{
    const rs_encoder_ways *w = rs_encoder_ways_of(enc->codec);
    if (w->quality == RS_QUALITY_WEBP) {
        enc->global_quality = o->quality * FF_QP2LAMBDA;
        av_opt_set_int(enc->priv_data, "lossless", o->lossless, 0);
    } else if (o->crf >= 0 && av_opt_find(enc->priv_data, "crf", NULL, 0, 0)) {
        enc->bit_rate = 0;
        const int e = av_opt_set_double(enc->priv_data, "crf", o->crf, 0);
        if (e < 0)
            return rs_av_fail(err, RS_E_INVALID, e, "encoder '%s' does not take crf %d",
                              enc->codec->name, o->crf);
    } else if (o->crf >= 0 && w->quality == RS_QUALITY_CRF) {
        const int q = 1 + o->crf / 9;
        enc->flags |= AV_CODEC_FLAG_QSCALE;
        enc->global_quality = FF_QP2LAMBDA * q;
        RS_DEBUG(o->log, "encoder '%s' has no crf: crf %d becomes quantiser %d", enc->codec->name,
                 o->crf, q);
    }
    return RS_OK;
}

/* A list of parameters within one option goes on where ours ends. */
static int add(AVDictionary **dict, const rs_pair *pair)
{
    const size_t n = strlen(pair->key), tail = strlen("-params");
    if (n > tail && strcmp(pair->key + n - tail, "-params") == 0 &&
        av_dict_get(*dict, pair->key, NULL, 0))
        av_dict_set(dict, pair->key, ":", AV_DICT_APPEND);
    else
        av_dict_set(dict, pair->key, NULL, 0);
    return av_dict_set(dict, pair->key, pair->value, AV_DICT_APPEND);
}

rs_status rs_encoder_options_set(AVCodecContext *enc, const rs_sink_options *o, AVDictionary **dict,
                                 rs_err *err)
{
    const rs_encoder_ways *w = rs_encoder_ways_of(enc->codec);
    const rs_pair *pairs = o->encoder_options.at;
    RS_TRY(set_quality(enc, o, err));
    if (o->preset)
        RS_TRY(rs_encoder_preset_check(enc->codec, o->preset, err));
    int e = o->preset ? av_dict_set(dict, "preset", o->preset, 0) : 0;
    if (e >= 0 && w->options)
        e = av_dict_parse_string(dict, w->options, "=", ":", 0);
    for (size_t i = 0; i < o->encoder_options.n && e >= 0; i++) {
        RS_TRY(rs_encoder_option_check(enc->codec, pairs[i].key, pairs[i].value, err));
        e = add(dict, &pairs[i]);
    }
    return e < 0 ? RS_FAIL(err, RS_E_NOMEM, "no memory for encoder '%s'", enc->codec->name) : RS_OK;
}
