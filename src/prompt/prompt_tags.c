#include "prompt/prompt_tags.h"

#include <math.h>
#include <string.h>

#include "prompt/prompt_text.h"

/* One tag as text: kind and inside, end behind the ">". */
struct found {
    rs_span kind, inside;
    const char *end;
};

/* A tag that starts at p, which is a "<". */
static bool match(const char *p, const char *end, struct found *f)
{
    const char *q = p + 1;
    for (size_t n; q < end && (n = rs_prompt_word_at(q, end)) != 0;)
        q += n;
    f->kind = (rs_span){ p + 1, (size_t)(q - p - 1) };
    if (f->kind.n == 0 || q == end || *q != ':')
        return false;
    q++;
    const char *close = memchr(q, '>', (size_t)(end - q));
    if (!close || close == q)
        return false;
    f->inside = (rs_span){ q, (size_t)(close - q) };
    f->end = close + 1;
    return true;
}

static const char *next_tag(const char *p, const char *end, struct found *f)
{
    for (; p < end && (p = memchr(p, '<', (size_t)(end - p))) != NULL; p++)
        if (match(p, end, f))
            return p;
    return NULL;
}

static rs_span trim(rs_span s)
{
    const char *p = rs_prompt_skip_space(s.at, s.at + s.n);
    const char *end = rs_prompt_trim_end(p, s.at + s.n);
    return (rs_span){ p, (size_t)(end - p) };
}

static rs_status number(const struct found *f, rs_span text, const char *what, double *out, rs_err *err)
{
    const rs_span s = trim(text);
    if (!rs_prompt_number(s, out))
        return RS_FAIL(err, RS_E_INVALID, "prompt: <%.*s:%.*s>: %s is '%.*s', expected a number",
                       (int)f->kind.n, f->kind.at, (int)(f->inside.n < 60 ? f->inside.n : 60),
                       f->inside.at, what, (int)(text.n < 40 ? text.n : 40), text.at);
    return RS_OK;
}

enum { TE, UNET, DYN, N_NUMBERS };

/* The values of one tag by place and by name; a name wins over a place. */
struct parts {
    rs_span name, at[N_NUMBERS], named[N_NUMBERS];
};

static bool is_named(rs_span part, struct parts *out)
{
    static const char *const names[N_NUMBERS] = { "te", "unet", "dyn" };
    const char *eq = memchr(part.at, '=', part.n), *end = part.at + part.n;
    if (!eq || memchr(eq + 1, '=', (size_t)(end - eq - 1)))
        return false;
    for (int i = 0; i < N_NUMBERS; i++)
        if (strlen(names[i]) == (size_t)(eq - part.at) && memcmp(names[i], part.at, strlen(names[i])) == 0)
            out->named[i] = (rs_span){ eq + 1, (size_t)(end - eq - 1) };
    return true;
}

static struct parts cut(rs_span inside)
{
    struct parts out = { 0 };
    const char *p = inside.at, *end = p + inside.n;
    for (int place = 0; p <= end;) {
        const char *colon = memchr(p, ':', (size_t)(end - p));
        const rs_span part = { p, (size_t)((colon ? colon : end) - p) };
        if (!is_named(part, &out)) {
            if (place == 0)
                out.name = part;
            else if (place <= N_NUMBERS)
                out.at[place - 1] = part;
            place++;
        }
        p = colon ? colon + 1 : end + 1;
    }
    return out;
}

static rs_status fill(rs_arena *arena, const struct found *f, rs_prompt_tag *tag, rs_err *err)
{
    static const char *const what[N_NUMBERS] = { "the multiplier", "the multiplier of the unet", "dyn" };
    const struct parts p = cut(f->inside);
    double v[N_NUMBERS] = { 1, 1, 0 };
    if (p.name.n == 0)
        return RS_FAIL(err, RS_E_INVALID, "prompt: <%.*s:%.*s> names no network: write <%.*s:name:1>",
                       (int)f->kind.n, f->kind.at, (int)(f->inside.n < 60 ? f->inside.n : 60),
                       f->inside.at, (int)f->kind.n, f->kind.at);
    for (int i = 0; i < N_NUMBERS; i++) {
        const rs_span text = p.named[i].at ? p.named[i] : p.at[i];
        if (i == UNET)
            v[UNET] = v[TE];
        if (text.at)
            RS_TRY(number(f, text, what[i], &v[i], err));
    }
    if (v[DYN] != floor(v[DYN]) || v[DYN] < 0 || v[DYN] > 65536)
        return RS_FAIL(err, RS_E_INVALID, "prompt: dyn of network '%.*s' is %g, expected 0 to 65536",
                       (int)p.name.n, p.name.at, v[DYN]);
    *tag = (rs_prompt_tag){ rs_arena_strndup(arena, f->kind.at, f->kind.n),
                            rs_arena_strndup(arena, p.name.at, p.name.n), v[TE], v[UNET], (int)v[DYN] };
    return tag->kind && tag->name ? RS_OK : RS_FAIL(err, RS_E_NOMEM, "no memory for the prompt");
}

rs_status rs_prompt_tags_parse(rs_arena *arena, const char *text, const char **plain,
                               rs_prompt_tags *out, rs_err *err)
{
    const char *end = text + strlen(text);
    struct found f;
    size_t n = 0, len = 0;
    for (const char *p = text; (p = next_tag(p, end, &f)) != NULL; p = f.end)
        n++;
    if (n == 0) {
        *plain = text;
        *out = (rs_prompt_tags){ 0 };
        return RS_OK;
    }
    char *rest = rs_arena_alloc(arena, (size_t)(end - text) + 1);
    rs_prompt_tag *items = RS_NEW_N(arena, rs_prompt_tag, n);
    if (!rest || !items)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for the prompt");
    const char *from = text;
    for (size_t i = 0; i < n; i++) {
        const char *p = next_tag(from, end, &f);
        RS_TRY(fill(arena, &f, &items[i], err));
        memcpy(rest + len, from, (size_t)(p - from));
        len += (size_t)(p - from);
        from = f.end;
    }
    memcpy(rest + len, from, (size_t)(end - from) + 1);
    *plain = rest;
    *out = (rs_prompt_tags){ items, n };
    return RS_OK;
}
