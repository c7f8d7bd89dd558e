#define _POSIX_C_SOURCE 200809L
#include "job/made_pictures.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "media/folder.h"
#include "media/frame_chain.h"
#include "media/still_text.h"
#include "pipe/batch_names.h"

struct look {
    rs_arena *arena;
    const rs_pipeline_spec *spec;
    const char *pipeline;
    const rs_stop *stop;
    struct timespec oldest;
    int64_t n, n_last; /* pictures; those of them that say that they are the last */
};

/* last: what may follow the pipeline; NULL: nothing. */
static bool says(struct look *l, const char *text, const char *last)
{
    const size_t n = strlen(l->pipeline);
    if (!text || strncmp(text, l->pipeline, n) != 0)
        return false;
    const bool marked = last && strcmp(text + n, last) == 0;
    l->n_last += marked;
    return marked || !text[n];
}

/* path: NULL: no memory. */
static bool is_ours(struct look *l, const char *path, const char *last)
{
    struct stat st;
    rs_map map;
    rs_picture_text text;
    if (!path || stat(path, &st) != 0 || rs_map_open(path, &map, NULL) != RS_OK)
        return false;
    const bool ours = rs_still_text(l->arena, map.data, map.size, path, &text, NULL) == RS_OK &&
                      says(l, text.pipeline, last);
    rs_map_close(&map);
    if (l->n++ == 0 || rs_time_is_before(&st.st_mtim, &l->oldest))
        l->oldest = st.st_mtim;
    return ours;
}

static bool is_in_folder(struct look *l, const char *name, const char *last)
{
    const rs_arena_mark mark = rs_arena_save(l->arena);
    const bool ours = name && is_ours(l, rs_path_join(l->arena, l->spec->output, name), last);
    rs_arena_rewind(l->arena, mark);
    return ours;
}

static bool has_frame(struct look *l, const rs_frame *frame)
{
    return is_in_folder(l, rs_sink_frame_name(l->arena, frame, l->spec->encode.picture_format), NULL);
}

/* A picture for each frame of the source. */
static bool has_frames(struct look *l)
{
    const rs_source_options o = { .recursive = l->spec->recursive, .names_only = true,
                                  .timeline = &l->spec->timeline, .stop = l->stop };
    rs_source *source = NULL;
    rs_frame frame = { 0 };
    bool all = rs_source_open_with(l->spec->input, &o, &source, NULL) == RS_OK, end = false;
    const rs_source_info *info = all ? rs_source_get_info(source) : NULL;
    const bool numbered = all && (info->kind == RS_SOURCE_VIDEO || info->kind == RS_SOURCE_ANIMATION);
    if (numbered && info->n_frames_exact) {
        for (int64_t i = 0; all && i < info->n_frames; i++)
            all = has_frame(l, &(rs_frame){ .index = i });
    } else {
        while (all && !end) {
            all = rs_source_next(source, &frame, &end, NULL) == RS_OK;
            all = all && (end || has_frame(l, &frame));
        }
    }
    rs_frame_release(&frame);
    rs_source_close(&source);
    return all;
}

/* As many as the last one says: filters make frames of their own. */
static bool has_counted(struct look *l, const rs_folder *there)
{
    char last[64];
    bool all = true;
    snprintf(last, sizeof(last), RS_SINK_LAST_OF, (int64_t)there->n);
    for (size_t i = 0; all && i < there->n; i++)
        all = is_in_folder(l, there->entries[i].name, last);
    return all && l->n_last == 1;
}

static bool has_batch(struct look *l)
{
    bool all = true;
    for (int i = 0; all && i < rs_batch_files(&l->spec->batch); i++)
        all = is_ours(l, rs_batch_path(l->arena, l->spec, i), NULL);
    return all;
}

static bool has_all(struct look *l, rs_sink_kind kind)
{
    const bool batch = rs_batch_pictures(&l->spec->batch) > 1;
    rs_folder there;
    if (kind == RS_SINK_PICTURE)
        return batch ? has_batch(l) : is_ours(l, l->spec->output, NULL);
    if (rs_folder_list(l->arena, l->spec->output, true, &there, NULL) != RS_OK)
        return false;
    if (rs_frame_chain_has(&l->spec->timeline, RS_CHAIN_AFTER))
        return has_counted(l, &there);
    return (batch ? has_batch(l) : has_frames(l)) && l->n == (int64_t)there.n;
}

bool rs_made_pictures(rs_arena *arena, const rs_pipeline_spec *spec, rs_sink_kind kind,
                      const char *pipeline, const rs_stop *stop, struct timespec *oldest, int64_t *n)
{
    struct look l = { .arena = arena, .spec = spec, .pipeline = pipeline, .stop = stop };
    const bool all = has_all(&l, kind);
    *oldest = l.oldest;
    *n = l.n;
    return all;
}
