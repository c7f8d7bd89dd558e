#include "model/tokenizer_clip.h"

#include <stdbool.h>
#include <string.h>

#include "base/unicode.h"
#include "base/utf8.h"
#include "model/tokenizer_parts.h"

int rs_tokenizer_bos(const rs_tokenizer *t)
{
    return t->bos;
}

int rs_tokenizer_eos(const rs_tokenizer *t)
{
    return t->eos;
}

int rs_tokenizer_vocab_size(const rs_tokenizer *t)
{
    return t->vocab_size;
}

/* Where ids go: counted past max, stored up to it. */
typedef struct sink {
    int *ids;
    size_t max, n;
} sink;

static void emit(sink *s, int id)
{
    if (s->n < s->max)
        s->ids[s->n] = id;
    s->n++;
}

/* ---- Joining the symbols of one piece ----
 *
 * Symbols form a linked list; candidate joins wait in a heap, lowest rank first
 * and leftmost among equals, so a piece of n bytes takes O(n log n). */

typedef struct symbol {
    int id; /* -1: swallowed by its left neighbour */
    int prev, next;
} symbol;

typedef struct candidate {
    int rank, pos, id;
} candidate;

typedef struct piece {
    const rs_tokenizer *t;
    symbol *symbols;
    candidate *heap;
    size_t n_heap;
} piece;

static bool before(const candidate *a, const candidate *b)
{
    return a->rank != b->rank ? a->rank < b->rank : a->pos < b->pos;
}

static void push(piece *p, candidate c)
{
    size_t i = p->n_heap++;
    while (i > 0 && before(&c, &p->heap[(i - 1) / 2])) {
        p->heap[i] = p->heap[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    p->heap[i] = c;
}

static candidate pop(piece *p)
{
    const candidate top = p->heap[0], last = p->heap[--p->n_heap];
    size_t i = 0;
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= p->n_heap)
            break;
        if (child + 1 < p->n_heap && before(&p->heap[child + 1], &p->heap[child]))
            child++;
        if (!before(&p->heap[child], &last))
            break;
        p->heap[i] = p->heap[child];
        i = child;
    }
    p->heap[i] = last;
    return top;
}

/* Considers joining the symbol at pos with the one behind it. */
static void consider(piece *p, int pos)
{
    if (pos < 0 || p->symbols[pos].next < 0)
        return;
    const rs_merge *m = rs_tokenizer_slot(p->t, p->symbols[pos].id, p->symbols[p->symbols[pos].next].id);
    if (m->id >= 0)
        push(p, (candidate){ .rank = m->rank, .pos = pos, .id = m->id });
}

static void join(piece *p, int pos, int id)
{
    symbol *s = &p->symbols[pos], *gone = &p->symbols[s->next];
    s->id = id;
    s->next = gone->next;
    if (s->next >= 0)
        p->symbols[s->next].prev = pos;
    gone->id = -1;
    consider(p, s->prev);
    consider(p, pos);
}

/* bytes[0..n): one piece in UTF-8, n at least 1. */
static rs_status encode_piece(const rs_tokenizer *t, rs_arena *scratch, const char *bytes, size_t n,
                              sink *out, rs_err *err)
{
    const rs_arena_mark mark = rs_arena_save(scratch);
    /* n - 1 candidates at first, and at most two more for each of n - 1 joins */
    piece p = { .t = t, .symbols = RS_NEW_N(scratch, symbol, n),
                .heap = RS_NEW_N(scratch, candidate, 3 * n) };
    if (!p.symbols || !p.heap)
        return RS_FAIL(err, RS_E_NOMEM, "out of memory for a word of %zu bytes", n);
    for (size_t i = 0; i < n; i++) {
        const unsigned char b = (unsigned char)bytes[i];
        const bool last = i + 1 == n;
        p.symbols[i] = (symbol){ .id = last ? t->byte_end_id[b] : t->byte_id[b],
                                 .prev = (int)i - 1, .next = last ? -1 : (int)i + 1 };
    }
    for (size_t i = 0; i < n; i++)
        consider(&p, (int)i);
    while (p.n_heap > 0) {
        const candidate c = pop(&p);
        const symbol *s = &p.symbols[c.pos];
        if (s->id < 0 || s->next < 0)
            continue;
        /* Neighbours may have changed since c was found. */
        if (rs_tokenizer_slot(t, s->id, p.symbols[s->next].id)->id == c.id)
            join(&p, c.pos, c.id);
    }
    for (int i = 0; i >= 0; i = p.symbols[i].next)
        emit(out, p.symbols[i].id);
    rs_arena_rewind(scratch, mark);
    return RS_OK;
}

/* ---- Cutting a text into pieces ---- */

typedef enum char_class { SPACE, LETTER, NUMBER, OTHER } char_class;

static char_class classify(uint32_t cp)
{
    return rs_unicode_is_letter(cp)   ? LETTER
           : rs_unicode_is_number(cp) ? NUMBER
           : rs_unicode_is_space(cp)  ? SPACE
                                      : OTHER;
}

/* Whether the text at s starts with the ASCII word. */
static bool starts_with(const uint32_t *s, size_t n, const char *word)
{
    size_t i = 0;
    while (word[i] && i < n && s[i] == (unsigned char)word[i])
        i++;
    return !word[i];
}

/* The length of the piece at s, which is not white space; n at least 1. The
 * pattern is 's|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\s\p{L}\p{N}]+ . */
static size_t piece_length(const uint32_t *s, size_t n)
{
    static const char *const contractions[] = { "'s", "'t", "'re", "'ve", "'m", "'ll", "'d" };
    for (size_t i = 0; i < sizeof contractions / sizeof contractions[0]; i++)
        if (starts_with(s, n, contractions[i]))
            return strlen(contractions[i]);
    const char_class cls = classify(s[0]);
    size_t len = 1;
    if (cls != NUMBER)
        while (len < n && classify(s[len]) == cls)
            len++;
    return len;
}

/* cps[0..n): normalised, lower case. bytes: room for 4 * n. */
static rs_status encode_pieces(const rs_tokenizer *t, rs_arena *scratch, const uint32_t *cps, size_t n,
                               char *bytes, sink *out, rs_err *err)
{
    size_t special = 0; /* end of the special token that starts a piece, once seen */
    for (size_t i = 0; i < n;) {
        if (classify(cps[i]) == SPACE) {
            i++;
            continue;
        }
        /* A special token in other than its own case is no special token, but a
         * piece of its own, which byte-level splitting cuts in three. */
        if (i >= special)
            special = starts_with(cps + i, n - i, RS_TOKEN_START) ? i + strlen(RS_TOKEN_START)
                      : starts_with(cps + i, n - i, RS_TOKEN_END) ? i + strlen(RS_TOKEN_END)
                                                                  : i;
        const size_t len = piece_length(cps + i, (i < special ? special : n) - i);
        size_t n_bytes = 0;
        for (size_t k = 0; k < len; k++)
            n_bytes += rs_utf8_put(bytes + n_bytes, cps[i + k]);
        RS_TRY(encode_piece(t, scratch, bytes, n_bytes, out, err));
        i += len;
    }
    return RS_OK;
}

/* text[0..n) without special tokens. */
static rs_status encode_plain(const rs_tokenizer *t, rs_arena *scratch, const char *text, size_t n,
                              sink *out, rs_err *err)
{
    if (n == 0)
        return RS_OK;
    uint32_t *cps = RS_NEW_N(scratch, uint32_t, n);
    if (!cps)
        return RS_FAIL(err, RS_E_NOMEM, "out of memory for a prompt of %zu bytes", n);
    size_t len = 0, n_nfc = 0;
    for (const char *p = text; p < text + n;)
        cps[len++] = rs_utf8_next(&p, text + n);
    const uint32_t *nfc = NULL;
    RS_TRY(rs_unicode_nfc(scratch, cps, len, &nfc, &n_nfc, err));
    uint32_t *low = RS_NEW_N(scratch, uint32_t, 2 * n_nfc);
    char *bytes = rs_arena_alloc(scratch, 8 * n_nfc);
    if (!low || !bytes)
        return RS_FAIL(err, RS_E_NOMEM, "out of memory for a prompt of %zu bytes", n);
    size_t n_low = 0;
    for (size_t i = 0; i < n_nfc; i++)
        n_low += rs_unicode_lower(nfc[i], low + n_low);
    return encode_pieces(t, scratch, low, n_low, bytes, out, err);
}

static rs_status encode_text(const rs_tokenizer *t, rs_arena *scratch, const char *text, size_t n,
                             sink *out, rs_err *err)
{
    size_t start = 0; /* of the plain text before i */
    for (size_t i = 0; i < n;) {
        const bool bos = !strncmp(text + i, RS_TOKEN_START, strlen(RS_TOKEN_START));
        if (!bos && strncmp(text + i, RS_TOKEN_END, strlen(RS_TOKEN_END)) != 0) {
            i++;
            continue;
        }
        RS_TRY(encode_plain(t, scratch, text + start, i - start, out, err));
        emit(out, bos ? t->bos : t->eos);
        i += strlen(bos ? RS_TOKEN_START : RS_TOKEN_END);
        start = i;
    }
    return encode_plain(t, scratch, text + start, n - start, out, err);
}

rs_status rs_tokenizer_encode(const rs_tokenizer *t, rs_arena *scratch, const char *utf8_text,
                              int *ids, size_t max, size_t *n, rs_err *err)
{
    const size_t len = strlen(utf8_text);
    if (len > RS_TOKENIZER_MAX_TEXT)
        return RS_FAIL(err, RS_E_RANGE, "the prompt has %zu bytes; at most %zu are read", len,
                       RS_TOKENIZER_MAX_TEXT);
    sink out = { .ids = ids, .max = max };
    const rs_arena_mark mark = rs_arena_save(scratch);
    const rs_status status = encode_text(t, scratch, utf8_text, len, &out, err);
    rs_arena_rewind(scratch, mark);
    if (status == RS_OK)
        *n = out.n;
    return status;
}
