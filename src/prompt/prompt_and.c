#include "prompt/prompt_and.h"

#include <string.h>

enum { MAX_SHARES = 64 };

/* The next AND at or behind p, or end. */
static const char *find_and(const char *start, const char *p, const char *end)
{
    while (p < end && !rs_prompt_keyword_at(start, p, end, "AND"))
        p++;
    return p;
}

/* [-+]?(\d+\.?|\d*\.\d+): a number without exponent. */
static bool is_weight(const char *p, const char *end, double *out)
{
    if (memchr(p, 'e', (size_t)(end - p)) || memchr(p, 'E', (size_t)(end - p)))
        return false;
    return rs_prompt_number((rs_span){ p, (size_t)(end - p) }, out);
}

static rs_prompt_share share_of(const char *p, const char *end)
{
    rs_prompt_share s = { .weight = 1 };
    const char *last = rs_prompt_trim_end(p, end), *colon = last;
    while (colon > p && colon[-1] != ':')
        colon--;
    if (colon > p && is_weight(rs_prompt_skip_space(colon, last), last, &s.weight))
        last = rs_prompt_trim_end(p, colon - 1);
    s.text = (rs_span){ p, (size_t)(last - p) };
    return s;
}

rs_status rs_prompt_and_parse(rs_arena *arena, const char *text, rs_prompt_share **out, int *n,
                              rs_err *err)
{
    const char *end = text + strlen(text);
    int count = 1;
    if ((size_t)(end - text) > RS_PROMPT_MAX)
        return RS_FAIL(err, RS_E_RANGE, "the prompt has %zu bytes; at most %zu are read",
                       (size_t)(end - text), RS_PROMPT_MAX);
    for (const char *p = find_and(text, text, end); p < end; p = find_and(text, p + 3, end))
        count++;
    if (count > MAX_SHARES)
        return RS_FAIL(err, RS_E_RANGE, "the prompt joins %d prompts by AND; at most %d are accepted", count,
                       MAX_SHARES);
    rs_prompt_share *shares = RS_NEW_N(arena, rs_prompt_share, (size_t)count);
    if (!shares)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for the prompt");
    const char *from = text;
    for (int i = 0; i < count; i++) {
        const char *to = find_and(text, from, end);
        shares[i] = share_of(from, to);
        from = to < end ? to + 3 : end;
    }
    *out = shares;
    *n = count;
    return RS_OK;
}
