#include "media/frame_chain.h"

#include "base/mem.h"
#include "media/exec_stage.h"
#include "media/filter_graph.h"
#include "media/filter_stage.h"

enum { MAX_STAGES = 2 };

struct rs_frame_chain {
    rs_frame_stage at[MAX_STAGES];
    rs_frame between[MAX_STAGES]; /* in front of each */
    bool told[MAX_STAGES];        /* that no more come */
    bool ended;
    int n;
};

rs_status rs_filters_check(const char *graph, rs_err *err)
{
    return rs_filter_graph_check(graph, NULL, err);
}

void rs_frame_chain_close(rs_frame_chain **chain)
{
    if (!chain || !*chain)
        return;
    rs_frame_chain *c = *chain;
    for (int i = 0; i < c->n; i++) {
        c->at[i].close(c->at[i].self);
        rs_frame_release(&c->between[i]);
    }
    rs_free(c);
    *chain = NULL;
}

static rs_status add_filters(rs_frame_chain *c, const char *key, const char *graph,
                             rs_stage_format *format, rs_err *err)
{
    if (!graph)
        return RS_OK;
    RS_TRY(rs_filter_stage_open(key, graph, format, &c->at[c->n], err));
    c->n++;
    return RS_OK;
}

static bool runs(const rs_exec_spec *e, rs_chain_place place)
{
    return e->command && (e->when == RS_EXEC_AFTER) == (place == RS_CHAIN_AFTER);
}

bool rs_frame_chain_has(const rs_timeline *t, rs_chain_place place)
{
    return runs(&t->exec, place) || (place == RS_CHAIN_AFTER ? t->filters.after : t->filters.before);
}

static rs_status add_all(rs_frame_chain *c, const rs_timeline *t, rs_chain_place place,
                         rs_stage_format *format, const rs_log *log, const rs_stop *stop, rs_err *err)
{
    if (place == RS_CHAIN_BEFORE)
        RS_TRY(add_filters(c, "filters.before", t->filters.before, format, err));
    if (runs(&t->exec, place)) {
        RS_TRY(rs_exec_stage_open(&t->exec, format, log, stop, &c->at[c->n], err));
        c->n++;
    }
    return place == RS_CHAIN_AFTER ? add_filters(c, "filters.after", t->filters.after, format, err) : RS_OK;
}

rs_status rs_frame_chain_open(const rs_timeline *timeline, rs_chain_place place, rs_stage_format *format,
                              const rs_log *log, const rs_stop *stop, rs_frame_chain **chain, rs_err *err)
{
    if (!rs_frame_chain_has(timeline, place))
        return RS_OK;
    rs_frame_chain *c = rs_calloc(sizeof(*c));
    if (!c)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for filters");
    const rs_status s = add_all(c, timeline, place, format, log, stop, err);
    if (s == RS_OK)
        *chain = c;
    else
        rs_frame_chain_close(&c);
    return s;
}

rs_status rs_frame_chain_push(rs_frame_chain *c, const rs_frame *frame, rs_err *err)
{
    c->ended = !frame;
    c->told[0] = c->ended;
    return c->at[0].push(c->at[0].self, frame, err);
}

/* From stage i, for which the ones before work as long as they have something. */
static rs_status pull_from(rs_frame_chain *c, int i, rs_frame *frame, bool *got, rs_err *err)
{
    rs_frame_stage *s = &c->at[i];
    for (;;) {
        bool more;
        RS_TRY(s->pull(s->self, frame, got, err));
        if (*got || i == 0 || c->told[i])
            return RS_OK;
        RS_TRY(pull_from(c, i - 1, &c->between[i], &more, err));
        if (!more && !c->ended)
            return RS_OK;
        c->told[i] = !more;
        RS_TRY(s->push(s->self, more ? &c->between[i] : NULL, err));
    }
}

rs_status rs_frame_chain_pull(rs_frame_chain *c, rs_frame *frame, bool *got, rs_err *err)
{
    return pull_from(c, c->n - 1, frame, got, err);
}
