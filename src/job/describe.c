/* One job, or all that a pipeline or a folder of outputs stands for. */
#define _POSIX_C_SOURCE 200809L
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/natural.h"
#include "job/job_status.h"
#include "pipe/clips.h"
#include "pipe/job_dir.h"
#include "restyle/job.h"

enum { TEXT_MAX = 1 << 22, MAX_JOBS = 4096 };

/* One of several, behind a blank line. */
static rs_status put_one(const char *output, rs_strbuf *text, rs_err *err)
{
    if (text->len)
        rs_strbuf_puts(text, "\n");
    const rs_status s = rs_job_status_put(output, text, err);
    if (s != RS_E_NOTFOUND)
        return s;
    rs_strbuf_printf(text, "output   %s\nstate    not begun\n", output);
    return RS_OK;
}

static rs_status put_clips(rs_arena *arena, const rs_pipeline_spec *spec, rs_strbuf *text, rs_err *err)
{
    if (!spec->output)
        return RS_FAIL(err, RS_E_INVALID, "the pipeline has no output: name the one that you gave it");
    if (spec->inputs.n < 2)
        return put_one(spec->output, text, err);
    for (size_t i = 0; i < spec->inputs.n; i++) {
        rs_pipeline_spec one;
        if (!rs_clips_pick(arena, spec, i, &one))
            return RS_FAIL(err, RS_E_NOMEM, "no memory for the names of %zu clips", spec->inputs.n);
        RS_TRY(put_one(one.output, text, err));
    }
    return RS_OK;
}

static rs_status put_pipeline(rs_arena *arena, const char *path, rs_strbuf *text, rs_err *err)
{
    const rs_pipeline_source source = { .path = path, .partial = true };
    rs_pipeline *pipeline = NULL;
    RS_TRY(rs_pipeline_open(&source, &pipeline, err));
    const rs_status s = put_clips(arena, rs_pipeline_get(pipeline), text, err);
    rs_pipeline_close(&pipeline);
    return s;
}

static int by_natural_order(const void *a, const void *b)
{
    return rs_natural_cmp(*(const char *const *)a, *(const char *const *)b);
}

/* The jobs in a folder of outputs, in natural order. NULL: no memory. */
static const char **list_jobs(rs_arena *arena, const char *path, size_t *n)
{
    const char **jobs = RS_NEW_N(arena, const char *, MAX_JOBS);
    DIR *dir = jobs ? opendir(path) : NULL;
    *n = 0;
    for (const struct dirent *e; dir && jobs && *n < MAX_JOBS && (e = readdir(dir));) {
        const char *job = rs_path_join(arena, path, e->d_name);
        if (!job)
            jobs = NULL;
        else if (strcmp(rs_path_ext(e->d_name), ".job") == 0 && rs_is_dir(job))
            jobs[(*n)++] = job;
    }
    if (dir)
        closedir(dir);
    if (jobs)
        qsort(jobs, *n, sizeof(jobs[0]), by_natural_order);
    return jobs;
}

static rs_status put_folder(rs_arena *arena, const char *path, rs_strbuf *text, rs_err *err)
{
    size_t n;
    const char *own = rs_job_dir(arena, path, true), **jobs = list_jobs(arena, path, &n);
    if (!own || !jobs)
        return RS_FAIL(err, RS_E_NOMEM, "no memory to look for jobs in '%s'", path);
    if (n == 0 || rs_is_dir(own) || strcmp(rs_path_ext(path), ".job") == 0)
        return rs_job_status_put(path, text, err);
    for (size_t i = 0; i < n; i++)
        RS_TRY(put_one(jobs[i], text, err));
    return RS_OK;
}

static rs_status put(rs_arena *arena, const char *path, rs_strbuf *text, rs_err *err)
{
    const char *ext = rs_path_ext(path);
    if (!arena)
        return RS_FAIL(err, RS_E_NOMEM, "no memory to describe '%s'", path);
    if (rs_is_dir(path))
        return put_folder(arena, path, text, err);
    if (rs_is_file(path) && (strcasecmp(ext, ".yaml") == 0 || strcasecmp(ext, ".yml") == 0))
        return put_pipeline(arena, path, text, err);
    return rs_job_status_put(path, text, err);
}

rs_status rs_job_describe(const char *path, const rs_text_sink *sink, rs_err *err)
{
    rs_arena *arena = rs_arena_open(1 << 14);
    rs_strbuf text;
    rs_strbuf_init(&text, TEXT_MAX);
    rs_status s = put(arena, path, &text, err);
    if (s == RS_OK && text.failed)
        s = RS_FAIL(err, RS_E_NOMEM, "no memory to describe '%s'", path);
    if (s == RS_OK)
        sink->put(sink->cookie, rs_strbuf_str(&text), text.len);
    rs_strbuf_release(&text);
    rs_arena_close(&arena);
    return s;
}
