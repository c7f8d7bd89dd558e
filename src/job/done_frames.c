#include "job/done_frames.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "job/chain.h"
#include "job/frame_store.h"

enum { NAMES_MAX = 1 << 30 };

/* Exactly what a journal adds: a table that grows by steps takes twice as much. */
static rs_status reserve(rs_done_frames *d, const uint8_t *journal, size_t size, rs_err *err)
{
    rs_record r;
    size_t n = d->n, bytes;
    for (size_t pos = 0; rs_record_next(journal, size, &pos, &r);)
        n += r.kind == RS_RECORD_FRAME;
    rs_done_frame *more = rs_mul_size(n, sizeof(*more), &bytes)
                              ? rs_realloc(d->at, d->n * sizeof(*more), bytes) : NULL;
    if (!more)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for a list of frames");
    d->at = more;
    return RS_OK;
}

rs_status rs_done_frames_add(rs_done_frames *d, const uint8_t *journal, size_t size, rs_err *err)
{
    rs_record r;
    if (d->names.max == 0)
        rs_strbuf_init(&d->names, NAMES_MAX);
    RS_TRY(reserve(d, journal, size, err));
    for (size_t pos = 0; rs_record_next(journal, size, &pos, &r);) {
        if (r.kind != RS_RECORD_FRAME)
            continue;
        d->at[d->n] = (rs_done_frame){ .index = r.index, .order = d->n, .size = r.size,
                                       .width = (int)r.width, .height = (int)r.height, .crc = r.crc,
                                       .chain_crc = r.chain_crc, .has_chain = r.has_chain,
                                       .name = d->names.len };
        rs_strbuf_add(&d->names, r.text, r.len);
        rs_strbuf_add(&d->names, "", 1);
        d->n++;
    }
    return d->names.failed ? RS_FAIL(err, RS_E_NOMEM, "no memory for a list of frames") : RS_OK;
}

void rs_done_frames_release(rs_done_frames *d)
{
    rs_free(d->at);
    rs_strbuf_release(&d->names);
    *d = (rs_done_frames){ 0 };
}

const char *rs_done_frames_name(const rs_done_frames *d, const rs_done_frame *frame)
{
    return rs_strbuf_str(&d->names) + frame->name;
}

static int by_index(const void *a, const void *b)
{
    const rs_done_frame *x = a, *y = b;
    if (x->index != y->index)
        return x->index < y->index ? -1 : 1;
    return x->order < y->order ? -1 : 1;
}

void rs_done_frames_sort(rs_done_frames *d)
{
    size_t n = 0;
    if (d->n)
        qsort(d->at, d->n, sizeof(*d->at), by_index);
    for (size_t i = 0; i < d->n; i++) {
        if (n > 0 && d->at[n - 1].index == d->at[i].index)
            n--;
        d->at[n++] = d->at[i];
    }
    d->n = n;
}

static bool is_undamaged(const char *path, const rs_done_frame *f)
{
    int64_t size;
    uint32_t crc;
    return rs_frame_store_sum(path, &size, &crc, NULL) == RS_OK && size == f->size && crc == f->crc;
}

const char *rs_chain_path(rs_arena *arena, const char *dir, int64_t index)
{
    return rs_path_join(arena, dir, index % 2 ? "chain-1" : "chain-0");
}

/* The last frame whose chain can be taken up. */
static int64_t find_chain(const rs_done_frames *d, rs_arena *arena, const char *dir)
{
    int64_t found = -1;
    rs_chain chain = { 0 };
    for (size_t i = d->n; i-- > 0 && found < 0;) {
        const rs_done_frame *f = &d->at[i];
        const char *path = f->has_chain && f->usable ? rs_chain_path(arena, dir, f->index) : NULL;
        if (path && rs_chain_read(path, f->index, f->chain_crc, &chain, NULL) == RS_OK)
            found = f->index;
    }
    rs_image_release(&chain.previous);
    return found;
}

/* The last frame up to `last` that must be made anew; -1: none. */
static int64_t last_gap(const rs_done_frames *d, int64_t last)
{
    int64_t next = last;
    for (size_t i = d->n; i-- > 0 && next >= 0;) {
        if (d->at[i].index > next)
            continue;
        if (d->at[i].index < next || !d->at[i].usable)
            return next;
        next--;
    }
    return next;
}

/* A damaged frame was made of the one before it, so all up to it are made once more; those
 * behind it are as good as they were, because the same comes out again. */
static void follow_chain(rs_done_frames *d, rs_arena *arena, const char *dir)
{
    const int64_t chain_at = find_chain(d, arena, dir), gap = last_gap(d, chain_at);
    for (size_t i = 0; i < d->n; i++)
        d->at[i].usable = d->at[i].usable && d->at[i].index > gap && d->at[i].index <= chain_at;
    d->chain_at = chain_at;
}

rs_status rs_done_frames_check(rs_done_frames *d, const char *dir, const char *chain_dir, int64_t *damaged,
                               rs_err *err)
{
    rs_arena *arena = rs_arena_open(0);
    if (!arena)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for the names of frames");
    d->chain_at = -1;
    for (size_t i = 0; i < d->n; i++) {
        const rs_arena_mark mark = rs_arena_save(arena);
        const char *path = rs_path_join(arena, dir, rs_done_frames_name(d, &d->at[i]));
        d->at[i].usable = path && is_undamaged(path, &d->at[i]);
        rs_arena_rewind(arena, mark);
    }
    *damaged = (int64_t)d->n - rs_done_frames_usable(d);
    if (chain_dir)
        follow_chain(d, arena, chain_dir);
    rs_arena_close(&arena);
    return RS_OK;
}

int64_t rs_done_frames_usable(const rs_done_frames *d)
{
    int64_t n = 0;
    for (size_t i = 0; i < d->n; i++)
        n += d->at[i].usable;
    return n;
}

const rs_done_frame *rs_done_frames_find(const rs_done_frames *d, int64_t index)
{
    size_t low = 0, high = d->n;
    while (low < high) {
        const size_t mid = low + (high - low) / 2;
        if (d->at[mid].index < index)
            low = mid + 1;
        else
            high = mid;
    }
    return low < d->n && d->at[low].index == index && d->at[low].usable ? &d->at[low] : NULL;
}
