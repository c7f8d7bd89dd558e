#include "base/unicode.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/unicode_tables.h"

#define COUNT(table) (sizeof(table) / sizeof(table)[0])
#define FIND(table, cp, compare) bsearch(&(cp), table, COUNT(table), sizeof(table)[0], compare)

/* Every code point below is its own NFC and has combining class 0. */
#define NFC_TRIVIAL_BELOW 0x300
/* No code point decomposes into more. */
#define NFC_MAX_PARTS 4

/* Hangul syllables are computed (The Unicode Standard, 3.12). */
#define HANGUL_S 0xAC00u
#define HANGUL_L 0x1100u
#define HANGUL_V 0x1161u
#define HANGUL_T 0x11A7u
#define HANGUL_LS 19u
#define HANGUL_VS 21u
#define HANGUL_TS 28u
#define HANGUL_SS (HANGUL_LS * HANGUL_VS * HANGUL_TS)

static int order(uint32_t cp, uint32_t first, uint32_t last)
{
    return cp < first ? -1 : cp > last;
}

static int compare_span(const void *key, const void *item)
{
    const span *s = item;
    return order(*(const uint32_t *)key, s->first, s->last);
}

static int compare_case(const void *key, const void *item)
{
    const case_span *s = item;
    return order(*(const uint32_t *)key, s->first, s->last);
}

static int compare_class(const void *key, const void *item)
{
    const class_span *s = item;
    return order(*(const uint32_t *)key, s->first, s->last);
}

static int compare_run(const void *key, const void *item)
{
    const decomposition_run *r = item;
    return order(*(const uint32_t *)key, r->first, r->first + r->count - 1);
}

bool rs_unicode_is_letter(uint32_t cp)
{
    return FIND(letters, cp, compare_span) != NULL;
}

bool rs_unicode_is_number(uint32_t cp)
{
    return FIND(numbers, cp, compare_span) != NULL;
}

bool rs_unicode_is_space(uint32_t cp)
{
    return FIND(spaces, cp, compare_span) != NULL;
}

size_t rs_unicode_lower(uint32_t cp, uint32_t out[2])
{
    out[0] = cp;
    if (cp == 0x130) { /* capital i with a dot above: i, and the dot */
        out[0] = 'i';
        out[1] = 0x307;
        return 2;
    }
    const case_span *s = FIND(lower_case, cp, compare_case);
    if (s && (cp - s->first) % (uint32_t)s->step == 0)
        out[0] = (uint32_t)((int32_t)cp + s->delta);
    return 1;
}

static unsigned combining_class(uint32_t cp)
{
    if (cp < NFC_TRIVIAL_BELOW)
        return 0;
    const class_span *s = FIND(combining_classes, cp, compare_class);
    return s ? s->combining : 0;
}

/* The one-step decomposition of cp; NULL when it has none (or is Hangul). */
static const uint32_t *parts_of(uint32_t cp, size_t *n)
{
    const decomposition_run *r = FIND(decompositions, cp, compare_run);
    if (!r)
        return NULL;
    *n = r->parts;
    return &decomposed[r->at + (cp - r->first) * r->parts];
}

/* The full canonical decomposition of cp to out; returns its length, at most
 * NFC_MAX_PARTS. Only the first part of a pair may decompose further. */
static size_t decompose(uint32_t cp, uint32_t *out)
{
    if (cp - HANGUL_S < HANGUL_SS) {
        const uint32_t s = cp - HANGUL_S;
        out[0] = HANGUL_L + s / (HANGUL_VS * HANGUL_TS);
        out[1] = HANGUL_V + s % (HANGUL_VS * HANGUL_TS) / HANGUL_TS;
        out[2] = HANGUL_T + s % HANGUL_TS;
        return s % HANGUL_TS ? 3 : 2;
    }
    size_t n = 0;
    const uint32_t *parts = parts_of(cp, &n);
    if (!parts) {
        out[0] = cp;
        return 1;
    }
    const size_t head = decompose(parts[0], out);
    if (n == 2)
        out[head] = parts[1];
    return head + n - 1;
}

static int compare_composition(const void *key, const void *item)
{
    const uint32_t *want = key;
    size_t n = 0;
    const uint32_t *have = parts_of(*(const uint32_t *)item, &n);
    return want[0] != have[0] ? (want[0] < have[0] ? -1 : 1) : order(want[1], have[1], have[1]);
}

/* The code point that a and b compose to, or 0. */
static uint32_t compose(uint32_t a, uint32_t b)
{
    if (a - HANGUL_L < HANGUL_LS && b - HANGUL_V < HANGUL_VS)
        return HANGUL_S + ((a - HANGUL_L) * HANGUL_VS + (b - HANGUL_V)) * HANGUL_TS;
    if (a - HANGUL_S < HANGUL_SS && (a - HANGUL_S) % HANGUL_TS == 0 && b - HANGUL_T - 1 < HANGUL_TS - 1)
        return a + (b - HANGUL_T);
    const uint32_t key[2] = { a, b };
    const uint32_t *c = FIND(compositions, key, compare_composition);
    return c ? *c : 0;
}

/* Stable counting sort of a run of marks by combining class: runs may be as
 * long as a hostile prompt. */
static void sort_marks(uint32_t *marks, uint32_t *tmp, size_t n)
{
    size_t at[257] = { 0 };
    for (size_t i = 0; i < n; i++)
        at[combining_class(marks[i]) + 1]++;
    for (size_t k = 0; k < 256; k++)
        at[k + 1] += at[k];
    for (size_t i = 0; i < n; i++)
        tmp[at[combining_class(marks[i])]++] = marks[i];
    memcpy(marks, tmp, n * sizeof *marks);
}

static void sort_all_marks(uint32_t *cps, uint32_t *tmp, size_t n)
{
    size_t start = 0; /* of the run of marks that ends before i */
    for (size_t i = 0; i <= n; i++) {
        if (i < n && combining_class(cps[i]) != 0)
            continue;
        if (i - start > 1)
            sort_marks(cps + start, tmp, i - start);
        start = i + 1;
    }
}

/* Canonical composition in place; returns the new length. */
static size_t compose_all(uint32_t *cps, size_t n)
{
    size_t len = 0, starter = SIZE_MAX;
    unsigned last = 0; /* class of the last one kept */
    for (size_t i = 0; i < n; i++) {
        const unsigned cls = combining_class(cps[i]);
        const bool open = starter != SIZE_MAX && (len == starter + 1 || last < cls);
        const uint32_t joined = open ? compose(cps[starter], cps[i]) : 0;
        if (joined) {
            cps[starter] = joined;
            continue;
        }
        if (cls == 0)
            starter = len;
        last = cls;
        cps[len++] = cps[i];
    }
    return len;
}

rs_status rs_unicode_nfc(rs_arena *arena, const uint32_t *in, size_t n, const uint32_t **out,
                         size_t *out_n, rs_err *err)
{
    size_t i = 0, max = 0;
    while (i < n && in[i] < NFC_TRIVIAL_BELOW)
        i++;
    if (i == n) {
        *out = in;
        *out_n = n;
        return RS_OK;
    }
    uint32_t *cps = NULL, *tmp = NULL;
    if (rs_mul_size(n, NFC_MAX_PARTS, &max)) {
        cps = RS_NEW_N(arena, uint32_t, max);
        tmp = RS_NEW_N(arena, uint32_t, max);
    }
    if (!cps || !tmp)
        return RS_FAIL(err, RS_E_NOMEM, "out of memory for a text of %zu characters", n);
    size_t len = 0;
    for (i = 0; i < n; i++)
        len += decompose(in[i], cps + len);
    sort_all_marks(cps, tmp, len);
    *out = cps;
    *out_n = compose_all(cps, len);
    return RS_OK;
}
