/* Keeping and fetching frames; opening, which is most of the work, is in job_open.c. */
#define _POSIX_C_SOURCE 200809L
#include "job/job_folder.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fs.h"
#include "job/frame_store.h"
#include "job/job_clean.h"
#include "pipe/job_dir.h"

rs_frame_plan rs_job_folder_plan(const rs_job_folder *f, const rs_frame *frame)
{
    const rs_job_options *o = &f->options;
    if (o->shards && (f->by_scene ? frame->scene : frame->index) % o->shards != o->shard - 1)
        return RS_FRAME_SKIP;
    if (rs_done_frames_find(&f->done, frame->index))
        return RS_FRAME_FETCH;
    return o->join ? RS_FRAME_MISSING : RS_FRAME_MAKE;
}

static rs_status no_memory(rs_err *err)
{
    return RS_FAIL(err, RS_E_NOMEM, "no memory for the name of a file");
}

void rs_made_frame_release(rs_made_frame *made)
{
    rs_image_release(&made->chain.previous);
    rs_strbuf_release(&made->text);
}

rs_status rs_job_folder_fetch(const rs_job_folder *f, rs_frame *frame, rs_made_frame *made, rs_chain *chain,
                              rs_err *err)
{
    const rs_done_frame *d = rs_done_frames_find(&f->done, frame->index);
    const rs_arena_mark mark = rs_arena_save(f->arena);
    const char *picture = rs_path_join(f->arena, f->frames_dir, rs_done_frames_name(&f->done, d));
    const char *chained = rs_chain_path(f->arena, rs_done_frames_chain(&f->done, d), d->index);
    const bool says = f->to_folder && f->spec->infotext.write; /* a video has no texts of frames */
    rs_status s = picture && chained ? RS_OK : no_memory(err);
    if (s == RS_OK && !f->in_place)
        s = rs_frame_store_read(picture, &frame->image, says ? &made->text : NULL, err);
    frame->text = made->text.len ? rs_strbuf_str(&made->text) : NULL;
    if (s == RS_OK && f->chained && d->has_chain)
        s = rs_chain_read(chained, d->index, d->chain_crc, chain, err);
    rs_arena_rewind(f->arena, mark);
    return s;
}

static rs_status keep_files(rs_job_folder *f, rs_frame *frame, const rs_made_frame *made, int bits,
                            rs_record *r, rs_err *err)
{
    const char *picture = rs_path_join(f->writer_arena, f->frames_dir, r->text);
    if (!picture)
        return no_memory(err);
    if (f->in_place)
        RS_TRY(rs_frame_store_sum(picture, &r->size, &r->crc, err));
    else
        RS_TRY(rs_frame_store_write(picture, &frame->image, bits, frame->text, &r->size, &r->crc, err));
    r->has_chain = f->chained && !frame->scene_last && frame->index > f->chain_at;
    if (!r->has_chain)
        return RS_OK;
    const char *chained = rs_chain_path(f->writer_arena, f->chain, frame->index);
    return chained ? rs_chain_write(chained, &made->chain, frame->index, &r->chain_crc, err) : no_memory(err);
}

rs_status rs_job_folder_keep(rs_job_folder *f, rs_frame *frame, const rs_made_frame *made, int bits,
                             rs_err *err)
{
    char number[32];
    snprintf(number, sizeof(number), "%08" PRId64 ".png", frame->index);
    const rs_arena_mark mark = rs_arena_save(f->writer_arena);
    const char *name = f->in_place
                           ? rs_sink_frame_name(f->writer_arena, frame, f->spec->encode.picture_format)
                           : number;
    if (!name)
        return no_memory(err);
    rs_record r = { .kind = RS_RECORD_FRAME, .index = frame->index, .seed = made->seed,
                    .width = frame->image.width, .height = frame->image.height,
                    .scene = frame->scene, .scene_last = frame->scene_last,
                    .milliseconds = (int64_t)(made->seconds * 1000), .text = name, .len = strlen(name) };
    rs_status s = keep_files(f, frame, made, bits, &r, err);
    r.when = (int64_t)time(NULL);
    if (s == RS_OK)
        s = rs_journal_add(&f->journal, &r, err);
    f->n_kept += s == RS_OK;
    rs_arena_rewind(f->writer_arena, mark);
    return s;
}

rs_status rs_job_folder_finish(rs_job_folder *f, rs_err *err)
{
    rs_record done = { .kind = RS_RECORD_DONE };
    if (!f->arena || f->options.shards)
        return RS_OK;
    if (!f->in_place)
        RS_TRY(rs_frame_store_sum_output(f->sink_path, &done.size, &done.crc, err));
    done.when = (int64_t)time(NULL);
    RS_TRY(rs_journal_add(&f->journal, &done, err));
    if (!f->to_folder)
        RS_TRY(rs_publish_file(f->sink_path, f->spec->output, err));
    f->finished = true;
    return RS_OK;
}

static bool tells_done(rs_arena *arena, const char *dir)
{
    const char *path = rs_path_join(arena, dir, "journal");
    rs_map map = { 0 };
    rs_record r;
    bool done = false;
    if (!path || rs_map_open(path, &map, NULL) != RS_OK)
        return false;
    for (size_t pos = 0; rs_record_next(map.data, map.size, &pos, &r);)
        if (r.kind == RS_RECORD_DONE || r.kind == RS_RECORD_BEGIN)
            done = r.kind == RS_RECORD_DONE;
    rs_map_close(&map);
    return done;
}

void rs_job_folder_forget(const char *output)
{
    rs_arena *arena = rs_arena_open(0);
    rs_lock lock = { 0 };
    char who[128];
    bool busy = true;
    const char *dir = arena ? rs_job_dir(arena, output, rs_is_dir(output)) : NULL;
    const char *path = dir && tells_done(arena, dir) ? rs_path_join(arena, dir, "lock") : NULL;
    if (path && rs_lock_try(&lock, path, RS_LOCK_ALONE, &busy, who, NULL) == RS_OK && !busy)
        rs_job_clean(dir, dir, RS_JOB_REST_NOTHING);
    rs_lock_release(&lock);
    rs_arena_close(&arena);
}

void rs_job_folder_close(rs_job_folder *f, const rs_err *cause)
{
    const bool whole = f->ours && !f->options.shards; /* nobody else is in there */
    if (f->journal.open && cause && cause->status != RS_OK && cause->status != RS_E_CANCELLED) {
        const rs_record r = { .kind = RS_RECORD_ERROR, .when = (int64_t)time(NULL), .text = cause->msg,
                              .len = strlen(cause->msg) };
        rs_journal_add(&f->journal, &r, NULL); /* on a full disk it is only said, not noted */
    }
    rs_journal_close(&f->journal);
    if (whole && f->finished && (!f->spec->keep_job || (!f->resumed && f->n_kept == 0)))
        rs_job_clean(f->dir, f->sink_path, f->options.keep_done ? RS_JOB_REST_JOURNAL : RS_JOB_REST_NOTHING);
    else if (whole && !f->finished && f->n_kept == 0 && f->done.n == 0)
        rs_job_clean(f->dir, f->sink_path, RS_JOB_REST_NOTHING);
    rs_done_frames_release(&f->done);
    rs_lock_release(&f->shard_lock);
    rs_lock_release(&f->lock);
    rs_arena_close(&f->writer_arena);
    rs_arena_close(&f->arena);
}
