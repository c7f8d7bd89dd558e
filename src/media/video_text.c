#include "media/video_text.h"

#include <string.h>

#include "media/av_util.h"

/* mp4 and mov know no others; Matroska and AVI have the first. */
static const char *const keys[] = { "comment", "description", "synopsis" };
enum { N_KEYS = sizeof(keys) / sizeof(keys[0]) };

const char *rs_video_text_pipeline(const char *text)
{
    const char *at = strstr(text, RS_VIDEO_TEXT_MARK);
    return at ? at + strlen(RS_VIDEO_TEXT_MARK) : NULL;
}

static const char *find(const AVDictionary *tags, size_t i)
{
    const AVDictionaryEntry *e = av_dict_get(tags, keys[i], NULL, 0);
    return e ? e->value : NULL;
}

bool rs_video_text_put(AVDictionary **tags, const char *text)
{
    size_t at = N_KEYS;
    for (size_t i = N_KEYS; i-- > 0;)
        if (!find(*tags, i))
            at = i;
    for (size_t i = 0; i < N_KEYS; i++)
        if (find(*tags, i) && rs_video_text_pipeline(find(*tags, i)))
            at = i;
    return at < N_KEYS && av_dict_set(tags, keys[at], text, 0) >= 0;
}

rs_status rs_video_text_read(rs_arena *arena, const char *path, const char **text, rs_err *err)
{
    AVFormatContext *fmt = NULL;
    *text = NULL;
    RS_TRY(rs_av_open_input(path, NULL, &fmt, err));
    bool nomem = false;
    for (size_t i = 0; i < N_KEYS && !*text; i++) {
        const char *value = find(fmt->metadata, i);
        if (value && rs_video_text_pipeline(value))
            nomem = !(*text = rs_arena_strdup(arena, value));
    }
    avformat_close_input(&fmt);
    return nomem ? RS_FAIL(err, RS_E_NOMEM, "no memory to read '%s'", path) : RS_OK;
}
