/* The trace event format of Chrome: an array of complete events ("ph": "X"), times
 * in microseconds. Its closing bracket may be missing, says the format, which is
 * what keeps the file of a killed program readable. */
#include "stage/profile.h"

#include <errno.h>
#include <stdio.h>

#include "base/mem.h"

struct rs_profile {
    FILE *file;
    rs_prof *prof;
    double start;
    size_t lost;
    int error; /* errno of the first write that failed */
    char path[512]; /* for messages */
};

static void note_error(rs_profile *p, int result)
{
    if (result < 0 && !p->error)
        p->error = errno ? errno : EIO;
}

rs_status rs_profile_open(const char *path, rs_profile **profile, rs_err *err)
{
    rs_profile *p = rs_calloc(sizeof(*p));
    if (!p)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for a profile");
    rs_status s = rs_prof_open(&p->prof, err);
    if (s == RS_OK && !(p->file = fopen(path, "w")))
        s = rs_err_sys(err, errno, "cannot write profile '%s'", path);
    if (s != RS_OK) {
        rs_prof_close(&p->prof);
        rs_free(p);
        return s;
    }
    snprintf(p->path, sizeof(p->path), "%s", path);
    p->start = rs_clock_now();
    note_error(p, fprintf(p->file, "[\n{\"name\":\"process_name\",\"ph\":\"M\",\"pid\":1,\"tid\":1,"
                                   "\"args\":{\"name\":\"restyle\"}}"));
    *profile = p;
    return RS_OK;
}

rs_prof *rs_profile_prof(rs_profile *profile)
{
    return profile ? profile->prof : NULL;
}

/* Names come from our own tables: nothing in them needs escaping. */
static void write_event(void *cookie, const rs_prof_event *e)
{
    rs_profile *p = cookie;
    const double s = e->seconds > 0 ? e->seconds : 1e-9;
    const char *kind = rs_prof_kind_name(e->kind);
    note_error(p, fprintf(p->file, ",\n{\"name\":\"%s\",\"cat\":\"%s\",\"ph\":\"X\",\"pid\":1,\"tid\":1,"
                          "\"ts\":%.3f,\"dur\":%.3f,\"args\":{\"kind\":\"%s\",\"GFLOP\":%.6g,"
                          "\"GFLOP/s\":%.4g,\"GB/s\":%.4g}}", e->label, kind,
                          (e->start - p->start) * 1e6, e->seconds * 1e6, kind, e->flops * 1e-9,
                          e->flops * 1e-9 / s, e->bytes * 1e-9 / s));
}

void rs_profile_flush(rs_profile *profile)
{
    if (!profile)
        return;
    rs_prof_each(profile->prof, write_event, profile);
    profile->lost += rs_prof_lost(profile->prof);
    rs_prof_clear(profile->prof);
    note_error(profile, fflush(profile->file));
}

rs_status rs_profile_close(rs_profile **profile, rs_err *err)
{
    if (!profile || !*profile)
        return RS_OK;
    rs_profile *p = *profile;
    *profile = NULL;
    rs_profile_flush(p);
    note_error(p, fprintf(p->file, "\n]\n"));
    note_error(p, fclose(p->file));
    rs_status s = RS_OK;
    if (p->error)
        s = rs_err_sys(err, p->error, "cannot write profile '%s'", p->path);
    else if (p->lost)
        s = RS_FAIL(err, RS_E_NOMEM, "profile '%s' lacks %zu operations: no memory", p->path, p->lost);
    rs_prof_close(&p->prof);
    rs_free(p);
    return s;
}
