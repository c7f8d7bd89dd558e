/* A sink is a video file, a folder of pictures, or one picture. */
#define _POSIX_C_SOURCE 200809L
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fs.h"
#include "base/mem.h"
#include "media/av_out.h"
#include "media/codecs.h"
#include "media/frame_chain.h"
#include "media/media.h"
#include "media/still_encode.h"

struct rs_sink {
    rs_sink_kind kind;
    rs_av_out *video;
    rs_arena *arena;
    const char *path, *temp, *text, *pipeline;
    uint8_t *data; /* RS_SINK_PICTURE: the file's bytes, until commit */
    size_t size;
    rs_still_options still;
    rs_picture_format format; /* of pictures in a folder */
    bool overwrite, many;
    const rs_log *log;
    bool told_alpha; /* that transparency is lost */
    int64_t n_frames;
    rs_frame_chain *chain; /* NULL: none */
    rs_frame made;         /* behind it */
    int64_t n_made;
};

void rs_sink_options_from(rs_sink_options *options, const rs_source_info *info)
{
    *options = (rs_sink_options){
        .width = info->width,
        .height = info->height,
        .rate = info->rate,
        .time_base = info->time_base,
        .sample_aspect = info->sample_aspect,
        .primaries = info->primaries,
        .transfer = info->transfer,
        .matrix = info->matrix,
        .full_range = info->full_range,
        .alpha = info->alpha,
        .plays = info->plays,
        .bits = info->depth > 8 ? 16 : 8,
        .crf = -1,
        .copy_from = info->kind == RS_SOURCE_VIDEO ? info->path : NULL,
        .cut = info->cut,
        .copy = RS_COPY_AUDIO | RS_COPY_SUBTITLES | RS_COPY_METADATA,
        .still = info->kind == RS_SOURCE_STILL,
        .quality = 80,
    };
}

static bool is_picture(const char *path, bool still)
{
    const rs_picture_format f = rs_picture_format_of(path);
    if (f == RS_PICTURE_PNG)
        return strcasecmp(rs_path_ext(path), ".png") == 0;
    return still || f != RS_PICTURE_WEBP;
}

rs_status rs_sink_kind_of(const char *path, bool still, rs_sink_kind *kind, rs_err *err)
{
    const size_t n = strlen(path);
    if (n == 0)
        return RS_FAIL(err, RS_E_INVALID, "the output path is empty");
    const char *ext = rs_path_ext(path);
    if (path[n - 1] == '/' || rs_is_dir(path) || ext[0] == '\0') {
        *kind = RS_SINK_FOLDER;
    } else if (is_picture(path, still)) {
        *kind = RS_SINK_PICTURE;
    } else {
        const AVOutputFormat *format;
        RS_TRY(rs_container_of(path, &format, err));
        *kind = RS_SINK_VIDEO;
    }
    return RS_OK;
}

/* A folder's is hidden, so nobody takes it for a frame. */
const char *rs_sink_temp_path(rs_arena *arena, const char *path, rs_sink_kind kind)
{
    if (kind == RS_SINK_FOLDER)
        path = rs_path_join(arena, path, ".frame.png");
    return path ? rs_temp_path(arena, path) : NULL;
}

/* Any visible entry counts: a folder of something else is not to be mixed up. */
static bool folder_is_empty(const char *path)
{
    DIR *d = opendir(path);
    bool empty = true;
    for (const struct dirent *e; d && empty && (e = readdir(d));)
        empty = e->d_name[0] == '.';
    if (d)
        closedir(d);
    return empty;
}

rs_status rs_sink_check_free(const char *path, rs_err *err)
{
    const bool folder = rs_is_dir(path);
    if (folder ? folder_is_empty(path) : access(path, F_OK) != 0)
        return RS_OK;
    return RS_FAIL(err, RS_E_IO, "'%s' %s: choose another name, or allow it with 'overwrite: true'", path,
                   folder ? "is not empty" : "exists already");
}

static rs_status open_folder(rs_sink *s, rs_err *err)
{
    RS_TRY(rs_make_dirs(s->path, err));
    if (!s->overwrite)
        RS_TRY(rs_sink_check_free(s->path, err));
    if (access(s->path, W_OK | X_OK) != 0)
        return rs_err_sys(err, errno, "cannot write into the folder '%s'", s->path);
    return RS_OK;
}

static rs_status open_picture(rs_sink *s, rs_err *err)
{
    if (!s->overwrite && !s->many)
        RS_TRY(rs_sink_check_free(s->path, err));
    const char *dir = rs_path_dir(s->arena, s->path);
    if (!dir)
        return RS_FAIL(err, RS_E_NOMEM, "no memory to write '%s'", s->path);
    RS_TRY(rs_make_dirs(dir, err));
    if (access(dir, W_OK | X_OK) != 0)
        return rs_err_sys(err, errno, "cannot create '%s'", s->path);
    return RS_OK;
}

/* The chain, and what it makes of the options. */
static rs_status open_chain(rs_sink *s, rs_sink_options *o, rs_err *err)
{
    if (!o->timeline)
        return RS_OK;
    /* of a video it is known, unless filters have made some */
    const bool alpha = o->alpha || !o->copy_from || rs_frame_chain_has(o->timeline, RS_CHAIN_BEFORE);
    rs_stage_format f = { o->width, o->height, o->rate, o->time_base, o->sample_aspect, alpha };
    RS_TRY(rs_frame_chain_open(o->timeline, RS_CHAIN_AFTER, &f, o->log, o->stop, &s->chain, err));
    o->width = f.width;
    o->height = f.height;
    o->rate = f.rate;
    o->time_base = f.time_base;
    o->sample_aspect = f.sample_aspect;
    return RS_OK;
}

static rs_status open_all(rs_sink *s, const char *path, const rs_sink_options *o, rs_err *err)
{
    s->log = o->log;
    RS_TRY(rs_sink_kind_of(path, o->still, &s->kind, err));
    if (s->kind == RS_SINK_VIDEO)
        return rs_av_out_open(path, o, &s->video, err);
    s->arena = rs_arena_open(8192);
    s->path = s->arena ? rs_arena_strdup(s->arena, path) : NULL;
    s->temp = s->arena ? rs_sink_temp_path(s->arena, path, s->kind) : NULL;
    s->text = s->arena && o->text ? rs_arena_strdup(s->arena, o->text) : NULL;
    s->pipeline = s->arena && o->pipeline ? rs_arena_strdup(s->arena, o->pipeline) : NULL;
    if (!s->path || !s->temp || (o->text && !s->text) || (o->pipeline && !s->pipeline))
        return RS_FAIL(err, RS_E_NOMEM, "no memory to write '%s'", path);
    s->overwrite = o->overwrite;
    s->many = o->many && s->kind == RS_SINK_PICTURE;
    s->still =
        (rs_still_options){ .quality = o->quality, .lossless = o->lossless, .bits = o->bits };
    s->format = o->picture_format;
    return s->kind == RS_SINK_FOLDER ? open_folder(s, err) : open_picture(s, err);
}

rs_status rs_sink_open(const char *path, const rs_sink_options *options, rs_sink **sink,
                       rs_err *err)
{
    rs_sink *s = rs_calloc(sizeof(*s));
    if (!s)
        return RS_FAIL(err, RS_E_NOMEM, "no memory to write '%s'", path);
    rs_sink_options o = *options;
    rs_status status = open_chain(s, &o, err);
    if (status == RS_OK)
        status = open_all(s, path, &o, err);
    if (status == RS_OK)
        *sink = s;
    else
        rs_sink_close(&s, false, NULL);
    return status;
}

/* Of the sink's pictures; path: one of them. */
static rs_picture_format format_of(const rs_sink *s, const char *path)
{
    return s->kind == RS_SINK_FOLDER ? s->format : rs_picture_format_of(path);
}

static rs_status encode(const rs_sink *s, const char *path, const rs_frame *frame, uint8_t **data,
                        size_t *size, rs_err *err)
{
    rs_still_options o = s->still;
    o.text = (rs_picture_text){ frame->text ? frame->text : s->text, s->pipeline };
    return rs_still_encode(format_of(s, path), &frame->image, &o, data, size, err);
}

static rs_status write_picture(const rs_sink *s, const char *path, const rs_frame *frame, rs_err *err)
{
    uint8_t *data = NULL;
    size_t size = 0;
    RS_TRY(encode(s, path, frame, &data, &size, err));
    const rs_status status = rs_write_file_by(s->temp, path, data, size, err);
    rs_free(data);
    return status;
}

int rs_sink_bits(const rs_sink *sink, const rs_frame *frame)
{
    if (sink->chain)
        return 16;
    if (frame->image.alpha)
        return 16; /* what lies over white is taken off it: rs_pixels_to_samples */
    if (sink->kind == RS_SINK_VIDEO)
        return rs_av_out_bits(sink->video);
    const rs_picture_format f = format_of(sink, sink->path);
    return (f == RS_PICTURE_PNG || f == RS_PICTURE_TIFF) && sink->still.bits == 16 ? 16 : 8;
}

/* "a/b.png" -> "a/b.jpg" */
static const char *with_ext(rs_arena *arena, const char *name, const char *ext)
{
    const size_t stem = (size_t)(rs_path_ext(name) - name);
    char *p = rs_arena_alloc(arena, stem + strlen(ext) + 1);
    if (p) {
        memcpy(p, name, stem);
        memcpy(p + stem, ext, strlen(ext) + 1);
    }
    return p;
}

const char *rs_sink_frame_name(rs_arena *arena, const rs_frame *frame, rs_picture_format format)
{
    const char *name = frame->file_name ? frame->file_name : frame->png_name;
    char numbered[64];
    if (name && format == RS_PICTURE_PNG)
        return name;
    snprintf(numbered, sizeof(numbered), "frame_%06" PRId64 ".png", frame->index + 1);
    return with_ext(arena, name ? name : numbered, rs_picture_format_ext(format));
}

static rs_status write_into_folder(rs_sink *s, const rs_frame *frame, rs_err *err)
{
    const rs_arena_mark mark = rs_arena_save(s->arena);
    const char *base = s->many ? rs_path_dir(s->arena, s->path) : s->path;
    const char *name = s->many ? frame->file_name : rs_sink_frame_name(s->arena, frame, s->format);
    const char *path = base && name ? rs_path_join(s->arena, base, name) : NULL;
    const char *dir = path ? rs_path_dir(s->arena, path) : NULL;
    rs_status status = dir ? rs_make_dirs(dir, err) : RS_FAIL(err, RS_E_NOMEM, "no memory to write a frame");
    if (status == RS_OK)
        status = write_picture(s, path, frame, err);
    rs_arena_rewind(s->arena, mark);
    return status;
}

/* Once, when a frame is transparent and the output cannot be. */
static void tell_alpha(rs_sink *s, const rs_frame *frame)
{
    const bool held = s->kind == RS_SINK_VIDEO ? rs_av_out_has_alpha(s->video)
                                               : format_of(s, s->path) != RS_PICTURE_JPEG;
    if (!frame->image.alpha || held || s->told_alpha)
        return;
    s->told_alpha = true;
    if (s->kind == RS_SINK_VIDEO)
        RS_WARN(
            s->log,
            "the source's transparency is lost, over white: a folder of pictures, .webm, .apng or "
            "a .mov with 'encode.codec: prores_ks' would keep it (.gif one bit of it)");
    else
        RS_WARN(
            s->log,
            "the source's transparency is lost, over white: JPEG has none, PNG, WebP and TIFF do");
}

static rs_status write_made(rs_sink *s, const rs_frame *frame, rs_err *err)
{
    tell_alpha(s, frame);
    if (s->kind == RS_SINK_VIDEO)
        return rs_av_out_write(s->video, frame, err);
    if (s->kind == RS_SINK_PICTURE && !s->many && s->n_frames > 0)
        return RS_FAIL(err, RS_E_INVALID,
                       "'%s' is one picture, but there are more frames: name a folder or a video",
                       s->path);
    RS_TRY(s->kind == RS_SINK_FOLDER || s->many
               ? write_into_folder(s, frame, err)
               : encode(s, s->path, frame, &s->data, &s->size, err));
    s->n_frames++;
    return RS_OK;
}

/* frame: NULL: no more come. */
static rs_status write_through(rs_sink *s, const rs_frame *frame, rs_err *err)
{
    RS_TRY(rs_frame_chain_push(s->chain, frame, err));
    for (;;) {
        bool got;
        RS_TRY(rs_frame_chain_pull(s->chain, &s->made, &got, err));
        if (!got)
            break;
        s->made.index = s->n_made++;
        RS_TRY(write_made(s, &s->made, err));
    }
    return RS_OK;
}

/* The last picture of a folder once more, with their number. */
static rs_status mark_last(rs_sink *s, rs_err *err)
{
    enum { MARK = 64 };
    if (s->kind != RS_SINK_FOLDER || !s->pipeline || s->n_frames == 0)
        return RS_OK;
    const size_t n = strlen(s->pipeline);
    char *marked = rs_arena_alloc(s->arena, n + MARK);
    if (!marked)
        return RS_FAIL(err, RS_E_NOMEM, "no memory to write '%s'", s->path);
    memcpy(marked, s->pipeline, n);
    snprintf(marked + n, MARK, RS_SINK_LAST_OF, s->n_frames);
    s->pipeline = marked;
    return write_into_folder(s, &s->made, err);
}

/* No more frames come. */
static rs_status end_chain(rs_sink *s, rs_err *err)
{
    RS_TRY(write_through(s, NULL, err));
    return mark_last(s, err);
}

rs_status rs_sink_write(rs_sink *s, const rs_frame *frame, rs_err *err)
{
    return s->chain ? write_through(s, frame, err) : write_made(s, frame, err);
}

rs_status rs_sink_close(rs_sink **sink, bool commit, rs_err *err)
{
    if (!sink || !*sink)
        return RS_OK;
    rs_sink *s = *sink;
    rs_status status = commit && s->chain ? end_chain(s, err) : RS_OK;
    commit = commit && status == RS_OK;
    rs_frame_chain_close(&s->chain);
    rs_frame_release(&s->made);
    const rs_status closed = rs_av_out_close(&s->video, commit, err);
    status = status == RS_OK ? closed : status;
    if (commit && s->data)
        status = rs_write_file_by(s->temp, s->path, s->data, s->size, err);
    rs_free(s->data);
    rs_arena_close(&s->arena);
    rs_free(s);
    *sink = NULL;
    return status;
}
