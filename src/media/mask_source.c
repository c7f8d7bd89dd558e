#include "media/mask_source.h"

#include <string.h>

#include "base/fs.h"
#include "base/mem.h"
#include "media/folder.h"
#include "media/mask.h"

struct rs_mask_source {
    const rs_inpaint_spec *spec;
    rs_timeline timeline; /* of the frames, but for what changes pixels */
    rs_source *film;    /* of masks; NULL for alpha, color, and folders by name */
    bool still;         /* one picture for all frames */
    rs_arena *arena;
    rs_folder folder;   /* n 0: no folder */
    rs_frame frame;     /* the latest of film, or a picture of the folder */
    int64_t n_read;     /* of film */
    rs_mask raw;        /* as it was read */
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
    rs_arena_close(&s->arena);
    rs_free(s);
    *source = NULL;
}

static rs_status open_path(rs_mask_source *s, const rs_source_options *options, rs_err *err)
{
    const char *path = s->spec->mask;
    if (rs_is_dir(path)) {
        s->arena = rs_arena_open(0);
        if (!s->arena)
            return RS_FAIL(err, RS_E_NOMEM, "no memory to open '%s'", path);
        RS_TRY(rs_folder_list(s->arena, path, options->recursive, &s->folder, err));
    }
    rs_source_options o = *options;
    if (o.timeline) {
        s->timeline = *o.timeline;
        s->timeline.filters = (rs_filters_spec){ 0 };
        s->timeline.exec.command = NULL;
        o.timeline = &s->timeline;
    }
    RS_TRY(rs_source_open_with(path, &o, &s->film, err));
    s->still = rs_source_get_info(s->film)->kind == RS_SOURCE_STILL;
    return RS_OK;
}

rs_status rs_mask_source_open(const rs_inpaint_spec *spec, const rs_source_options *options,
                              rs_mask_source **source, rs_err *err)
{
    rs_mask_source *s = rs_calloc(sizeof(*s));
    if (!s)
        return RS_FAIL(err, RS_E_NOMEM, "no memory to open a mask");
    s->spec = spec;
    rs_status status = RS_OK;
    if (!is_word(spec, RS_MASK_ALPHA) && !is_word(spec, RS_MASK_COLOR))
        status = open_path(s, options, err);
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

static rs_status read_named(rs_mask_source *s, const rs_frame *frame, rs_err *err)
{
    const char *found;
    RS_TRY(find_named(s, frame->name, &found, err));
    const rs_arena_mark mark = rs_arena_save(s->arena);
    const char *path = rs_path_join(s->arena, s->spec->mask, found);
    rs_image_release(&s->frame.image);
    const rs_status status = path ? rs_image_read(path, &s->frame.image, err)
                                  : RS_FAIL(err, RS_E_NOMEM, "no memory to open a mask");
    rs_arena_rewind(s->arena, mark);
    return status;
}

static rs_status read_next(rs_mask_source *s, const rs_frame *frame, rs_err *err)
{
    bool end = false;
    while (s->still ? s->n_read == 0 : s->n_read <= frame->index) {
        RS_TRY(rs_source_next(s->film, &s->frame, &end, err));
        if (end)
            return RS_FAIL(err, RS_E_NOTFOUND, "'%s' has masks for %lld frames only: give as many as the "
                           "input has frames, or one picture for all", s->spec->mask, (long long)s->n_read);
        s->n_read++;
    }
    return RS_OK;
}

static rs_status make_raw(rs_mask_source *s, const rs_frame *frame, rs_err *err)
{
    const bool round = !s->spec->params.soft.enabled;
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
    if (s->folder.n && frame->name)
        RS_TRY(read_named(s, frame, err));
    else
        RS_TRY(read_next(s, frame, err));
    return rs_mask_from_image(&s->raw, &s->frame.image, round, err);
}

rs_status rs_mask_source_next(rs_mask_source *s, const rs_frame *frame, rs_mask *mask, rs_err *err)
{
    const rs_inpaint_spec *spec = s->spec;
    RS_TRY(make_raw(s, frame, err));
    RS_TRY(rs_mask_resize(mask, &s->raw, frame->image.width, frame->image.height, RS_RESIZE_STRETCH,
                          RS_FILTER_LANCZOS, err));
    if (spec->mode == RS_MASK_NOT_MASKED)
        rs_mask_invert(mask);
    return rs_mask_blur(mask, spec->blur_x < 0 ? spec->blur : spec->blur_x,
                        spec->blur_y < 0 ? spec->blur : spec->blur_y, err);
}
