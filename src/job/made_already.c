#define _POSIX_C_SOURCE 200809L
#include "job/made_already.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/fs.h"
#include "base/strbuf.h"
#include "infotext/infotext.h"
#include "job/identity.h"
#include "job/made_pictures.h"
#include "media/folder.h"
#include "media/video_text.h"
#include "pipe/video_text_make.h"
#include "stage/styles.h"

/* Deeper folders are a loop of links. */
enum { MAX_DEPTH = 16 };

struct look {
    rs_arena *arena;
    struct timespec when; /* the output was made */
    bool newer;
};

static bool changed_after(rs_arena *arena, const char *path, const struct timespec *when, int depth);

static bool folder_changed_after(rs_arena *arena, const char *path, const struct timespec *when, int depth)
{
    DIR *dir = depth < MAX_DEPTH ? opendir(path) : NULL;
    bool changed = !dir;
    for (const struct dirent *e; !changed && (e = readdir(dir));) {
        const rs_arena_mark mark = rs_arena_save(arena);
        const char *sub = rs_path_join(arena, path, e->d_name);
        changed = e->d_name[0] != '.' && (!sub || changed_after(arena, sub, when, depth + 1));
        rs_arena_rewind(arena, mark);
    }
    if (dir)
        closedir(dir);
    return changed;
}

/* What cannot be looked at may have changed. */
static bool changed_after(rs_arena *arena, const char *path, const struct timespec *when, int depth)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return true;
    if (S_ISDIR(st.st_mode))
        return folder_changed_after(arena, path, when, depth);
    return rs_time_is_before(when, &st.st_mtim);
}

static rs_status look_at(void *cookie, const char *name, const char *path, rs_err *err)
{
    struct look *l = cookie;
    (void)name;
    (void)err;
    l->newer = l->newer || changed_after(l->arena, path, &l->when, 0);
    return RS_OK;
}

/* Of a folder of frames only those: outputs may lie beside them. */
static bool input_changed_after(rs_arena *arena, const rs_pipeline_spec *spec, const struct timespec *when)
{
    rs_folder list;
    if (!rs_is_dir(spec->input))
        return changed_after(arena, spec->input, when, 0);
    bool changed = rs_folder_list(arena, spec->input, spec->recursive, &list, NULL) != RS_OK;
    for (size_t i = 0; !changed && i < list.n; i++) {
        const rs_arena_mark mark = rs_arena_save(arena);
        const char *path = rs_path_join(arena, list.path, list.entries[i].name);
        changed = !path || changed_after(arena, path, when, 0);
        rs_arena_rewind(arena, mark);
    }
    return changed;
}

static bool reads_newer(rs_arena *arena, const rs_pipeline_spec *spec, const struct timespec *when)
{
    struct look l = { arena, *when, input_changed_after(arena, spec, when) };
    return rs_identity_files(spec, look_at, &l, NULL) != RS_OK || l.newer;
}

static bool video_is_made(rs_arena *arena, const rs_pipeline_spec *spec, const char *text,
                          struct timespec *when)
{
    struct stat st;
    const char *there = NULL;
    if (stat(spec->output, &st) != 0 || !S_ISREG(st.st_mode) ||
        rs_video_text_read(arena, spec->output, &there, NULL) != RS_OK)
        return false;
    *when = st.st_mtim;
    return there && strcmp(there, text) == 0;
}

/* spec: as the runner writes it, with the styles in the prompts. */
static bool is_made(rs_arena *arena, const rs_pipeline_spec *spec, rs_sink_kind kind,
                    const rs_stop *stop, struct timespec *when, int64_t *n_frames)
{
    rs_strbuf text;
    rs_strbuf_init(&text, RS_INFOTEXT_MAX_BYTES);
    bool made;
    if (kind == RS_SINK_VIDEO)
        made = rs_video_text_make(&text, spec, NULL) == RS_OK &&
               video_is_made(arena, spec, rs_strbuf_str(&text), when);
    else
        made = rs_pipeline_text_make(&text, spec, NULL) == RS_OK &&
               rs_made_pictures(arena, spec, kind, rs_strbuf_str(&text), stop, when, n_frames);
    rs_strbuf_release(&text);
    return made;
}

bool rs_made_already(const rs_pipeline_spec *spec, bool still, const rs_stop *stop, int64_t *n_frames)
{
    rs_pipeline_spec styled = *spec;
    rs_sink_kind kind;
    struct timespec when;
    int64_t n = *n_frames;
    rs_arena *arena = rs_arena_open(1 << 14);
    const bool made = arena && rs_sink_kind_of(spec->output, still, &kind, NULL) == RS_OK &&
                      rs_styles_resolve(arena, &styled.img2img, NULL) == RS_OK &&
                      is_made(arena, &styled, kind, stop, &when, &n) && !reads_newer(arena, spec, &when);
    if (made)
        *n_frames = n;
    rs_arena_close(&arena);
    return made;
}
