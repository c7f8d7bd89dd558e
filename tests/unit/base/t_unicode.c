/* UTF-8 and the Unicode properties. The tables themselves are proved by the
 * tokenizer's golden prompts; here are the algorithms' edges. */
#include "base/mem.h"
#include "base/unicode.h"
#include "base/utf8.h"
#include "tests/lib/test.h"

static rs_err err;

static void utf8_valid(void)
{
    static const uint32_t cps[] = { 1, 0x7F, 0x80, 0x7FF, 0x800, 0xD7FF, 0xE000, 0xFFFF, 0x10000, 0x10FFFF };
    char buf[64];
    size_t n = 0;
    for (size_t i = 0; i < sizeof cps / sizeof cps[0]; i++)
        n += rs_utf8_put(buf + n, cps[i]);
    CHECK_INT(n, 1 + 1 + 2 + 2 + 3 + 3 + 3 + 3 + 4 + 4);
    const char *p = buf;
    for (size_t i = 0; i < sizeof cps / sizeof cps[0]; i++)
        CHECK_INT(rs_utf8_next(&p, buf + n), cps[i]);
    CHECK(p == buf + n);
}

/* Every malformed byte is one replacement, and what follows is read again. */
static void utf8_malformed(void)
{
    static const struct {
        const char *bytes;
        int replaced, total;
    } cases[] = {
        { "\x80", 1, 1 },                   /* a continuation alone */
        { "\xC3", 1, 1 },                   /* cut off */
        { "\xC3(", 1, 2 },                  /* no continuation */
        { "\xE2\x82", 2, 2 },
        { "\xE2\x82" "a", 2, 3 },
        { "\xC0\xAF", 2, 2 },               /* overlong */
        { "\xE0\x80\xAF", 3, 3 },
        { "\xF0\x80\x80\xAF", 4, 4 },
        { "\xED\xA0\x80", 3, 3 },           /* a surrogate */
        { "\xF4\x90\x80\x80", 4, 4 },       /* above U+10FFFF */
        { "\xF8\x88\x80\x80\x80", 5, 5 },
        { "\xFF\xFE", 2, 2 },
        { "a\xFF" "b\xC3\xA9", 1, 4 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *p = cases[i].bytes, *end = p + strlen(p);
        int replaced = 0, total = 0;
        for (; p < end; total++)
            replaced += rs_utf8_next(&p, end) == RS_UTF8_REPLACEMENT;
        CHECK(p == end);
        CHECK_INT(replaced, cases[i].replaced);
        CHECK_INT(total, cases[i].total);
    }
}

static void properties(void)
{
    uint32_t low[2];
    CHECK(rs_unicode_is_letter('a') && rs_unicode_is_letter(0x4E00) && rs_unicode_is_letter(0xAA));
    CHECK(!rs_unicode_is_letter('1') && !rs_unicode_is_letter(0x301) && !rs_unicode_is_letter(0x10FFFF));
    CHECK(rs_unicode_is_number('9') && rs_unicode_is_number(0xBD) && !rs_unicode_is_number('a'));
    CHECK(rs_unicode_is_space(' ') && rs_unicode_is_space(0x85) && rs_unicode_is_space(0x3000));
    CHECK(!rs_unicode_is_space(0x200B) && !rs_unicode_is_space(0x1C));
    CHECK(rs_unicode_lower('A', low) == 1 && low[0] == 'a');
    CHECK(rs_unicode_lower('a', low) == 1 && low[0] == 'a');
    CHECK(rs_unicode_lower(0x100, low) == 1 && low[0] == 0x101);
    CHECK(rs_unicode_lower(0x101, low) == 1 && low[0] == 0x101);
    CHECK(rs_unicode_lower(0x3A3, low) == 1 && low[0] == 0x3C3);
    CHECK(rs_unicode_lower(0x130, low) == 2 && low[0] == 'i' && low[1] == 0x307);
}

static void check_nfc(rs_arena *a, const uint32_t *in, size_t n, const uint32_t *want, size_t n_want)
{
    const uint32_t *out = NULL;
    size_t len = 0;
    CHECK_OK(rs_unicode_nfc(a, in, n, &out, &len, &err));
    CHECK_INT(len, n_want);
    for (size_t i = 0; i < len; i++)
        CHECK_INT(out[i], want[i]);
}

#define U(...) (const uint32_t[]){ __VA_ARGS__ }, sizeof((const uint32_t[]){ __VA_ARGS__ }) / sizeof(uint32_t)

static void nfc(void)
{
    rs_arena *a = rs_arena_open(1 << 16);
    CHECK(a);
    check_nfc(a, U('a', 0xE9), U('a', 0xE9));
    check_nfc(a, U('e', 0x301), U(0xE9));
    check_nfc(a, U(0x212B), U(0xC5));                        /* a singleton */
    check_nfc(a, U('a', 0x307, 0x323), U(0x1EA1, 0x307));    /* sorted, then composed */
    check_nfc(a, U('a', 0x305, 0x301), U('a', 0x305, 0x301)); /* blocked by a mark of its class */
    check_nfc(a, U('a', 0x327, 0x301), U(0xE1, 0x327));      /* not blocked by another */
    check_nfc(a, U(0x1F82), U(0x1F82));                      /* four parts and back */
    check_nfc(a, U(0x958), U(0x915, 0x93C));                 /* excluded from composition */
    check_nfc(a, U(0x301, 'a'), U(0x301, 'a'));              /* a mark without a letter */
    check_nfc(a, U(0x1112, 0x1161, 0x11AB, 'x'), U(0xD55C, 'x'));
    check_nfc(a, U(0xAC00, 0x11A7), U(0xAC00, 0x11A7));      /* no final consonant */
    check_nfc(a, U(0xAC01, 0x11A8), U(0xAC01, 0x11A8));      /* has one already */
    check_nfc(a, U(0x9C7, 0x9BE), U(0x9CB));                 /* two starters */
    check_nfc(a, U(0x9C7, 0x301, 0x9BE), U(0x9C7, 0x301, 0x9BE));
    rs_arena_close(&a);
}

/* A hostile run of marks sorts in linear time, and stably. */
static void nfc_many_marks(void)
{
    const size_t n = 400000;
    rs_arena *a = rs_arena_open(1 << 16);
    uint32_t *in = RS_NEW_N(a, uint32_t, n);
    CHECK(in);
    for (size_t i = 0; i < n; i++)
        in[i] = i % 2 ? 0x316 : 0x30D; /* classes 220 and 230, nothing composes */
    const uint32_t *out = NULL;
    size_t len = 0;
    CHECK_OK(rs_unicode_nfc(a, in, n, &out, &len, &err));
    CHECK_INT(len, n);
    CHECK(out[0] == 0x316 && out[n / 2 - 1] == 0x316 && out[n / 2] == 0x30D && out[n - 1] == 0x30D);
    rs_alloc_fail_after(0);
    CHECK_INT(rs_unicode_nfc(a, in, n, &out, &len, &err), RS_E_NOMEM);
    rs_alloc_fail_after(-1);
    rs_arena_close(&a);
}

int main(void)
{
    TEST_RUN(utf8_valid);
    TEST_RUN(utf8_malformed);
    TEST_RUN(properties);
    TEST_RUN(nfc);
    TEST_RUN(nfc_many_marks);
    return 0;
}
