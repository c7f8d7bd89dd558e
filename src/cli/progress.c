#define _POSIX_C_SOURCE 200809L
#include "cli/progress.h"

#include <stdio.h>
#include <unistd.h>

#define REDRAW_S 0.1  /* between two drawings on a terminal */
#define LINE_S 10.0   /* between two lines elsewhere */

void rs_cli_progress_init(rs_cli_progress *p)
{
    *p = (rs_cli_progress){ .terminal = isatty(STDERR_FILENO) == 1, .last_shown = -LINE_S };
}

static void put_duration(char *buf, size_t size, double seconds)
{
    const long s = (long)(seconds + 0.5);
    if (s >= 3600)
        snprintf(buf, size, "%ld:%02ld:%02ld", s / 3600, s / 60 % 60, s % 60);
    else
        snprintf(buf, size, "%ld:%02ld", s / 60, s % 60);
}

/* On a terminal the frame in the making, "frame 3 of 52, step 4/12, 1.84 s a
 * frame, 1:30 left"; elsewhere the one that is done. */
static void put_line(char *buf, size_t size, const rs_job_progress *job, bool terminal)
{
    char of[32] = "", step[32] = "", rate[48] = "", left[48] = "", eta[32];
    const bool working =
        terminal && job->n_steps > 0 && (job->n_frames == 0 || job->frame < job->n_frames);
    if (job->n_frames > 0)
        snprintf(of, sizeof(of), " of %lld", (long long)job->n_frames);
    if (working)
        snprintf(step, sizeof(step), ", step %d/%d", job->step, job->n_steps);
    if (job->per_frame > 0)
        snprintf(rate, sizeof(rate), ", %.2f s a frame", job->per_frame);
    if (job->eta >= 0) {
        put_duration(eta, sizeof(eta), job->eta);
        snprintf(left, sizeof(left), ", %s left", eta);
    }
    snprintf(buf, size, "frame %lld%s%s%s%s", (long long)job->frame + (working ? 1 : 0), of, step, rate,
             left);
}

void rs_cli_progress_show(rs_cli_progress *p, const rs_job_progress *job)
{
    char line[256];
    /* elsewhere than on a terminal, only whole frames are worth a line */
    if (!p->terminal && (job->frame == 0 || job->step > 0))
        return;
    if (job->seconds - p->last_shown < (p->terminal ? REDRAW_S : LINE_S))
        return;
    p->last_shown = job->seconds;
    put_line(line, sizeof(line), job, p->terminal);
    if (!p->terminal) {
        fprintf(stderr, "%s\n", line);
        return;
    }
    const int n = fprintf(stderr, "\r%-*s", p->drawn, line) - 1;
    p->drawn = n > 0 ? n : 0;
    fflush(stderr);
}

void rs_cli_progress_clear(rs_cli_progress *p)
{
    if (p->terminal && p->drawn > 0)
        fprintf(stderr, "\r%-*s\r", p->drawn, "");
    p->drawn = 0;
}
