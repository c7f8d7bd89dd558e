#include "base/json.h"

#include <stdint.h>

#include "base/mem.h"
#include "tests/lib/test.h"

static rs_arena *arena;
static rs_err err;

static const rs_json *parse(const char *text)
{
    const rs_json *root = NULL;
    CHECK_OK(rs_json_parse(arena, text, strlen(text), "t", &root, &err));
    return root;
}

static void scalars(void)
{
    CHECK_INT(parse(" null ")->type, RS_JSON_NULL);
    CHECK(parse("true")->boolean);
    CHECK(!parse("false")->boolean);
    CHECK_STR(parse("\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\"")->string, "a\"\\/\b\f\n\r\t");
    CHECK_STR(parse("\"\\u0041\\u00e9\\u20AC\\ud83d\\ude00\"")->string,
        "A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
    CHECK_INT(parse("\"\\u00e9\"")->n, 2);
    CHECK_STR(parse("\"\xed\x9f\xbf\xf4\x8f\xbf\xbf\"")->string, "\xed\x9f\xbf\xf4\x8f\xbf\xbf");
    CHECK_INT(parse("\xef\xbb\xbf{}")->n, 0);
}

static void numbers(void)
{
    static const struct {
        const char *text;
        double value;
        int integer;
    } cases[] = {
        { "0", 0, 1 },
        { "-0", 0, 1 },
        { "-17", -17, 1 },
        { "0.18215", 0.18215, 0 },
        { "0.00085", 0.00085, 0 },
        { "0.00084999999999999995", 0.00085, 0 },
        { "1e-05", 1e-05, 0 },
        { "1E+2", 100, 0 },
        { "0.1", 0.1, 0 },
        { "3.0", 3, 0 },
        { "2.2250738585072014e-308", 2.2250738585072014e-308, 0 },
        { "1.7976931348623157e308", 1.7976931348623157e308, 0 },
        { "4.9406564584124654e-324", 4.9406564584124654e-324, 0 },
        { "1e-400", 0, 0 },
        { "1e-99999999999", 0, 0 },
        { "0e99999999999", 0, 0 },
        { "9007199254740993", 9007199254740992.0, 1 },
        { "123456789012345678901234567890", 123456789012345678901234567890.0, 0 },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const rs_json *n = parse(cases[i].text);
        if (n->number != cases[i].value || n->is_integer != cases[i].integer)
            TEST_FAIL("%s: got %.17g (integer %d)", cases[i].text, n->number, n->is_integer);
    }
    CHECK(parse("9223372036854775807")->integer == INT64_MAX);
    CHECK(!parse("9223372036854775808")->is_integer);
    CHECK(parse("-9223372036854775807")->integer == -INT64_MAX);
}

static void trees(void)
{
    const rs_json *r = parse("{\"a\":[1,[2],{}],\n  \"b\":{\"c\":\"x\"}, \"\": 5}");
    CHECK_INT(r->n, 3);
    CHECK_INT(rs_json_get(r, "a")->n, 3);
    CHECK_INT(rs_json_get(r, "a")->first->next->first->integer, 2);
    CHECK_STR(rs_json_get(rs_json_get(r, "b"), "c")->string, "x");
    CHECK_INT(rs_json_get(r, "b")->line, 2);
    CHECK_INT(rs_json_get(r, "b")->column, 7);
    CHECK_INT(rs_json_get(r, "")->integer, 5);
    CHECK(rs_json_get(r, "z") == NULL);
    CHECK(rs_json_get(rs_json_get(r, "a"), "a") == NULL);
    CHECK(rs_json_get(NULL, "a") == NULL);
    const rs_json *m = r->first;
    CHECK_STR(m->key, "a");
    CHECK_STR(m->next->key, "b");
    CHECK(m->next->next->next == NULL);
}

/* As large as CLIP's vocabulary: every key is found, in the order of the text. */
static void many_keys(void)
{
    enum { N = 49408 };
    char *text = rs_alloc(N * 24 + 16), *p = text;
    *p++ = '{';
    for (int i = 0; i < N; i++)
        p += snprintf(p, 24, "%s\"k%d\":%d", i ? "," : "", i * 7, i);
    *p++ = '}';
    const rs_json *r = NULL;
    CHECK_OK(rs_json_parse(arena, text, (size_t)(p - text), "t", &r, &err));
    CHECK_INT(r->n, N);
    int i = 0;
    for (const rs_json *m = r->first; m; m = m->next, i++) {
        CHECK_INT(m->integer, i);
        CHECK(rs_json_get(r, m->key) == m);
    }
    CHECK(rs_json_get(r, "k1") == NULL);
    memcpy(p - 1, ",\"k7\":1}", 8);
    CHECK_INT(rs_json_parse(arena, text, (size_t)(p - text) + 7, "t", &r, &err), RS_E_FORMAT);
    CHECK(strstr(err.msg, "key 'k7' appears twice"));
    rs_free(text);
}

static void bad_texts(void)
{
    static const struct {
        const char *text, *msg;
    } cases[] = {
        { "", "t:1:1: expected a value, found the end" },
        { "{", "t:1:2: expected a key in double quotes, found the end" },
        { "[1,]", "t:1:4: expected a value, found ']'" },
        { "[1 2]", "t:1:4: expected ',' or ']', found '2'" },
        { "{\"a\":1,}", "t:1:8: expected a key in double quotes, found '}'" },
        { "{\"a\" 1}", "t:1:6: expected ':' behind the key, found '1'" },
        { "{\"a\":1 \"b\"", "t:1:8: expected ',' or '}', found '\"'" },
        { "{a:1}", "t:1:2: expected a key in double quotes, found 'a'" },
        { "{\"a\":1,\n \"a\":2}", "t:2:6: key 'a' appears twice" },
        { "tru", "t:1:1: expected a value, found 't'" },
        { "NaN", "t:1:1: expected a value, found 'N'" },
        { "-Infinity", "t:1:2: expected a digit, found 'I'" },
        { "1.", "t:1:3: expected a digit, found the end" },
        { "1.e5", "t:1:3: expected a digit, found 'e'" },
        { "1e", "t:1:3: expected a digit, found the end" },
        { "01", "t:1:2: expected nothing behind the value, found '1'" },
        { "+1", "t:1:1: expected a value, found '+'" },
        { "1e999", "t:1:1: a number is too large" },
        { "1 2", "t:1:3: expected nothing behind the value, found '2'" },
        { "\"a", "t:1:3: the text ends inside a string" },
        { "\"a\\", "t:1:4: the text ends inside a string" },
        { "\"a\nb\"", "t:1:3: a control character in a string must be escaped" },
        { "\"\\x\"", "t:1:2: unknown escape in a string" },
        { "\"\\u12g4\"", "t:1:2: \\u needs four hexadecimal digits" },
        { "\"\\u12", "t:1:2: \\u needs four hexadecimal digits" },
        { "\"\\u0000\"", "t:1:2: a string may not hold the character U+0000" },
        { "\"\\udc00\"", "t:1:2: a low surrogate without a high one before it" },
        { "\"\\ud800\"", "t:1:2: a high surrogate without a low one behind it" },
        { "\"\\ud800\\u0041\"", "t:1:2: a high surrogate without a low one behind it" },
        { "\"\\ud800\\n\"", "t:1:2: a high surrogate without a low one behind it" },
        { "\"\xff\"", "t:1:2: a string is not valid UTF-8" },
        { "\"\xc0\xaf\"", "t:1:2: a string is not valid UTF-8" },
        { "\"\xed\xa0\x80\"", "t:1:2: a string is not valid UTF-8" },
        { "\"\xe0\x80\x80\"", "t:1:2: a string is not valid UTF-8" },
        { "\"\xf4\x90\x80\x80\"", "t:1:2: a string is not valid UTF-8" },
        { "\"\xe2\x82\"", "t:1:2: a string is not valid UTF-8" },
        { "[\n\n  \x01]", "t:3:3: expected a value, found byte 0x01" },
        { "{}}", "t:1:3: expected nothing behind the value, found '}'" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const rs_json *r = NULL;
        CHECK_INT(rs_json_parse(arena, cases[i].text, strlen(cases[i].text), "t", &r, &err),
            RS_E_FORMAT);
        CHECK_STR(err.msg, cases[i].msg);
        CHECK(r == NULL);
    }
}

static void deep_nesting(void)
{
    char text[2 * RS_JSON_MAX_DEPTH + 3];
    memset(text, '[', RS_JSON_MAX_DEPTH);
    memset(text + RS_JSON_MAX_DEPTH, ']', RS_JSON_MAX_DEPTH);
    const rs_json *r;
    CHECK_OK(rs_json_parse(arena, text, 2 * RS_JSON_MAX_DEPTH, "t", &r, &err));
    memset(text, '[', RS_JSON_MAX_DEPTH + 1);
    CHECK_INT(rs_json_parse(arena, text, RS_JSON_MAX_DEPTH + 1, "t", &r, &err), RS_E_FORMAT);
    CHECK_STR(err.msg, "t:1:65: nested too deeply");
}

static void typed_members(void)
{
    const rs_json *r = parse("{\"i\":7,\"f\":0.5,\"b\":true,\"s\":\"x\",\"n\":null,\"l\":[1]}");
    int i = 1;
    double f = 0;
    bool b = false;
    const char *s = NULL;
    CHECK_OK(rs_json_int("t", r, "i", 0, 7, &i, &err));
    CHECK_OK(rs_json_double("t", r, "f", 0, 1, &f, &err));
    CHECK_OK(rs_json_bool("t", r, "b", &b, &err));
    CHECK_OK(rs_json_string("t", r, "s", &s, &err));
    CHECK(i == 7 && f == 0.5 && b && strcmp(s, "x") == 0);
    CHECK_OK(rs_json_int("t", r, "n", 0, 1, &i, &err));
    CHECK_OK(rs_json_int("t", r, "absent", 0, 1, &i, &err));
    CHECK_INT(i, 7);
    CHECK_INT(rs_json_int("t", r, "i", 8, 9, &i, &err), RS_E_FORMAT);
    CHECK_STR(err.msg, "t:1:6: 'i' is 7, expected an integer from 8 to 9");
    CHECK_INT(rs_json_int("t", r, "f", 0, 9, &i, &err), RS_E_FORMAT);
    CHECK_STR(err.msg, "t:1:12: 'f' is 0.5, expected an integer from 0 to 9");
    CHECK_INT(rs_json_double("t", r, "s", 0, 9, &f, &err), RS_E_FORMAT);
    CHECK_STR(err.msg, "t:1:29: 's' is \"x\", expected a number from 0 to 9");
    CHECK_INT(rs_json_bool("t", r, "l", &b, &err), RS_E_FORMAT);
    CHECK_STR(err.msg, "t:1:46: 'l' is a list, expected true or false");
    CHECK_INT(rs_json_string("t", r, "b", &s, &err), RS_E_FORMAT);
    CHECK_STR(err.msg, "t:1:20: 'b' is true, expected a string");
}

static void out_of_memory(void)
{
    static const char text[] =
        "{\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":5,\"f\":6,\"g\":7,\"h\":8,\"i\":[1,2]}";
    for (long n = 0;; n++) {
        rs_arena *a = rs_arena_open(128);
        const rs_json *r = NULL;
        rs_alloc_fail_after(n);
        const rs_status s = rs_json_parse(a, text, sizeof(text) - 1, "t", &r, &err);
        rs_alloc_fail_after(-1);
        rs_arena_close(&a);
        if (s == RS_OK) {
            CHECK(n > 1);
            return;
        }
        CHECK_INT(s, RS_E_NOMEM);
    }
}

int main(void)
{
    CHECK((arena = rs_arena_open(1 << 16)) != NULL);
    TEST_RUN(scalars);
    TEST_RUN(numbers);
    TEST_RUN(trees);
    TEST_RUN(many_keys);
    TEST_RUN(bad_texts);
    TEST_RUN(deep_nesting);
    TEST_RUN(typed_members);
    TEST_RUN(out_of_memory);
    rs_arena_close(&arena);
    return 0;
}
