/* Into a job's folder: lock it, read what is there, decide what is left to do. */
#define _POSIX_C_SOURCE 200809L
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fs.h"
#include "base/log.h"
#include "job/frame_store.h"
#include "job/identity.h"
#include "job/job_clean.h"
#include "job/job_folder.h"
#include "job/made_already.h"
#include "pipe/job_dir.h"

/* Tries of a tenth of a second: a whole job waits for no more than somebody who looks. */
enum { HEAD_MAX = 1 << 23, TRIES = 4, SHARD_TRIES = 50 };

struct opening {
    rs_job_folder *f;
    rs_strbuf head;     /* the identity of this run */
    const char *path;   /* of its own journal */
    bool own_there;
    size_t n_journals;
    bool has_done;      /* a record of the output's completion */
    rs_record last_done;
    int64_t n_damaged;  /* frames of the journals that are not what they were */
};

static rs_status no_memory(rs_err *err)
{
    return RS_FAIL(err, RS_E_NOMEM, "no memory for a job's folder");
}

/* "shard-2-of-8.lock" in the folder, or the plain name. */
static const char *own_path(const rs_job_folder *f, const char *plain, const char *ext)
{
    char name[64];
    if (f->options.shards)
        snprintf(name, sizeof(name), "shard-%d-of-%d%s", f->options.shard, f->options.shards, ext);
    else
        snprintf(name, sizeof(name), "%s", plain);
    return rs_path_join(f->arena, f->dir, name);
}

static rs_status make_paths(struct opening *o, rs_err *err)
{
    rs_job_folder *f = o->f;
    const char *output = f->spec->output;
    f->arena = rs_arena_open(1 << 14);
    f->writer_arena = rs_arena_open(0);
    f->dir = f->arena && f->writer_arena ? rs_job_dir(f->arena, output, f->to_folder) : NULL;
    if (!f->dir)
        return no_memory(err);
    f->shown = rs_path_name(f->dir);
    f->frames_dir = f->in_place ? output : rs_path_join(f->arena, f->dir, "frames");
    f->sink_path = f->to_folder ? output : rs_path_join(f->arena, f->dir, rs_path_name(output));
    f->chain = own_path(f, "chain", ".chain");
    o->path = own_path(f, "journal", ".journal");
    return f->frames_dir && f->sink_path && f->chain && o->path ? RS_OK : no_memory(err);
}

static rs_status in_use(const rs_job_folder *f, const char *who, rs_err *err)
{
    return RS_FAIL(err, RS_E_IO, "'%s' is being worked on by %s: wait for it, or stop it", f->shown,
                   who[0] ? who : "shards of this job");
}

static void wait_a_little(void)
{
    const struct timespec tenth = { 0, 100000000 };
    nanosleep(&tenth, NULL);
}

/* The main lock: alone for a whole job, and for a shard while it begins; a shard that begins
 * is waited for, since it takes a moment. */
static rs_status take_main_lock(rs_job_folder *f, rs_err *err)
{
    const char *path = rs_path_join(f->arena, f->dir, "lock");
    char who[128] = "";
    bool busy = true;
    if (!path)
        return no_memory(err);
    for (int i = 0; busy && i < (f->options.shards ? SHARD_TRIES : TRIES); i++) {
        if (rs_stop_asked(f->stop))
            return RS_FAIL(err, RS_E_CANCELLED, "stopped while '%s' was locked", f->shown);
        if (i)
            wait_a_little();
        rs_status s = RS_E_NOTFOUND;
        while (s == RS_E_NOTFOUND) { /* the one before us has just removed the folder */
            RS_TRY(rs_make_dirs(f->dir, err));
            s = rs_lock_try(&f->lock, path, RS_LOCK_ALONE, &busy, who, err);
        }
        RS_TRY(s);
        if (busy && f->options.shards)
            RS_TRY(rs_lock_try(&f->lock, path, RS_LOCK_SHARED, &busy, who, err));
    }
    return busy ? in_use(f, who, err) : RS_OK;
}

static rs_status take_shard_lock(rs_job_folder *f, rs_err *err)
{
    const char *path = own_path(f, "", ".lock");
    char who[128] = "";
    bool busy = false;
    if (!path)
        return no_memory(err);
    RS_TRY(rs_lock_try(&f->shard_lock, path, RS_LOCK_ALONE, &busy, who, err));
    return busy ? RS_FAIL(err, RS_E_IO, "shard %d of %d of '%s' is being made by %s", f->options.shard,
                          f->options.shards, f->shown, who)
                : RS_OK;
}

/* "chain" of "journal", "shard-2-of-8.chain" of "shard-2-of-8.journal". */
static const char *chain_of(rs_arena *arena, const char *journal)
{
    const size_t n = strlen(journal) - strlen("journal");
    char *chain = rs_arena_alloc(arena, n + sizeof("chain"));
    if (chain) {
        memcpy(chain, journal, n);
        memcpy(chain + n, "chain", sizeof("chain"));
    }
    return chain;
}

static rs_status read_journal(struct opening *o, const char *path, rs_err *err)
{
    const char *chain = chain_of(o->f->arena, path);
    rs_map map;
    rs_record r;
    if (!chain)
        return no_memory(err);
    RS_TRY(rs_map_open(path, &map, err));
    rs_status s = rs_identity_check(o->f->shown, map.data, map.size, &o->head, err);
    if (s == RS_OK)
        s = rs_done_frames_add(&o->f->done, map.data, map.size, chain, err);
    bool done = false; /* since its last beginning; shards complete nothing */
    for (size_t pos = 0; s == RS_OK && rs_record_next(map.data, map.size, &pos, &r);) {
        done = r.kind == RS_RECORD_DONE || (done && r.kind != RS_RECORD_BEGIN);
        if (r.kind == RS_RECORD_DONE)
            o->last_done = r;
    }
    o->has_done = o->has_done || done;
    rs_map_close(&map);
    o->n_journals++;
    o->own_there = o->own_there || strcmp(path, o->path) == 0;
    return s;
}

/* Whole jobs read all journals, shards as well: what another one has made is made. */
static rs_status read_journals(struct opening *o, rs_err *err)
{
    DIR *dir = opendir(o->f->dir);
    rs_status s = RS_OK;
    for (const struct dirent *e; dir && s == RS_OK && (e = readdir(dir));) {
        if (!rs_is_journal_name(e->d_name))
            continue;
        const char *path = rs_path_join(o->f->arena, o->f->dir, e->d_name);
        s = path ? read_journal(o, path, err) : no_memory(err);
    }
    if (dir)
        closedir(dir);
    rs_done_frames_sort(&o->f->done);
    return s;
}

static bool is_complete(const char *path, const rs_record *done)
{
    int64_t size;
    uint32_t crc;
    return (rs_is_file(path) || rs_is_dir(path)) &&
           rs_frame_store_sum_output(path, &size, &crc, NULL) == RS_OK && size == done->size &&
           crc == done->crc;
}

/* The output of a job that is done: in its place, or, after a crash at the very end, about to
 * be put there. */
static rs_status look_for_output(struct opening *o, rs_err *err)
{
    rs_job_folder *f = o->f;
    if (!o->has_done || f->options.shards)
        return RS_OK;
    if (f->in_place)
        f->finished = o->n_damaged == 0; /* what they handed on may be gone already */
    else
        f->finished = is_complete(f->spec->output, &o->last_done);
    if (f->finished && !f->to_folder)
        return rs_sync_file(f->spec->output, err);
    if (f->finished || f->to_folder || !is_complete(f->sink_path, &o->last_done))
        return RS_OK;
    f->finished = true;
    return rs_publish_file(f->sink_path, f->spec->output, err);
}

static rs_status check_files(struct opening *o, rs_err *err)
{
    rs_job_folder *f = o->f;
    RS_TRY(rs_done_frames_check(&f->done, f->frames_dir, f->chained, &o->n_damaged, err));
    f->chain_at = rs_done_frames_chain_at(&f->done, f->chain);
    if (o->n_damaged)
        RS_WARN(f->log, "%lld of the %zu frames in '%s' are missing or damaged: they are made anew",
                (long long)o->n_damaged, f->done.n, f->shown);
    return RS_OK;
}

/* Our own journal, and in it that we are here. */
static rs_status begin(struct opening *o, rs_err *err)
{
    rs_job_folder *f = o->f;
    char host[64] = "";
    gethostname(host, sizeof(host) - 1);
    if (!f->in_place)
        RS_TRY(rs_make_dirs(f->frames_dir, err));
    if (!o->own_there)
        RS_TRY(rs_write_file(o->path, rs_strbuf_str(&o->head), o->head.len, err));
    RS_TRY(rs_journal_open(&f->journal, o->path, err));
    const rs_record r = { .kind = RS_RECORD_BEGIN, .when = (int64_t)time(NULL), .n_frames = f->n_frames,
                          .pid = (int64_t)getpid(), .text = host, .len = strlen(host) };
    return rs_journal_add(&f->journal, &r, err);
}

static rs_status nothing_to_join(const rs_job_folder *f, rs_err *err)
{
    return RS_FAIL(err, RS_E_NOTFOUND, "there is no '%s' to join: run its shards first", f->shown);
}

/* With the main lock. */
static rs_status take_up(struct opening *o, rs_err *err)
{
    rs_job_folder *f = o->f;
    const bool alone = !f->options.shards, may_replace = f->spec->overwrite || f->options.restart;
    if (f->options.restart)
        rs_job_clean(f->dir, f->sink_path, RS_JOB_REST_LOCK);
    RS_TRY(read_journals(o, err));
    f->ours = true;
    f->resumed = o->n_journals > 0;
    f->finished = !f->resumed && !may_replace && !f->options.shards &&
                  rs_made_already(f->spec, false, f->stop, &f->n_frames);
    if (f->finished)
        return RS_OK;
    if (f->options.join && !f->resumed)
        return nothing_to_join(f, err);
    if (!f->resumed && !may_replace)
        RS_TRY(rs_sink_check_free(f->spec->output, err));
    if (!f->in_place) /* the frames may be gone already */
        RS_TRY(look_for_output(o, err));
    if (f->finished)
        return RS_OK;
    RS_TRY(check_files(o, err));
    if (f->in_place)
        RS_TRY(look_for_output(o, err));
    if (f->finished)
        return RS_OK;
    if (f->resumed && !f->to_folder && !may_replace)
        RS_TRY(rs_sink_check_free(f->spec->output, err)); /* it came while we were away */
    if (alone) {
        rs_job_clean_partial(f->dir);
        if (f->to_folder)
            rs_job_clean_output(f->spec->output);
    }
    return begin(o, err);
}

static rs_status open_locked(struct opening *o, rs_err *err)
{
    rs_job_folder *f = o->f;
    rs_status s = rs_identity_put(&o->head, f->spec, err);
    f->unreadable = s != RS_OK;
    RS_TRY(s);
    RS_TRY(take_main_lock(f, err));
    if (f->options.shards)
        RS_TRY(take_shard_lock(f, err));
    RS_TRY(take_up(o, err));
    if (f->options.shards)
        rs_lock_share(&f->lock);
    return RS_OK;
}

rs_status rs_job_folder_open(rs_job_folder *f, rs_err *err)
{
    struct opening o = { .f = f };
    rs_strbuf_init(&o.head, HEAD_MAX);
    rs_status s = make_paths(&o, err);
    if (s == RS_OK && f->options.join && !rs_is_dir(f->dir)) {
        f->finished = !f->spec->overwrite && rs_made_already(f->spec, false, f->stop, &f->n_frames);
        s = f->finished ? RS_OK : nothing_to_join(f, err);
    } else if (s == RS_OK) {
        s = open_locked(&o, err);
    }
    rs_strbuf_release(&o.head);
    return s;
}
