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
    int64_t scene;
    uint32_t crc, chain_crc;
    size_t chain;     /* as name: its journal's, in which what it hands on is kept */
    bool scene_last;
    bool has_chain;   /* and that is there, after rs_done_frames_check */
    bool usable;      /* the file is there, undamaged, and the loop can go on from it */
} rs_done_frame;

/* Zero it before the first use. */
typedef struct rs_done_frames {
    rs_done_frame *at; /* by index, each once, after rs_done_frames_sort */
    size_t n;
    rs_strbuf names;   /* one behind the other, each with its zero */
} rs_done_frames;

/* Adds every frame of a journal; of two with one index the later one counts. chain: where what
 * its frames hand on is kept, for rs_chain_path. */
rs_status rs_done_frames_add(rs_done_frames *d, const uint8_t *journal, size_t size, const char *chain,
                             rs_err *err);
void rs_done_frames_release(rs_done_frames *d);
void rs_done_frames_sort(rs_done_frames *d);

/* Looks at every file in `dir`; *damaged of them are not what the journal says. chained: every
 * frame depends on the one before it in its scene, and only those count from which that can go
 * on. After sort. */
rs_status rs_done_frames_check(rs_done_frames *d, const char *dir, bool chained, int64_t *damaged,
                               rs_err *err);

/* The usable frame of that index, or NULL. */
const rs_done_frame *rs_done_frames_find(const rs_done_frames *d, int64_t index);
int64_t rs_done_frames_usable(const rs_done_frames *d);
const char *rs_done_frames_name(const rs_done_frames *d, const rs_done_frame *frame);
const char *rs_done_frames_chain(const rs_done_frames *d, const rs_done_frame *frame);
/* The last frame whose chain is there, of those kept in `chain`; -1: none. */
int64_t rs_done_frames_chain_at(const rs_done_frames *d, const char *chain);

/* The file of what a frame hands on, "CHAIN-0" or "CHAIN-1": the two newest ones of a journal take
 * turns. NULL: no memory. */
const char *rs_chain_path(rs_arena *arena, const char *chain, int64_t index);

#endif
