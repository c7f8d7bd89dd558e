/* A source is one of three things: a list of picture files (a folder, or a list
 * of one for a still), an animated WebP, or a file that FFmpeg decodes. */
#include <string.h>

#include "base/arena.h"
#include "base/fs.h"
#include "base/mem.h"
#include "media/av_in.h"
#include "media/folder.h"
#include "media/frame_chain.h"
#include "media/media.h"
#include "media/reel.h"
#include "media/still.h"
#include "media/webp_anim.h"

struct rs_source {
    rs_source_info info;
    rs_av_in *av;       /* one of these two, or neither for picture files */
    rs_webp_anim *webp;
    rs_arena *arena;
    rs_folder list;
    rs_reel *reel;     /* NULL: all of it */
    const rs_stop *stop;
    bool whole;        /* the timeline asks for every frame, once */
    bool names_only;   /* frames come without their pictures */
    bool refuse_hdr;
    const rs_log *log;
    unsigned told;     /* 1 << rs_image_colours */
    size_t next, good; /* good: the latest picture that could be read */
    rs_image first;    /* that of the first one which open could read, until it is its turn */
};

void rs_frame_release(rs_frame *frame)
{
    rs_image_release(&frame->image);
    rs_mask_release(&frame->mask);
    *frame = (rs_frame){ 0 };
}

void rs_source_close(rs_source **source)
{
    if (!source || !*source)
        return;
    rs_source *s = *source;
    rs_reel_close(&s->reel);
    rs_av_in_close(&s->av);
    rs_webp_anim_close(&s->webp);
    rs_image_release(&s->first);
    rs_arena_close(&s->arena);
    rs_free(s);
    *source = NULL;
}

static const rs_source_info *whole_info(const rs_source *source)
{
    if (source->webp)
        return rs_webp_anim_info(source->webp);
    return source->av ? rs_av_in_info(source->av) : &source->info;
}

const rs_source_info *rs_source_get_info(const rs_source *source)
{
    return source->reel ? rs_reel_info(source->reel) : whole_info(source);
}

const char *rs_source_name(const rs_source *source, size_t i)
{
    return source->whole && i < source->list.n ? source->list.entries[i].name : NULL;
}

static bool is_hdr(rs_image_colours c)
{
    return c == RS_COLOURS_PQ || c == RS_COLOURS_HLG;
}

/* Of the picture or film `name`: tells of each kind once, or refuses it. */
static rs_status meet_colours(rs_source *s, const char *name, rs_image_colours c, rs_err *err)
{
    const char *what = s->av ? "video" : "picture";
    if (is_hdr(c) && s->refuse_hdr)
        return RS_FAIL(err, RS_E_UNSUPPORTED, "'%s' is HDR %s, which 'hdr: refuse' stops: make it SDR, or "
                       "set 'hdr: tonemap'", name, what);
    if (c == RS_COLOURS_SRGB || s->told & 1u << c)
        return RS_OK;
    s->told |= 1u << c;
    if (is_hdr(c))
        RS_WARN(s->log, "'%s' is HDR %s (%s): it is tone-mapped to SDR, whose colours the output has", name,
                what, c == RS_COLOURS_PQ ? "PQ" : "HLG");
    else if (c == RS_COLOURS_CONVERTED)
        RS_WARN(s->log, "'%s' has colours of its own (Display P3, or another profile): they are converted "
                "to sRGB, whose colours the output has", name);
    else
        RS_WARN(s->log, "'%s' has an ICC profile that is not read, its colours are taken for sRGB: convert "
                "it with another program first if they look wrong", name);
    return RS_OK;
}

static rs_status read_entry(rs_source *s, size_t i, rs_image *image, rs_err *err)
{
    const rs_arena_mark mark = rs_arena_save(s->arena);
    const char *path = rs_path_join(s->arena, s->list.path, s->list.entries[i].name);
    const rs_status status = path ? rs_image_read(path, image, err)
                                  : RS_FAIL(err, RS_E_NOMEM, "no memory to open a picture");
    rs_arena_rewind(s->arena, mark);
    return status;
}

static bool is_damage(rs_status s)
{
    return s == RS_E_CORRUPT || s == RS_E_FORMAT;
}

/* The first one that can be read; when none can, what is wrong with the first. */
static rs_status read_first(rs_source *s, rs_err *err)
{
    const rs_status status = read_entry(s, 0, &s->first, err);
    for (s->good = 0; is_damage(status) && s->good + 1 < s->list.n;)
        if (read_entry(s, ++s->good, &s->first, NULL) == RS_OK)
            return RS_OK;
    return status;
}

static rs_status read_or_hold(rs_source *s, size_t i, rs_image *image, bool *held, rs_err *err)
{
    const rs_status status = read_entry(s, i, image, err);
    *held = is_damage(status);
    if (*held)
        return read_entry(s, s->good, image, err);
    s->good = i;
    RS_TRY(status);
    return meet_colours(s, s->list.entries[i].name, image->colours, err);
}

/* A still is a list of one in its own folder. */
static rs_status list_still(rs_source *s, const char *path, rs_err *err)
{
    rs_folder_entry *e = RS_NEW(s->arena, rs_folder_entry);
    const char *name = rs_path_name(path);
    const size_t stem = (size_t)(rs_path_ext(name) - name);
    char *png = rs_arena_alloc(s->arena, stem + sizeof(".png"));
    s->list = (rs_folder){ .path = rs_path_dir(s->arena, path), .entries = e, .n = 1 };
    if (!e || !png || !s->list.path || !(e->name = rs_arena_strdup(s->arena, name)))
        return RS_FAIL(err, RS_E_NOMEM, "no memory to open '%s'", path);
    memcpy(png, name, stem);
    memcpy(png + stem, ".png", sizeof(".png"));
    e->png_name = png;
    return RS_OK;
}

static rs_status open_list(rs_source *s, const char *path, bool folder, const rs_source_options *o,
                           rs_err *err)
{
    s->arena = rs_arena_open(0);
    if (!s->arena)
        return RS_FAIL(err, RS_E_NOMEM, "no memory to open '%s'", path);
    s->info.path = rs_arena_strdup(s->arena, path);
    if (!s->info.path)
        return RS_FAIL(err, RS_E_NOMEM, "no memory to open '%s'", path);
    if (folder)
        RS_TRY(rs_folder_list(s->arena, path, o->recursive, &s->list, err));
    else
        RS_TRY(list_still(s, path, err));
    RS_TRY(read_first(s, err));
    RS_TRY(meet_colours(s, s->list.entries[s->good].name, s->first.colours, err));
    if (folder)
        rs_folder_tell_sizes(s->arena, &s->list, o->log);
    s->info.kind = folder ? RS_SOURCE_FOLDER : RS_SOURCE_STILL;
    s->info.width = s->first.width;
    s->info.height = s->first.height;
    s->info.rate = (rs_rational){ RS_DEFAULT_RATE, 1 };
    s->info.time_base = (rs_rational){ 1, RS_DEFAULT_RATE };
    s->info.sample_aspect = (rs_rational){ 0, 1 };
    s->info.n_frames = (int64_t)s->list.n;
    s->info.n_frames_exact = true;
    s->info.primaries = s->info.transfer = 2;
    s->info.depth = s->first.depth;
    s->info.alpha = s->first.alpha != NULL;
    return RS_OK;
}

static rs_image_colours colours_of(rs_hdr hdr)
{
    return hdr == RS_HDR_PQ ? RS_COLOURS_PQ : hdr == RS_HDR_HLG ? RS_COLOURS_HLG : RS_COLOURS_SRGB;
}

static rs_status open_file(rs_source *s, const char *path, const rs_source_options *o, rs_err *err)
{
    rs_map map;
    RS_TRY(rs_map_open(path, &map, err));
    const bool empty = map.size == 0;
    const rs_still_kind kind = rs_still_probe(map.data, map.size);
    rs_map_close(&map);
    if (empty)
        return RS_FAIL(err, RS_E_FORMAT, "'%s' is empty, expected a video or a picture", path);
    switch (kind) {
    case RS_STILL_PNG:
    case RS_STILL_JPEG: return open_list(s, path, false, o, err);
    case RS_STILL_WEBP_ANIM: return rs_webp_anim_open(path, &s->webp, err);
    case RS_STILL_NONE: break;
    }
    const rs_deinterlace fields = o->timeline ? o->timeline->deinterlace : RS_DEINTERLACE_AUTO;
    RS_TRY(rs_av_in_open(path, fields, o->log, o->stop, &s->av, err));
    const rs_source_info *info = rs_av_in_info(s->av);
    if (info->kind != RS_SOURCE_STILL)
        return meet_colours(s, path, colours_of(info->hdr), err);
    rs_av_in_close(&s->av); /* .webp, .tiff, .bmp: they keep their names, too */
    return open_list(s, path, false, o, err);
}

static rs_status next_of_whole(void *cookie, rs_frame *frame, bool *end, rs_err *err)
{
    rs_source *s = cookie;
    if (rs_stop_asked(s->stop))
        return RS_FAIL(err, RS_E_CANCELLED, "reading '%s' was stopped", whole_info(s)->path);
    if (s->av) {
        RS_TRY(rs_av_in_next(s->av, frame, end, err));
        return *end ? RS_OK : meet_colours(s, rs_av_in_info(s->av)->path, frame->image.colours, err);
    }
    if (s->webp)
        return rs_webp_anim_next(s->webp, frame, end, err);
    if (s->next == s->list.n) {
        *end = true;
        return RS_OK;
    }
    const size_t i = s->next;
    rs_image image = { 0 };
    bool held = false;
    if (i == s->good && s->first.rgb) {
        image = s->first;
        s->first = (rs_image){ 0 };
    } else if (!s->names_only) {
        RS_TRY(read_or_hold(s, i, &image, &held, err));
    }
    rs_image_release(&frame->image);
    *frame = (rs_frame){ .image = image,
                         .index = (int64_t)i,
                         .pts = (int64_t)i,
                         .duration = 1,
                         .held = held,
                         .name = s->list.entries[i].name,
                         .png_name = s->list.entries[i].png_name };
    *end = false;
    s->next++;
    return RS_OK;
}

/* A picture is one frame of its folder. */
static rs_status skip_to(void *cookie, rs_moment to, bool by_number, rs_err *err)
{
    rs_source *s = cookie;
    if (s->av)
        return rs_av_in_skip_to(s->av, to, by_number, err);
    if (!s->webp && to.kind == RS_MOMENT_FRAME)
        s->next = to.value < (int64_t)s->list.n ? (size_t)to.value : s->list.n;
    return RS_OK;
}

static rs_status time_of(void *cookie, int64_t n, int64_t *us, rs_err *err)
{
    const rs_source *s = cookie;
    return rs_av_in_time_of(s->av, n, us, err);
}

static bool is_whole(const rs_timeline *t)
{
    return t->range.start.kind == RS_MOMENT_NONE && t->range.end.kind == RS_MOMENT_NONE &&
           t->range.every <= 1 && t->fps.num == 0;
}

rs_status rs_source_open_with(const char *path, const rs_source_options *options, rs_source **source,
                              rs_err *err)
{
    rs_source *s = rs_calloc(sizeof(*s));
    if (!s)
        return RS_FAIL(err, RS_E_NOMEM, "no memory to open '%s'", path);
    s->stop = options->stop;
    s->refuse_hdr = options->refuse_hdr;
    s->log = options->log;
    rs_status status = rs_is_dir(path) ? open_list(s, path, true, options, err)
                                       : open_file(s, path, options, err);
    s->whole = !options->timeline || is_whole(options->timeline);
    s->names_only = options->names_only &&
                    !(options->timeline && rs_frame_chain_has(options->timeline, RS_CHAIN_BEFORE));
    if (s->names_only && s->av)
        rs_av_in_leave_pictures(s->av);
    const rs_reel_feed feed = { next_of_whole, skip_to, time_of, s, whole_info(s), options->numbered };
    if (status == RS_OK && options->timeline)
        status = rs_reel_open(options->timeline, feed, options->log, options->stop, &s->reel, err);
    if (status == RS_OK)
        *source = s;
    else
        rs_source_close(&s);
    return status;
}

rs_status rs_source_open(const char *path, const rs_log *log, rs_source **source, rs_err *err)
{
    return rs_source_open_with(path, &(rs_source_options){ .log = log }, source, err);
}

rs_status rs_source_next(rs_source *s, rs_frame *frame, bool *end, rs_err *err)
{
    if (s->reel)
        return rs_reel_next(s->reel, frame, end, err);
    RS_TRY(next_of_whole(s, frame, end, err));
    frame->source_index = frame->index;
    return RS_OK;
}
