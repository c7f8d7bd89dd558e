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
    return st.st_mtim.tv_sec > when->tv_sec ||
           (st.st_mtim.tv_sec == when->tv_sec && st.st_mtim.tv_nsec > when->tv_nsec);
}

static rs_status look_at(void *cookie, const char *name, const char *path, rs_err *err)
{
    struct look *l = cookie;
    (void)name;
    (void)err;
    l->newer = l->newer || changed_after(l->arena, path, &l->when, 0);
    return RS_OK;
}

static bool reads_newer(rs_arena *arena, const rs_pipeline_spec *spec, const struct timespec *when)
{
    struct look l = { arena, *when, changed_after(arena, spec->input, when, 0) };
    return rs_identity_files(spec, look_at, &l, NULL) != RS_OK || l.newer;
}

/* As the runner writes it: with the styles in the prompts. */
static bool tells_the_same(rs_arena *arena, const rs_pipeline_spec *spec)
{
    rs_pipeline_spec styled = *spec;
    const char *there = NULL;
    rs_strbuf text;
    rs_strbuf_init(&text, RS_INFOTEXT_MAX_BYTES);
    const bool same = rs_video_text_read(arena, spec->output, &there, NULL) == RS_OK && there &&
                      rs_styles_resolve(arena, &styled.img2img, NULL) == RS_OK &&
                      rs_video_text_make(&text, &styled, NULL) == RS_OK &&
                      strcmp(there, rs_strbuf_str(&text)) == 0;
    rs_strbuf_release(&text);
    return same;
}

bool rs_made_already(const rs_pipeline_spec *spec)
{
    struct stat st;
    rs_arena *arena = rs_arena_open(1 << 14);
    const bool made = arena && stat(spec->output, &st) == 0 && S_ISREG(st.st_mode) &&
                      tells_the_same(arena, spec) && !reads_newer(arena, spec, &st.st_mtim);
    rs_arena_close(&arena);
    return made;
}
