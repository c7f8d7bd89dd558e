#include "stage/script_progress.h"

/* A run tells its end, too; only the last one's is that of all. */
bool rs_script_step(void *script, int step, int n_steps)
{
    const rs_script_progress *s = script;
    if (!s->progress || !s->progress->step || (step == n_steps && s->done + step < s->n_steps))
        return true;
    return s->progress->step(s->progress->cookie, s->done + step, s->n_steps);
}

void rs_script_next(rs_script_progress *s, int n_steps)
{
    s->done += n_steps;
}
