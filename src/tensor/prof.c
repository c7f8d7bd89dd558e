#include "tensor/prof.h"

#include "base/mem.h"

#define CHUNK_EVENTS 1024 /* a guided step of Stable Diffusion has about 800 */

struct chunk {
    struct chunk *next;
    size_t n;
    rs_prof_event events[CHUNK_EVENTS];
};

struct rs_prof {
    rs_arena *arena;
    rs_arena_mark start;
    struct chunk *first, *last;
    size_t lost;
};

const char *rs_prof_kind_name(rs_prof_kind kind)
{
    static const char *const names[RS_PROF_KINDS] = {
        [RS_PROF_WINOGRAD] = "conv 3x3 winograd",
        [RS_PROF_PATCHES] = "conv 3x3 patches",
        [RS_PROF_CONV1] = "conv 1x1",
        [RS_PROF_LINEAR] = "linear",
        [RS_PROF_SELF_ATTENTION] = "self attention",
        [RS_PROF_CROSS_ATTENTION] = "cross attention",
        [RS_PROF_NORM] = "norm",
        [RS_PROF_ACTIVATION] = "activation",
        [RS_PROF_CONCAT] = "concat",
        [RS_PROF_PART] = "part",
    };
    return names[kind];
}

rs_status rs_prof_open(rs_prof **prof, rs_err *err)
{
    rs_prof *p = rs_calloc(sizeof(*p));
    if (p)
        p->arena = rs_arena_open(sizeof(struct chunk));
    if (!p || !p->arena) {
        rs_free(p);
        return RS_FAIL(err, RS_E_NOMEM, "no memory for a profile");
    }
    p->start = rs_arena_save(p->arena);
    *prof = p;
    return RS_OK;
}

void rs_prof_close(rs_prof **prof)
{
    if (!prof || !*prof)
        return;
    rs_arena_close(&(*prof)->arena);
    rs_free(*prof);
    *prof = NULL;
}

static struct chunk *new_chunk(rs_prof *prof)
{
    struct chunk *c = rs_arena_alloc(prof->arena, sizeof(*c));
    if (!c)
        return NULL;
    c->next = NULL;
    c->n = 0;
    if (prof->last)
        prof->last->next = c;
    else
        prof->first = c;
    return prof->last = c;
}

void rs_prof_add(rs_prof *prof, const rs_prof_event *event)
{
    struct chunk *c = prof->last;
    if (!c || c->n == CHUNK_EVENTS)
        c = new_chunk(prof);
    if (c)
        c->events[c->n++] = *event;
    else
        prof->lost++;
}

void rs_prof_each(const rs_prof *prof, rs_prof_visit *visit, void *cookie)
{
    for (const struct chunk *c = prof->first; c; c = c->next)
        for (size_t i = 0; i < c->n; i++)
            visit(cookie, &c->events[i]);
}

void rs_prof_clear(rs_prof *prof)
{
    rs_arena_rewind(prof->arena, prof->start);
    prof->first = prof->last = NULL;
    prof->lost = 0;
}

size_t rs_prof_lost(const rs_prof *prof)
{
    return prof->lost;
}
