#include "media/mask_source.h"

#include <math.h>
#include <string.h>

#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "media/folder.h"
#include "media/mask.h"
#include "media/mask_filter.h"

struct rs_mask_source {
    const rs_inpaint_spec *spec;
    const rs_log *log;
    rs_timeline timeline; /* of film */
    rs_source *film;    /* of masks; NULL for alpha, color, and folders */
    bool still;         /* one picture for all frames */
    rs_arena *arena;
    rs_folder folder;   /* n 0: no folder */
    rs_frame frame;     /* the latest of film, or a picture of the folder */
    int64_t n_read;     /* of film, with those passed over at its start */
    int64_t raw_of;     /* source_index of the frame that has it; -1: there is none */
    rs_mask raw;        /* as it was read */
    rs_size size;       /* of the input's frames; */
    rs_rational aspect; /* and of their pixels */
    rs_mask_filter *filter; /* NULL: frames keep their places */
    rs_mask fitted, moved; /* of those frames' size, and behind the filter */
};

static bool is_word(const rs_inpaint_spec *spec, const char *word)
{
    return strcmp(spec->mask, word) == 0;
}

void rs_mask_source_close(rs_mask_source **source)
{
    if (!source || !*source)
        return;
    rs_mask_source *s = *source;
    rs_source_close(&s->film);
    rs_frame_release(&s->frame);
    rs_mask_release(&s->raw);
    rs_mask_release(&s->fitted);
    rs_mask_release(&s->moved);
    rs_mask_filter_close(&s->filter);
    rs_arena_close(&s->arena);
    rs_free(s);
    *source = NULL;
}

static rs_status open_folder(rs_mask_source *s, const rs_source_options *options, rs_err *err)
{
    s->arena = rs_arena_open(0);
    if (!s->arena)
        return RS_FAIL(err, RS_E_NOMEM, "no memory to open '%s'", s->spec->mask);
    return rs_folder_list(s->arena, s->spec->mask, options->recursive, &s->folder, err);
}

/* A film from the first mask on that is needed. */
static rs_status open_film(rs_mask_source *s, const rs_source_options *options, int64_t first, rs_err *err)
{
    const rs_source_options o = { .timeline = &s->timeline, .numbered = true, .log = options->log,
                                  .stop = options->stop };
    s->timeline.deinterlace = options->timeline->deinterlace;
    if (first > 0)
        s->timeline.range.start = (rs_moment){ RS_MOMENT_FRAME, first };
    s->n_read = first;
    RS_TRY(rs_source_open_with(s->spec->mask, &o, &s->film, err));
    s->still = rs_source_get_info(s->film)->kind == RS_SOURCE_STILL;
    return RS_OK;
}

/* What the program behind the filters makes of the size is its own. */
static rs_status open_filter(rs_mask_source *s, const rs_timeline *t, const rs_source_info *frames,
                             rs_err *err)
{
    const rs_stage_format f = { s->size.width, s->size.height, frames->rate, frames->time_base, s->aspect,
                                false };
    const bool resized = t->exec.command && t->exec.when == RS_EXEC_BEFORE && t->exec.size.width > 0;
    if (!t->filters.before)
        return RS_OK;
    RS_TRY(rs_mask_filter_open(t->filters.before, &f, &s->filter, err));
    const rs_size size = rs_mask_filter_size(s->filter);
    if (resized || (size.width == frames->width && size.height == frames->height))
        return RS_OK;
    return RS_FAIL(err, RS_E_INVALID, "masks cannot follow filters.before, which makes frames of %dx%d: "
                   "filter the clip beforehand, and make masks of the result", frames->width, frames->height);
}

static rs_status open_path(rs_mask_source *s, const rs_source_options *options, const rs_source_info *frames,
                           rs_err *err)
{
    s->log = options->log;
    s->size = (rs_size){ frames->file_width, frames->file_height };
    s->aspect = frames->file_aspect;
    RS_TRY(rs_is_dir(s->spec->mask) ? open_folder(s, options, err)
                                    : open_film(s, options, frames->first, err));
    return open_filter(s, options->timeline, frames, err);
}

rs_status rs_mask_source_open(const rs_inpaint_spec *spec, const rs_source_options *options,
                              const rs_source_info *frames, rs_mask_source **source, rs_err *err)
{
    rs_mask_source *s = rs_calloc(sizeof(*s));
    if (!s)
        return RS_FAIL(err, RS_E_NOMEM, "no memory to open a mask");
    s->spec = spec;
    s->raw_of = -1;
    rs_status status = RS_OK;
    if (!is_word(spec, RS_MASK_ALPHA) && !is_word(spec, RS_MASK_COLOR))
        status = open_path(s, options, frames, err);
    if (status == RS_OK)
        *source = s;
    else
        rs_mask_source_close(&s);
    return status;
}

static size_t stem_length(const char *name)
{
    return (size_t)(rs_path_ext(name) - name);
}

/* The folder's file for a frame of this name. */
static rs_status find_named(const rs_mask_source *s, const char *frame, const char **found, rs_err *err)
{
    const size_t n = stem_length(frame);
    for (size_t i = 0; i < s->folder.n; i++) {
        *found = s->folder.entries[i].name;
        if (stem_length(*found) == n && memcmp(*found, frame, n) == 0)
            return RS_OK;
    }
    return RS_FAIL(err, RS_E_NOTFOUND, "'%s' has no mask: there is no '%.*s.png' or .jpg in '%s'", frame,
                   (int)n, frame, s->spec->mask);
}

rs_status rs_mask_source_check(const rs_mask_source *s, const rs_source *frames, rs_err *err)
{
    const char *name, *found;
    for (size_t i = 0; s->folder.n && (name = rs_source_name(frames, i)) != NULL; i++)
        RS_TRY(find_named(s, name, &found, err));
    return RS_OK;
}

static rs_status too_few(const rs_mask_source *s, int64_t n, rs_err *err)
{
    return RS_FAIL(err, RS_E_NOTFOUND, "'%s' has masks for %lld frames only: give as many as the input has "
                   "frames, or one picture for all", s->spec->mask, (long long)n);
}

/* By name where the frame has one, else by number. */
static rs_status read_entry(rs_mask_source *s, const rs_frame *frame, rs_err *err)
{
    const char *found;
    if (frame->name)
        RS_TRY(find_named(s, frame->name, &found, err));
    else if (frame->source_index < (int64_t)s->folder.n)
        found = s->folder.entries[frame->source_index].name;
    else
        return too_few(s, (int64_t)s->folder.n, err);
    const rs_arena_mark mark = rs_arena_save(s->arena);
    const char *path = rs_path_join(s->arena, s->spec->mask, found);
    rs_image_release(&s->frame.image);
    const rs_status status = path ? rs_image_read(path, &s->frame.image, err)
                                  : RS_FAIL(err, RS_E_NOMEM, "no memory to open a mask");
    rs_arena_rewind(s->arena, mark);
    return status;
}

static rs_status read_film(rs_mask_source *s, const rs_frame *frame, rs_err *err)
{
    bool end = false;
    if (!s->still && frame->source_index + 1 < s->n_read)
        return RS_FAIL(err, RS_E_INVALID, "masks of a video follow frames in their order only, and "
                       "filters.before changes that: give a folder of masks");
    while (s->n_read <= (s->still ? 0 : frame->source_index)) {
        RS_TRY(rs_source_next(s->film, &s->frame, &end, err));
        if (end)
            return too_few(s, s->n_read, err);
        s->n_read++;
    }
    return RS_OK;
}

/* Once, for the first one: a mask of other pixels is usual, one of another shape an oversight. */
static void tell_shape(const rs_mask_source *s)
{
    const double a = (double)s->raw.width / s->raw.height, b = (double)s->size.width / s->size.height;
    const double seen = s->aspect.num > 0 ? b * s->aspect.num / s->aspect.den : b;
    if (fabs(a / b - 1) > 0.02 && fabs(a / seen - 1) > 0.02)
        RS_WARN(s->log, "the masks of '%s' have another shape (%dx%d) than the input's frames (%dx%d): they "
                "are stretched", s->spec->mask, s->raw.width, s->raw.height, s->size.width, s->size.height);
}

static rs_status make_raw(rs_mask_source *s, const rs_frame *frame, rs_err *err)
{
    const bool round = !s->spec->params.soft.enabled, first = s->raw_of < 0;
    uint8_t rgb[3] = { 0 };
    if (is_word(s->spec, RS_MASK_COLOR)) {
        if (!s->spec->color || !rs_parse_color(s->spec->color, rgb))
            return RS_FAIL(err, RS_E_INVALID, "inpaint.color is no colour as #rrggbb");
        return rs_mask_from_color(&s->raw, &frame->image, rgb, s->spec->color_tolerance, err);
    }
    if (is_word(s->spec, RS_MASK_ALPHA)) {
        RS_TRY(rs_mask_from_image(&s->raw, &frame->image, round, err));
        if (!frame->image.alpha) /* opaque all over */
            memset(s->raw.v, 255, (size_t)s->raw.width * (size_t)s->raw.height);
        return RS_OK;
    }
    if (!first && (s->still || s->raw_of == frame->source_index)) /* filters repeat frames */
        return RS_OK;
    RS_TRY(s->folder.n ? read_entry(s, frame, err) : read_film(s, frame, err));
    RS_TRY(rs_mask_from_image(&s->raw, &s->frame.image, round, err));
    s->raw_of = frame->source_index;
    if (first)
        tell_shape(s);
    return RS_OK;
}

/* *moved: where the frame's pixels are behind filters.before. */
static rs_status move(rs_mask_source *s, const rs_frame *frame, const rs_mask **moved, rs_err *err)
{
    *moved = &s->raw;
    if (!s->filter)
        return RS_OK;
    RS_TRY(rs_mask_resize(&s->fitted, &s->raw, s->size.width, s->size.height, RS_RESIZE_STRETCH,
                          RS_FILTER_LANCZOS, err));
    *moved = &s->moved;
    return rs_mask_filter_run(s->filter, &s->fitted, frame->pts, &s->moved, err);
}

rs_status rs_mask_source_next(rs_mask_source *s, const rs_frame *frame, rs_mask *mask, rs_err *err)
{
    const rs_inpaint_spec *spec = s->spec;
    const rs_mask *moved;
    RS_TRY(make_raw(s, frame, err));
    RS_TRY(move(s, frame, &moved, err));
    RS_TRY(rs_mask_resize(mask, moved, frame->image.width, frame->image.height, RS_RESIZE_STRETCH,
                          RS_FILTER_LANCZOS, err));
    if (spec->mode == RS_MASK_NOT_MASKED)
        rs_mask_invert(mask);
    return rs_mask_blur(mask, spec->blur_x < 0 ? spec->blur : spec->blur_x,
                        spec->blur_y < 0 ? spec->blur : spec->blur_y, err);
}
