#include "prompt/prompt_weights.h"

#include <string.h>

#define MORE 1.1
#define LESS (1 / 1.1)
#define BREAK_WEIGHT (-1.0) /* A1111's mark, which weights around it multiply like any other */

struct run {
    rs_span text;
    double weight;
};

struct parser {
    rs_arena *arena;
    struct run *runs;
    size_t n, cap;
    size_t *round, *square; /* open brackets: the run each began at */
    size_t n_round, n_square;
    bool nomem;
};

static void add(struct parser *p, const char *at, size_t n, double weight)
{
    if (p->n == p->cap) {
        const size_t cap = p->cap ? 2 * p->cap : 16;
        struct run *bigger = RS_NEW_N(p->arena, struct run, cap);
        p->nomem = p->nomem || !bigger;
        if (!bigger)
            return;
        if (p->n)
            memcpy(bigger, p->runs, p->n * sizeof(*bigger));
        p->runs = bigger;
        p->cap = cap;
    }
    p->runs[p->n++] = (struct run){ { at, n }, weight };
}

static void multiply(struct parser *p, size_t from, double factor)
{
    for (size_t i = from; i < p->n; i++)
        p->runs[i].weight *= factor;
}

/* Text with the word BREAK in it: white space around that goes. */
static void add_text(struct parser *p, const char *at, const char *end)
{
    const char *from = at;
    for (const char *q = at; q < end; q++)
        if (rs_prompt_keyword_at(at, q, end, "BREAK")) {
            const char *to = rs_prompt_trim_end(from, q);
            add(p, from, (size_t)(to - from), 1);
            add(p, q, strlen("BREAK"), BREAK_WEIGHT);
            from = rs_prompt_skip_space(q + strlen("BREAK"), end);
            q = from - 1;
        }
    add(p, from, (size_t)(end - from), 1);
}

/* :\s*([+-]?[.\d]+)\s*\) at p; *end behind it. */
static bool weight_at(const char *p, const char *stop, rs_span *number, const char **end)
{
    if (*p != ':')
        return false;
    const char *q = rs_prompt_skip_space(p + 1, stop), *from = q;
    q += q < stop && (*q == '+' || *q == '-');
    const char *digits = q;
    while (q < stop && (*q == '.' || (*q >= '0' && *q <= '9')))
        q++;
    *number = (rs_span){ from, (size_t)(q - from) };
    const bool some = q > digits;
    q = rs_prompt_skip_space(q, stop);
    *end = q + 1;
    return some && q < stop && *q == ')';
}

/* One token at q; returns the position behind it, or NULL with err set. */
static const char *token(struct parser *p, const char *q, const char *end, rs_err *err)
{
    rs_span number;
    const char *next = q + 1;
    if (*q == '\\') {
        const bool escape = next < end && strchr("()[]\\", *next);
        add(p, next, escape ? 1 : 0, 1);
        return next + escape;
    }
    if (*q == '(') {
        p->round[p->n_round++] = p->n;
    } else if (*q == '[') {
        p->square[p->n_square++] = p->n;
    } else if (weight_at(q, end, &number, &next)) {
        double v;
        if (p->n_round == 0) {
            add_text(p, q, next);
        } else if (rs_prompt_number(number, &v)) {
            multiply(p, p->round[--p->n_round], v);
        } else {
            RS_FAIL(err, RS_E_INVALID, "the weight '%.*s' is no number: write (word:1.2), or \\( and \\) "
                    "for brackets", (int)(number.n < 40 ? number.n : 40), number.at);
            return NULL;
        }
    } else if (*q == ')' && p->n_round) {
        multiply(p, p->round[--p->n_round], MORE);
        next = q + 1;
    } else if (*q == ']' && p->n_square) {
        multiply(p, p->square[--p->n_square], LESS);
        next = q + 1;
    } else {
        next = q + 1;
        while (!strchr("\\()[]:", *q) && next < end && !strchr("\\()[]:", *next))
            next++;
        add_text(p, q, next);
    }
    return next;
}

/* Neighbours of equal weight become one. */
static rs_status join(struct parser *p, rs_prompt_piece **out, size_t *n)
{
    rs_prompt_piece *pieces = RS_NEW_N(p->arena, rs_prompt_piece, p->n + 1);
    size_t count = 0;
    for (size_t i = 0; pieces && i < p->n;) {
        size_t last = i, len = 0;
        while (last < p->n && p->runs[last].weight == p->runs[i].weight)
            len += p->runs[last++].text.n;
        char *text = rs_arena_alloc(p->arena, len + 1);
        if (!text)
            return RS_E_NOMEM;
        rs_prompt_piece *piece = &pieces[count++];
        *piece = (rs_prompt_piece){ text, p->runs[i].weight, false };
        for (; i < last; text += p->runs[i++].text.n)
            memcpy(text, p->runs[i].text.at, p->runs[i].text.n);
        *text = '\0';
        piece->is_break = piece->weight == BREAK_WEIGHT && strcmp(piece->text, "BREAK") == 0;
        if (piece->is_break)
            piece->text = "";
    }
    if (count == 0 && pieces)
        pieces[count++] = (rs_prompt_piece){ "", 1, false };
    *out = pieces;
    *n = count;
    return pieces ? RS_OK : RS_E_NOMEM;
}

rs_status rs_prompt_weights_parse(rs_arena *arena, const char *text, rs_prompt_piece **out, size_t *n,
                                  rs_err *err)
{
    const size_t len = strlen(text);
    struct parser p = { .arena = arena, .round = RS_NEW_N(arena, size_t, len + 1),
                        .square = RS_NEW_N(arena, size_t, len + 1) };
    if (!p.round || !p.square)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for the prompt");
    for (const char *q = text; q < text + len && !p.nomem;)
        if (!(q = token(&p, q, text + len, err)))
            return RS_E_INVALID;
    while (p.n_round)
        multiply(&p, p.round[--p.n_round], MORE);
    while (p.n_square)
        multiply(&p, p.square[--p.n_square], LESS);
    if (p.nomem || join(&p, out, n) != RS_OK)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for the prompt");
    return RS_OK;
}
