#include "stage/prompt_chunks.h"

#include <string.h>

#include "prompt/prompt_weights.h"

struct cutter {
    const rs_chunker *c;
    int room, comma_id;
    rs_chunk *first, *last; /* last: being filled */
    int n;
    int last_comma;         /* its place in the last chunk, or -1 */
    bool ended;             /* by BREAK: tokens to come open a new chunk */
};

static rs_status new_chunk(struct cutter *t, rs_err *err)
{
    const size_t w = (size_t)t->c->window;
    rs_chunk *k = RS_NEW(t->c->arena, rs_chunk);
    if (k) {
        k->ids = RS_NEW_N(t->c->arena, int, w);
        k->weights = RS_NEW_N(t->c->arena, float, w);
        k->rows = RS_NEW_N(t->c->arena, const float *, w);
    }
    if (!k || !k->ids || !k->weights || !k->rows)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for the prompts");
    for (size_t i = 0; i < w; i++) {
        k->ids[i] = i ? rs_tokenizer_eos(t->c->tokenizer) : rs_tokenizer_bos(t->c->tokenizer);
        k->weights[i] = 1;
    }
    if (t->last)
        t->last->next = k;
    else
        t->first = k;
    t->last = k;
    t->last_comma = -1;
    t->n++;
    return RS_OK;
}

static void append(struct cutter *t, int id, float weight, const float *row)
{
    const int at = 1 + t->last->n++;
    t->last->ids[at] = id;
    t->last->weights[at] = weight;
    t->last->rows[at] = row;
}

/* What lies behind the last comma goes to a new chunk. */
static rs_status move_behind_comma(struct cutter *t, rs_err *err)
{
    rs_chunk *full = t->last;
    const int from = t->last_comma + 1, n = full->n;
    RS_TRY(new_chunk(t, err));
    full->n = from;
    for (int i = 1 + from; i < 1 + n; i++) {
        append(t, full->ids[i], full->weights[i], full->rows[i]);
        full->ids[i] = rs_tokenizer_eos(t->c->tokenizer);
        full->weights[i] = 1;
        full->rows[i] = NULL;
    }
    return RS_OK;
}

static rs_status make_room(struct cutter *t, int id, rs_err *err)
{
    const int n = t->last->n, back = t->c->comma_backtrack;
    if (id == t->comma_id)
        t->last_comma = n;
    else if (back != 0 && n == t->room && t->last_comma != -1 && n - t->last_comma <= back)
        RS_TRY(move_behind_comma(t, err));
    return t->last->n == t->room ? new_chunk(t, err) : RS_OK;
}

static rs_status add_tokens(struct cutter *t, const int *ids, size_t n, float weight, rs_err *err)
{
    if (n && t->ended)
        RS_TRY(new_chunk(t, err));
    t->ended = t->ended && !n;
    for (size_t i = 0; i < n;) {
        RS_TRY(make_room(t, ids[i], err));
        size_t used = 1;
        const rs_embedding *e = rs_embeddings_match(t->c->embeddings, ids + i, n - i, &used);
        if (!e) {
            append(t, ids[i], weight, NULL);
        } else {
            if (e->n_vectors > t->room)
                return RS_FAIL(err, RS_E_UNSUPPORTED, "embedding '%s' has %d vectors; the text encoder reads "
                               "%d at once", e->name, e->n_vectors, t->room);
            if (t->last->n + e->n_vectors > t->room)
                RS_TRY(new_chunk(t, err));
            for (int k = 0; k < e->n_vectors; k++)
                append(t, 0, weight, e->vectors + (size_t)k * (size_t)e->width);
            t->c->embeddings->used[e - t->c->embeddings->items] = true;
        }
        i += used;
    }
    return RS_OK;
}

static rs_status add_text(struct cutter *t, const char *text, float weight, rs_err *err)
{
    size_t n = 0, again = 0;
    RS_TRY(rs_tokenizer_encode(t->c->tokenizer, t->c->arena, text, NULL, 0, &n, err));
    int *ids = RS_NEW_N(t->c->arena, int, n + 1);
    if (!ids)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for the prompts");
    RS_TRY(rs_tokenizer_encode(t->c->tokenizer, t->c->arena, text, ids, n, &again, err));
    return add_tokens(t, ids, n, weight, err);
}

rs_status rs_chunks_make(const rs_chunker *c, const char *text, rs_chunk **first, int *n, rs_err *err)
{
    struct cutter t = { .c = c, .room = c->window - 2 };
    rs_prompt_piece plain = { .text = text, .weight = 1 }, *pieces = &plain;
    size_t n_pieces = 1, n_ids;
    if (c->emphasis != RS_EMPHASIS_NONE)
        RS_TRY(rs_prompt_weights_parse(c->arena, text, &pieces, &n_pieces, err));
    RS_TRY(rs_tokenizer_encode(c->tokenizer, c->arena, ",", &t.comma_id, 1, &n_ids, err));
    RS_TRY(new_chunk(&t, err));
    for (size_t i = 0; i < n_pieces; i++) {
        if (!pieces[i].is_break) {
            RS_TRY(add_text(&t, pieces[i].text, (float)pieces[i].weight, err));
        } else {
            if (t.ended)
                RS_TRY(new_chunk(&t, err)); /* two in a row leave an empty one */
            t.ended = true;
        }
    }
    *first = t.first;
    *n = t.n;
    return RS_OK;
}
