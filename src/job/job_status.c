/* The journals of a job are read without its lock: the whole job's own, and its shards'. */
#define _POSIX_C_SOURCE 200809L
#include "job/job_status.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/err.h"
#include "base/fs.h"
#include "job/done_frames.h"
#include "job/job_clean.h"
#include "job/lock.h"
#include "pipe/job_dir.h"
#include "restyle/job.h"

enum { RECENT = 20, MAX_PARTS = 4096 };

/* One journal and its lock. */
typedef struct job_part {
    int shard, shards;         /* 0: of the whole job */
    const char *path;
    bool running, done;
    char who[128];
    int64_t began, n_frames;   /* of the last run, and of the clip as that found it */
    int64_t recent[RECENT], n; /* milliseconds of the frames of the last run that made any */
    bool fresh;                /* the last run has not made any yet */
    char error[512];           /* that ended it, or "" */
} job_part;

struct report {
    rs_arena *arena;
    rs_strbuf *text;
    const char *dir;
    job_part *parts; /* [MAX_PARTS] */
    int n_parts;
    rs_done_frames frames;
};

static void take_record(job_part *p, const rs_record *r)
{
    switch (r->kind) {
    case RS_RECORD_BEGIN:
        p->began = r->when;
        p->n_frames = r->n_frames;
        p->fresh = true;
        p->error[0] = '\0';
        p->done = false;
        break;
    case RS_RECORD_FRAME:
        p->n = p->fresh ? 0 : p->n;
        p->fresh = false;
        p->recent[p->n++ % RECENT] = r->milliseconds;
        break;
    case RS_RECORD_ERROR: snprintf(p->error, sizeof(p->error), "%.*s", (int)r->len, r->text); break;
    case RS_RECORD_DONE: p->done = true; break;
    case RS_RECORD_JOB:
    case RS_RECORD_KEY: break;
    }
}

/* "journal" with "lock", "shard-1-of-2.journal" with "shard-1-of-2.lock". */
static rs_status read_part(struct report *r, const char *name, job_part *p, rs_err *err)
{
    rs_map map;
    rs_record record;
    char lock[64] = "lock";
    if (sscanf(name, "shard-%6d-of-%6d", &p->shard, &p->shards) == 2)
        snprintf(lock, sizeof(lock), "shard-%d-of-%d.lock", p->shard, p->shards);
    const char *path = rs_path_join(r->arena, r->dir, name);
    const char *lock_path = rs_path_join(r->arena, r->dir, lock);
    if (!path || !lock_path)
        return RS_FAIL(err, RS_E_NOMEM, "no memory to read '%s'", r->dir);
    RS_TRY(rs_map_open(path, &map, err));
    for (size_t pos = 0; rs_record_next(map.data, map.size, &pos, &record);)
        take_record(p, &record);
    const rs_status s = rs_done_frames_add(&r->frames, map.data, map.size, path, err);
    rs_map_close(&map);
    p->path = path;
    p->running = rs_lock_is_held(lock_path, p->who);
    return s;
}

static rs_status read_parts(struct report *r, rs_err *err)
{
    DIR *dir = opendir(r->dir);
    rs_status s = RS_OK;
    for (const struct dirent *e; dir && s == RS_OK && r->n_parts < MAX_PARTS && (e = readdir(dir));)
        if (rs_is_journal_name(e->d_name))
            s = read_part(r, e->d_name, &r->parts[r->n_parts++], err);
    if (dir)
        closedir(dir);
    rs_done_frames_sort(&r->frames);
    return s;
}

/* Frames a second, by the mean of the last ones, since scenes differ. */
static double rate_of(const job_part *p)
{
    const int64_t n = p->n < RECENT ? p->n : RECENT;
    int64_t sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += p->recent[i];
    return sum > 0 ? (double)n * 1000 / (double)sum : 0;
}

static const job_part *last_part(const struct report *r)
{
    const job_part *last = NULL;
    for (int i = 0; i < r->n_parts; i++)
        if (!last || r->parts[i].began > last->began)
            last = &r->parts[i];
    return last;
}

static void put_duration(rs_strbuf *sb, double seconds)
{
    const int64_t s = (int64_t)(seconds + 0.5);
    rs_strbuf_printf(sb, "%" PRId64 ":%02d:%02d", s / 3600, (int)(s / 60 % 60), (int)(s % 60));
}

static void put_time_left(struct report *r, int64_t left, bool running, double rate)
{
    char clock[64] = "";
    struct tm tm;
    const time_t at = time(NULL) + (time_t)((double)left / rate);
    rs_strbuf_printf(r->text, "left     ");
    put_duration(r->text, (double)left / rate);
    if (running && localtime_r(&at, &tm) && strftime(clock, sizeof(clock), "%Y-%m-%d %H:%M", &tm))
        rs_strbuf_printf(r->text, ", until about %s", clock);
    rs_strbuf_puts(r->text, running ? "\n" : " once it goes on\n");
}

static void put_progress(struct report *r, bool running)
{
    const job_part *last = last_part(r);
    const int64_t n = (int64_t)r->frames.n, all = last->n_frames;
    double rate = 0;
    for (int i = 0; i < r->n_parts; i++) /* shards add up */
        rate += r->parts[i].running ? rate_of(&r->parts[i]) : 0;
    if (!running)
        rate = rate_of(last);
    rs_strbuf_printf(r->text, "frames   %" PRId64, n);
    if (all > 0)
        rs_strbuf_printf(r->text, " of %" PRId64 " (%.1f %%)", all, 100.0 * (double)n / (double)all);
    rs_strbuf_puts(r->text, "\n");
    if (rate > 0)
        rs_strbuf_printf(r->text, "rate     %.2f s a frame\n", 1 / rate);
    if (rate > 0 && all > n)
        put_time_left(r, all - n, running, rate);
}

static void put_state(struct report *r, bool running)
{
    const job_part *last = last_part(r);
    const bool all = last->n_frames > 0 && (int64_t)r->frames.n >= last->n_frames;
    const char *stopped = last->done       ? "finished"
                          : last->error[0] ? "failed"
                          : !last->shards  ? "interrupted"
                          : all            ? "all frames are made, `restyle join` is left"
                                           : "waits for shards";
    rs_strbuf_printf(r->text, "job      %s\nstate    %s", r->dir, running ? "running" : stopped);
    for (int i = 0; i < r->n_parts; i++)
        if (r->parts[i].running)
            rs_strbuf_printf(r->text, ", %s%s", r->parts[i].who, r->parts[i].shards ? " (a shard)" : "");
    rs_strbuf_puts(r->text, "\n");
}

static void put_shards(struct report *r)
{
    for (int i = 0; i < r->n_parts; i++) {
        const job_part *p = &r->parts[i];
        int64_t n = 0;
        for (size_t k = 0; p->shards > 0 && k < r->frames.n; k++)
            n += strcmp(rs_done_frames_chain(&r->frames, &r->frames.at[k]), p->path) == 0;
        if (p->shards > 0)
            rs_strbuf_printf(r->text, "shard    %d of %d: %" PRId64 " frame%s%s\n", p->shard, p->shards, n,
                             n == 1 ? "" : "s", p->running ? ", running" : "");
    }
}

static rs_status describe(struct report *r, rs_err *err)
{
    bool running = false;
    r->parts = RS_NEW_N(r->arena, job_part, MAX_PARTS);
    if (!r->parts)
        return RS_FAIL(err, RS_E_NOMEM, "no memory to read '%s'", r->dir);
    RS_TRY(read_parts(r, err));
    if (r->n_parts == 0)
        return RS_FAIL(err, RS_E_NOTFOUND, "'%s' has no journal: nothing of the job is done yet", r->dir);
    for (int i = 0; i < r->n_parts; i++)
        running = running || r->parts[i].running;
    put_state(r, running);
    put_progress(r, running);
    put_shards(r);
    for (int i = 0; i < r->n_parts; i++)
        if (r->parts[i].error[0])
            rs_strbuf_printf(r->text, "error    %s\n", r->parts[i].error);
    return r->text->failed ? RS_FAIL(err, RS_E_NOMEM, "no memory to describe '%s'", r->dir) : RS_OK;
}

/* NAME.job itself, or that of an output. */
static const char *find_dir(rs_arena *arena, const char *path)
{
    const char *ext = rs_path_ext(path);
    if (strcmp(ext, ".job") == 0 && rs_is_dir(path))
        return path;
    return rs_job_dir(arena, path, ext[0] == '\0' || rs_is_dir(path) || path[strlen(path) - 1] == '/');
}

rs_status rs_job_status_put(const char *path, rs_strbuf *text, rs_err *err)
{
    struct report r = { .arena = rs_arena_open(1 << 14), .text = text };
    rs_status s = RS_OK;
    r.dir = r.arena && path[0] ? find_dir(r.arena, path) : NULL;
    if (!r.dir)
        s = RS_FAIL(err, RS_E_NOTFOUND, "there is no job of '%s'", path);
    else if (rs_is_dir(r.dir))
        s = describe(&r, err);
    else if (rs_is_dir(path) || rs_is_file(path))
        rs_strbuf_printf(text, "state    '%s' is there, and no job of it\n", path);
    else
        s = RS_FAIL(err, RS_E_NOTFOUND, "there is neither '%s' nor a job of it", path);
    rs_done_frames_release(&r.frames);
    rs_arena_close(&r.arena);
    return s;
}
