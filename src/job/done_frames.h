/* The frames that earlier runs of a job have left, and where this one goes on. */
#ifndef RS_JOB_DONE_FRAMES_H
#define RS_JOB_DONE_FRAMES_H

#include "base/arena.h"
#include "job/journal.h"

typedef struct rs_done_frame {
    int64_t index, size;
    int width, height;
    size_t order;     /* in the journals */
    size_t name;      /* of its file: where that begins in names */
    uint32_t crc, chain_crc;
    bool has_chain;
    bool usable;      /* the file is there, undamaged, and fits what comes before it */
} rs_done_frame;

/* Zero it before the first use. */
typedef struct rs_done_frames {
    rs_done_frame *at; /* by index, each once, after rs_done_frames_sort */
    size_t n;
    rs_strbuf names;   /* one behind the other, each with its zero */
    int64_t chain_at;  /* the frame whose chain is taken up; negative: none. Frames up to it that
                          are made anew keep theirs to themselves */
} rs_done_frames;

/* Adds every frame of a journal; of two with one index the later one counts. */
rs_status rs_done_frames_add(rs_done_frames *d, const uint8_t *journal, size_t size, rs_err *err);
void rs_done_frames_release(rs_done_frames *d);
void rs_done_frames_sort(rs_done_frames *d);

/* Looks at every file in `dir`; *damaged of them are not what the journal says. With chain_dir
 * every frame depends on the one before, and only those count from which the loop can go on.
 * After sort. */
rs_status rs_done_frames_check(rs_done_frames *d, const char *dir, const char *chain_dir, int64_t *damaged,
                               rs_err *err);

/* The usable frame of that index, or NULL. */
const rs_done_frame *rs_done_frames_find(const rs_done_frames *d, int64_t index);
int64_t rs_done_frames_usable(const rs_done_frames *d);
const char *rs_done_frames_name(const rs_done_frames *d, const rs_done_frame *frame);

/* Where a frame's chain is kept: the two newest ones take turns. NULL: no memory. */
const char *rs_chain_path(rs_arena *arena, const char *dir, int64_t index);

#endif
