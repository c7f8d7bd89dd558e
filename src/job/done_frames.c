#include "job/done_frames.h"

#include <stdlib.h>
#include <string.h>

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

/* Where the text begins in names. */
static size_t add_name(rs_done_frames *d, const char *text, size_t len)
{
    const size_t at = d->names.len;
    rs_strbuf_add(&d->names, text, len);
    rs_strbuf_add(&d->names, "", 1);
    return at;
}

rs_status rs_done_frames_add(rs_done_frames *d, const uint8_t *journal, size_t size, const char *chain,
                             rs_err *err)
{
    rs_record r;
    rs_done_frame *newest[2] = { NULL, NULL }; /* whose chains were not overwritten by later ones */
    if (d->names.max == 0)
        rs_strbuf_init(&d->names, NAMES_MAX);
    RS_TRY(reserve(d, journal, size, err));
    const size_t chain_name = add_name(d, chain, strlen(chain));
    for (size_t pos = 0; rs_record_next(journal, size, &pos, &r);) {
        if (r.kind != RS_RECORD_FRAME)
            continue;
        rs_done_frame *f = &d->at[d->n];
        *f = (rs_done_frame){ .index = r.index, .order = d->n, .size = r.size, .width = (int)r.width,
                              .height = (int)r.height, .scene = r.scene, .crc = r.crc,
                              .chain_crc = r.chain_crc, .chain = chain_name, .scene_last = r.scene_last,
                              .name = add_name(d, r.text, r.len) };
        if (r.has_chain)
            newest[r.index % 2] = f;
        d->n++;
    }
    for (int i = 0; i < 2; i++)
        if (newest[i])
            newest[i]->has_chain = true;
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

const char *rs_done_frames_chain(const rs_done_frames *d, const rs_done_frame *frame)
{
    return rs_strbuf_str(&d->names) + frame->chain;
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

const char *rs_chain_path(rs_arena *arena, const char *chain, int64_t index)
{
    const size_t n = strlen(chain);
    char *path = rs_arena_alloc(arena, n + sizeof("-0"));
    if (path) {
        memcpy(path, chain, n);
        memcpy(path + n, index % 2 ? "-1" : "-0", sizeof("-0"));
    }
    return path;
}

/* Two of each journal claim theirs to be there. */
static void find_chains(rs_done_frames *d, rs_arena *arena)
{
    rs_chain chain = { 0 };
    for (size_t i = 0; i < d->n; i++) {
        rs_done_frame *f = &d->at[i];
        const rs_arena_mark mark = rs_arena_save(arena);
        const char *path = f->has_chain ? rs_chain_path(arena, rs_done_frames_chain(d, f), f->index) : NULL;
        f->has_chain = path && rs_chain_read(path, f->index, f->chain_crc, &chain, NULL) == RS_OK;
        rs_arena_rewind(arena, mark);
    }
    rs_image_release(&chain.previous);
}

/* The end of the frames from `first` that follow each other in one scene. */
static size_t run_end(const rs_done_frames *d, size_t first)
{
    size_t i = first + 1;
    while (i < d->n && d->at[i].usable && !d->at[i - 1].scene_last &&
           d->at[i].index == d->at[i - 1].index + 1)
        i++;
    return i;
}

/* Behind frames that do not end their scene another one is to be made, of what the last one hands
 * on; where that is not there, they are made anew up to it. Those behind such a gap are as good as
 * they were, because the same comes out again. */
static void follow_chains(rs_done_frames *d)
{
    for (size_t first = 0, end; first < d->n; first = end) {
        end = d->at[first].usable ? run_end(d, first) : first + 1;
        if (d->at[end - 1].scene_last)
            continue;
        for (size_t i = end; i-- > first && !d->at[i].has_chain;)
            d->at[i].usable = false;
    }
}

int64_t rs_done_frames_chain_at(const rs_done_frames *d, const char *chain)
{
    int64_t at = -1;
    for (size_t i = 0; i < d->n; i++)
        if (d->at[i].usable && d->at[i].has_chain && strcmp(rs_done_frames_chain(d, &d->at[i]), chain) == 0)
            at = d->at[i].index;
    return at;
}

rs_status rs_done_frames_check(rs_done_frames *d, const char *dir, bool chained, int64_t *damaged,
                               rs_err *err)
{
    rs_arena *arena = rs_arena_open(0);
    if (!arena)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for the names of frames");
    for (size_t i = 0; i < d->n; i++) {
        const rs_arena_mark mark = rs_arena_save(arena);
        const char *path = rs_path_join(arena, dir, rs_done_frames_name(d, &d->at[i]));
        d->at[i].usable = path && is_undamaged(path, &d->at[i]);
        rs_arena_rewind(arena, mark);
    }
    *damaged = (int64_t)d->n - rs_done_frames_usable(d);
    if (chained) {
        find_chains(d, arena);
        follow_chains(d);
    }
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
