#include "prompt/prompt_text.h"

#include <math.h>
#include <string.h>

#include "base/json_number.h"
#include "base/unicode.h"
#include "base/utf8.h"

size_t rs_prompt_word_at(const char *p, const char *end)
{
    const char *next = p;
    const uint32_t cp = rs_utf8_next(&next, end);
    const bool word = cp == '_' || rs_unicode_is_letter(cp) || rs_unicode_is_number(cp);
    return word ? (size_t)(next - p) : 0;
}

/* Beside Unicode's White_Space Python counts the four separators of ASCII. */
size_t rs_prompt_space_at(const char *p, const char *end)
{
    const char *next = p;
    const uint32_t cp = rs_utf8_next(&next, end);
    return rs_unicode_is_space(cp) || (cp >= 0x1c && cp <= 0x1f) ? (size_t)(next - p) : 0;
}

const char *rs_prompt_skip_space(const char *p, const char *end)
{
    for (size_t n; p < end && (n = rs_prompt_space_at(p, end)) != 0;)
        p += n;
    return p;
}

/* Where the character that ends before p > start begins. */
static const char *before(const char *start, const char *p)
{
    const char *c = p - 1;
    while (c > start && p - c < 4 && ((unsigned char)*c & 0xc0) == 0x80)
        c--;
    return c;
}

const char *rs_prompt_trim_end(const char *start, const char *end)
{
    while (end > start) {
        const char *c = before(start, end);
        const size_t n = rs_prompt_space_at(c, end);
        if (n == 0 || c + n != end)
            break;
        end = c;
    }
    return end;
}

static bool word_before(const char *start, const char *p)
{
    const char *c = p > start ? before(start, p) : p;
    const size_t n = p > start ? rs_prompt_word_at(c, p) : 0;
    return n && c + n == p;
}

bool rs_prompt_keyword_at(const char *start, const char *p, const char *end, const char *word)
{
    const size_t n = strlen(word);
    return (size_t)(end - p) >= n && memcmp(p, word, n) == 0 && !word_before(start, p) &&
           (p + n == end || !rs_prompt_word_at(p + n, end));
}

static const char *skip_digits(const char *p, const char *end)
{
    while (p < end && *p >= '0' && *p <= '9')
        p++;
    return p;
}

size_t rs_prompt_number_at(const char *p, const char *end)
{
    const char *s = p + (p < end && (*p == '+' || *p == '-'));
    const char *q = skip_digits(s, end);
    size_t digits = (size_t)(q - s);
    if (q < end && *q == '.') {
        s = ++q;
        q = skip_digits(q, end);
        digits += (size_t)(q - s);
    }
    if (digits == 0)
        return 0;
    if (q < end && (*q == 'e' || *q == 'E')) {
        const char *e = q + 1;
        e += e < end && (*e == '+' || *e == '-');
        const char *last = skip_digits(e, end);
        if (last > e)
            q = last;
    }
    return (size_t)(q - p);
}

/* JSON's numbers are stricter: no plus, no leading zeros, digits around the point. */
bool rs_prompt_number(rs_span text, double *out)
{
    enum { MAX = 64 };
    char buf[MAX + 4];
    const char *p = text.at, *end = p + text.n;
    size_t n = 0;
    if (text.n == 0 || text.n > MAX || rs_prompt_number_at(p, end) != text.n)
        return false;
    if (*p == '-')
        buf[n++] = '-';
    p += *p == '-' || *p == '+';
    while (p + 1 < end && p[0] == '0' && p[1] >= '0' && p[1] <= '9')
        p++;
    if (*p == '.')
        buf[n++] = '0';
    for (; p < end; p++) {
        buf[n++] = *p;
        if (*p == '.' && (p + 1 == end || p[1] == 'e' || p[1] == 'E'))
            buf[n++] = '0';
    }
    const char *q = buf;
    rs_json node = { 0 };
    if (rs_json_scan_number(&q, buf + n, &node) != RS_JSON_NUMBER_OK)
        return false;
    *out = node.number;
    return true;
}
