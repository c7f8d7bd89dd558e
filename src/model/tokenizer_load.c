#include "model/tokenizer_parts.h"

#include <stdbool.h>
#include <string.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"

#define MAX_FILE ((size_t)64 << 20)
#define MAX_ID (1 << 20)

/* What is only needed while loading. */
typedef struct loader {
    rs_arena *tmp;
    const char *vocab_path, *merges_path;
    const rs_json *vocab;
    rs_tokenizer *t;
} loader;

/* tokenizer.json's model; *merges: its list. */
static rs_status take_model(loader *l, const rs_json **merges, rs_err *err)
{
    const rs_json *model = rs_json_get(l->vocab, "model"), *vocab = rs_json_get(model, "vocab");
    const rs_json *type = rs_json_get(model, "type"), *suffix = rs_json_get(model, "end_of_word_suffix");
    *merges = rs_json_get(model, "merges");
    if (!vocab || !*merges || (*merges)->type != RS_JSON_ARRAY)
        return RS_FAIL(err, RS_E_FORMAT, "%s: expected a 'model' with 'vocab' and 'merges'", l->vocab_path);
    if (type && !(type->type == RS_JSON_STRING && strcmp(type->string, "BPE") == 0))
        return rs_json_fail(err, RS_E_UNSUPPORTED, l->vocab_path, type, "CLIP's tokenizer is a 'BPE'");
    if (suffix && !(suffix->type == RS_JSON_STRING && strcmp(suffix->string, "</w>") == 0))
        return rs_json_fail(err, RS_E_UNSUPPORTED, l->vocab_path, suffix, "CLIP's words end with '</w>'");
    l->vocab = vocab;
    l->merges_path = l->vocab_path;
    return RS_OK;
}

/* Every id is a small whole number; sets vocab_size. */
static rs_status check_ids(loader *l, rs_err *err)
{
    const rs_json *root = l->vocab;
    if (root->type != RS_JSON_OBJECT || root->n == 0)
        return RS_FAIL(err, RS_E_FORMAT, "%s: expected an object of tokens and ids", l->vocab_path);
    for (const rs_json *m = root->first; m; m = m->next) {
        if (m->type != RS_JSON_NUMBER || !m->is_integer || m->integer < 0 || m->integer >= MAX_ID) {
            char shown[64];
            return rs_json_fail(err, RS_E_FORMAT, l->vocab_path, m,
                                "token '%s': expected an id from 0 to %d, got %s", m->key, MAX_ID - 1,
                                rs_json_show(m, shown, sizeof shown));
        }
        if (m->integer >= l->t->vocab_size)
            l->t->vocab_size = (int)m->integer + 1;
    }
    return RS_OK;
}

/* No two tokens have the same id. */
static rs_status check_unique(const loader *l, rs_err *err)
{
    const char **owner = RS_NEW_N(l->tmp, const char *, (size_t)l->t->vocab_size);
    if (!owner)
        return RS_FAIL(err, RS_E_NOMEM, "%s: out of memory", l->vocab_path);
    for (const rs_json *m = l->vocab->first; m; m = m->next) {
        if (owner[m->integer])
            return rs_json_fail(err, RS_E_FORMAT, l->vocab_path, m,
                                "tokens '%s' and '%s' share id %d", owner[m->integer], m->key,
                                (int)m->integer);
        owner[m->integer] = m->key;
    }
    return RS_OK;
}

/* The token's id, or -1. */
static int find_id(const loader *l, const char *token)
{
    const rs_json *m = rs_json_get(l->vocab, token);
    return m ? (int)m->integer : -1;
}

static rs_status find_special(const loader *l, const char *token, int *id, rs_err *err)
{
    *id = find_id(l, token);
    if (*id < 0)
        return RS_FAIL(err, RS_E_FORMAT, "%s: the token '%s' is missing", l->vocab_path, token);
    return RS_OK;
}

/* GPT-2's printable stand-in of a byte: Latin-1's visible signs stand for
 * themselves, the others follow from U+0100 in order. */
static uint32_t byte_letter(unsigned byte)
{
    uint32_t next = 0x100;
    for (unsigned b = 0; b < 256; b++) {
        const bool plain = (b >= '!' && b <= '~') || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE;
        if (b == byte)
            return plain ? b : next;
        next += !plain;
    }
    return 0;
}

static void find_bytes(const loader *l)
{
    for (unsigned b = 0; b < 256; b++) {
        char token[16] = { 0 };
        const size_t n = rs_utf8_put(token, byte_letter(b));
        const int inner = find_id(l, token);
        memcpy(token + n, "</w>", 4);
        const int last = find_id(l, token);
        l->t->byte_id[b] = inner < 0 ? l->t->eos : inner;
        l->t->byte_end_id[b] = last < 0 ? l->t->eos : last;
    }
}

static rs_status unknown_merge(const loader *l, size_t line, const char *token, rs_err *err)
{
    return RS_FAIL(err, RS_E_FORMAT, "%s:%zu: '%s' is not in %s", l->merges_path, line, token,
                   l->vocab_path);
}

/* joined: room for both. */
static rs_status add_pair(loader *l, const char *a, const char *b, size_t line, int rank, char *joined,
                          rs_err *err)
{
    const size_t na = strlen(a), nb = strlen(b);
    memcpy(joined, a, na);
    memcpy(joined + na, b, nb + 1);
    const int ia = find_id(l, a), ib = find_id(l, b), id = find_id(l, joined);
    if (ia < 0 || ib < 0 || id < 0)
        return unknown_merge(l, line, ia < 0 ? a : ib < 0 ? b : joined, err);
    /* A pair listed twice counts where it stands last, as in transformers. */
    *rs_tokenizer_slot(l->t, ia, ib) = (rs_merge){ .a = ia, .b = ib, .rank = rank, .id = id };
    return RS_OK;
}

/* One line "a b" (changed in place) of rank `rank`; joined: room for both. */
static rs_status add_merge(loader *l, char *text, size_t line, int rank, char *joined, rs_err *err)
{
    char *b = strchr(text, ' ');
    if (!b || b == text || b[1] == '\0' || strchr(b + 1, ' '))
        return RS_FAIL(err, RS_E_FORMAT, "%s:%zu: expected two tokens with a space between, got '%.40s'",
                       l->merges_path, line, text);
    *b++ = '\0';
    return add_pair(l, text, b, line, rank, joined, err);
}

static rs_status alloc_merges(rs_arena *arena, rs_tokenizer *t, size_t n_lines, rs_err *err)
{
    t->slots = 16;
    while (t->slots < 2 * n_lines) /* n_lines is at most MAX_FILE */
        t->slots *= 2;
    t->merges = RS_NEW_N(arena, rs_merge, t->slots);
    if (!t->merges)
        return RS_FAIL(err, RS_E_NOMEM, "out of memory for %zu merges", n_lines);
    for (size_t i = 0; i < t->slots; i++)
        t->merges[i].id = -1;
    return RS_OK;
}

static rs_status load_merges(rs_arena *arena, loader *l, rs_err *err)
{
    char *text = NULL;
    size_t size = 0, n_lines = 1;
    RS_TRY(rs_read_file(l->tmp, l->merges_path, MAX_FILE, &text, &size, err));
    if (memchr(text, '\0', size))
        return RS_FAIL(err, RS_E_FORMAT, "%s: not a text file: it holds a zero byte", l->merges_path);
    for (size_t i = 0; i < size; i++)
        n_lines += text[i] == '\n';
    RS_TRY(alloc_merges(arena, l->t, n_lines, err));
    char *joined = rs_arena_alloc(l->tmp, size + 1);
    if (!joined)
        return RS_FAIL(err, RS_E_NOMEM, "%s: out of memory", l->merges_path);
    int rank = 0;
    size_t line = 1;
    for (char *p = text, *next; *p; p = next, line++) {
        const size_t len = strcspn(p, "\n");
        next = p + len + (p[len] == '\n');
        p[len] = '\0';
        if (len > 0 && p[len - 1] == '\r')
            p[len - 1] = '\0';
        if (*p && strncmp(p, "#version", 8) != 0)
            RS_TRY(add_merge(l, p, line, rank++, joined, err));
    }
    return RS_OK;
}

/* "a b", or since tokenizers 0.20 ["a", "b"]. */
static rs_status add_element(loader *l, const rs_json *e, int rank, rs_err *err)
{
    const rs_json *a = e->type == RS_JSON_ARRAY ? e->first : NULL, *b = a ? a->next : NULL;
    const bool pair = b && !b->next && a->type == RS_JSON_STRING && b->type == RS_JSON_STRING;
    if (!pair && e->type != RS_JSON_STRING)
        return rs_json_fail(err, RS_E_FORMAT, l->merges_path, e, "expected two tokens that join");
    const size_t size = pair ? (size_t)a->n + b->n + 1 : (size_t)e->n + 1;
    const rs_arena_mark mark = rs_arena_save(l->tmp);
    char *joined = rs_arena_alloc(l->tmp, size), *text = pair ? NULL : rs_arena_strdup(l->tmp, e->string);
    if (!joined || (!pair && !text))
        return RS_FAIL(err, RS_E_NOMEM, "%s: out of memory", l->merges_path);
    const rs_status s = pair ? add_pair(l, a->string, b->string, e->line, rank, joined, err)
                             : add_merge(l, text, e->line, rank, joined, err);
    rs_arena_rewind(l->tmp, mark);
    return s;
}

static rs_status load_list(rs_arena *arena, loader *l, const rs_json *list, rs_err *err)
{
    int rank = 0;
    RS_TRY(alloc_merges(arena, l->t, (size_t)list->n + 1, err));
    for (const rs_json *e = list->first; e; e = e->next)
        RS_TRY(add_element(l, e, rank++, err));
    return RS_OK;
}

rs_status rs_tokenizer_open(rs_arena *arena, const char *vocab_path, const char *merges_path,
                            rs_tokenizer **out, rs_err *err)
{
    loader l = { .vocab_path = vocab_path, .merges_path = merges_path };
    l.t = RS_NEW(arena, rs_tokenizer);
    l.tmp = rs_arena_open((size_t)1 << 20);
    const rs_json *list = NULL;
    rs_status status = RS_OK;
    if (!l.t || !l.tmp) {
        status = RS_FAIL(err, RS_E_NOMEM, "%s: out of memory", vocab_path);
        goto out;
    }
    RS_TRY_OUT(status, rs_json_read(l.tmp, vocab_path, MAX_FILE, &l.vocab, err));
    if (!merges_path)
        RS_TRY_OUT(status, take_model(&l, &list, err));
    RS_TRY_OUT(status, check_ids(&l, err));
    RS_TRY_OUT(status, check_unique(&l, err));
    RS_TRY_OUT(status, find_special(&l, RS_TOKEN_START, &l.t->bos, err));
    RS_TRY_OUT(status, find_special(&l, RS_TOKEN_END, &l.t->eos, err));
    find_bytes(&l);
    RS_TRY_OUT(status, list ? load_list(arena, &l, list, err) : load_merges(arena, &l, err));
    *out = l.t;
out:
    rs_arena_close(&l.tmp);
    return status;
}
