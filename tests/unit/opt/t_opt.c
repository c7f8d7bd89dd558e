/* The parts beneath the rows: numbers, suggestions, paths, the tree, diagnostics. */
#include <locale.h>

#include "conf/yaml_tree.h"
#include "opt/diag.h"
#include "opt/number.h"
#include "opt/opt.h"
#include "opt/opt_text.h"
#include "opt/path.h"
#include "opt/value.h"
#include "tests/lib/test.h"

static void integers(void)
{
    static const struct { const char *text; rs_number want; int64_t value; } cases[] = {
        { "0", RS_NUMBER_OK, 0 }, { "-0", RS_NUMBER_OK, 0 }, { "+7", RS_NUMBER_OK, 7 },
        { "-12", RS_NUMBER_OK, -12 }, { "9223372036854775807", RS_NUMBER_OK, INT64_MAX },
        { "9223372036854775808", RS_NUMBER_BIG, 0 }, { "99999999999999999999", RS_NUMBER_BIG, 0 },
        { "", RS_NUMBER_NOT, 0 }, { "-", RS_NUMBER_NOT, 0 }, { "-+1", RS_NUMBER_NOT, 0 },
        { "010", RS_NUMBER_NOT, 0 }, { "1.0", RS_NUMBER_NOT, 0 }, { "1e3", RS_NUMBER_NOT, 0 },
        { " 1", RS_NUMBER_NOT, 0 }, { "0x10", RS_NUMBER_NOT, 0 }, { "1_000", RS_NUMBER_NOT, 0 },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t v = 0;
        CHECK_INT(rs_parse_int(cases[i].text, &v), cases[i].want);
        CHECK_INT(v, cases[i].value);
    }
    uint64_t u = 0;
    CHECK_INT(rs_parse_uint("18446744073709551615", &u), RS_NUMBER_OK);
    CHECK(u == UINT64_MAX);
    CHECK_INT(rs_parse_uint("18446744073709551616", &u), RS_NUMBER_BIG);
    CHECK_INT(rs_parse_uint("-1", &u), RS_NUMBER_NOT);
}

static void reals(void)
{
    static const struct { const char *text; rs_number want; double value; } cases[] = {
        { "0", RS_NUMBER_OK, 0 }, { "0.55", RS_NUMBER_OK, 0.55 }, { ".5", RS_NUMBER_OK, 0.5 },
        { "5.", RS_NUMBER_OK, 5 }, { "-1.25e-3", RS_NUMBER_OK, -0.00125 }, { "1E2", RS_NUMBER_OK, 100 },
        { "123456789012345678901234567890", RS_NUMBER_OK, 1.2345678901234568e29 },
        { "0.000000000000000000000000000001", RS_NUMBER_OK, 1e-30 }, { "1e-9999", RS_NUMBER_OK, 0 },
        { "0e99999", RS_NUMBER_OK, 0 }, { "1e999", RS_NUMBER_BIG, 0 },
        { "", RS_NUMBER_NOT, 0 }, { ".", RS_NUMBER_NOT, 0 }, { "1e", RS_NUMBER_NOT, 0 },
        { "1e+", RS_NUMBER_NOT, 0 }, { "1.2.3", RS_NUMBER_NOT, 0 }, { ".nan", RS_NUMBER_NOT, 0 },
        { "inf", RS_NUMBER_NOT, 0 }, { "0,5", RS_NUMBER_NOT, 0 }, { "1 ", RS_NUMBER_NOT, 0 },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        double v = 0;
        CHECK_INT(rs_parse_real(cases[i].text, &v), cases[i].want);
        CHECK_NEAR(v, cases[i].value, 1e-15 * fabs(cases[i].value));
    }
}

/* Printing and reading gives the same float, for every exponent. */
static void real_round_trip(void)
{
    rs_strbuf sb;
    rs_strbuf_init(&sb, 100);
    uint32_t bits = 0x00800000u; /* the smallest normal float */
    for (int i = 0; i < 20000 && bits < 0x7f000000u; i++, bits += 106033u) {
        float x;
        double y;
        memcpy(&x, &bits, sizeof(x));
        rs_strbuf_clear(&sb);
        rs_print_real(&sb, (double)x);
        CHECK_INT(rs_parse_real(sb.data, &y), RS_NUMBER_OK);
        if ((float)y != x)
            TEST_FAIL("%.9g printed as %s", (double)x, sb.data);
    }
    static const struct { double value; const char *want; } texts[] = {
        { (double)0.55f, "0.55" }, { 1000, "1000" }, { 0, "0" }, { -1, "-1" }, { (double)1e-6f, "1e-06" },
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        rs_strbuf_clear(&sb);
        rs_print_real(&sb, texts[i].value);
        CHECK_STR(sb.data, texts[i].want);
    }
    rs_strbuf_release(&sb);
}

static void suggestions(void)
{
    static const char *const keys[] = { "prompt", "negative_prompt", "strength", "steps", "steps_mode",
                                        "cfg_scale", "sampler", "seed" };
    static const struct { const char *word, *want; } cases[] = {
        { "promt", "prompt" }, { "stpes", "steps" }, { "Seed", "seed" }, { "cfg", "cfg_scale" },
        { "denoising_strength", "strength" }, { "sampler_name", "sampler" },
        { "negative-prompt", "negative_prompt" }, { "steps_mod", "steps_mode" },
        { "xyzzy", NULL }, { "", NULL }, { "q", NULL }, { "seeds", "seed" },
        { "a_word_far_longer_than_any_key_there_could_be", NULL },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *got = rs_suggest(cases[i].word, keys, sizeof(keys) / sizeof(keys[0]));
        CHECK_STR(got ? got : "(none)", cases[i].want ? cases[i].want : "(none)");
    }
}

static void paths(void)
{
    static const struct { const char *dir, *path, *want; } cases[] = {
        { "/a/b", "c", "/a/b/c" }, { "/a/b", "../c", "/a/c" }, { "/a/b", "../../../c", "/c" },
        { "/a/b", "./c/", "/a/b/c/" }, { "/a/b", "..", "/a" }, { "/a", "..", "/" }, { "/", "x", "/x" },
        { "/a/b", ".", "/a/b" }, { "/a/b", "/x/../y", "/x/../y" }, { "/a/b", "c/../d", "/a/b/c/../d" },
        { "/a/b", "..c", "/a/b/..c" }, { "/a/b", ".hidden", "/a/b/.hidden" }, { "/a/b", "..//c", "/a/c" },
        { "/a/b", ".../c", "/a/b/.../c" },
    };
    rs_arena *a = rs_arena_open(0);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        CHECK_STR(rs_path_resolve(a, cases[i].dir, cases[i].path), cases[i].want);
    CHECK_STR(rs_path_show("/a/b", "/a/b/c"), "c");
    CHECK_STR(rs_path_show("/a/b", "/a/bc"), "/a/bc");
    CHECK_STR(rs_path_show("/a/b", "/a/b"), "/a/b");
    rs_arena_close(&a);
}

static void yaml_and_json_strings(void)
{
    rs_strbuf sb;
    rs_strbuf_init(&sb, 1000);
    rs_print_yaml_string(&sb, "a\"\\\n\t\x01 \xc3\xa9 \xc2\x85 \xe2\x80\xa8 \xef\xbb\xbf \xf0\x9f\x8e\xa8");
    CHECK_STR(sb.data, "\"a\\\"\\\\\\n\\x09\\x01 \xc3\xa9 \\x85 \\u2028 \\uFEFF \xf0\x9f\x8e\xa8\"");
    rs_strbuf_clear(&sb);
    rs_strbuf_json(&sb, "a\"\\\n\xc3\xa9");
    CHECK_STR(sb.data, "\"a\\\"\\\\\\n\xc3\xa9\"");
    rs_strbuf_release(&sb);
}

static void shown_values_are_cut_between_characters(void)
{
    char buf[RS_SHOW_MAX];
    /* 39 letters, then two-byte characters: the cut at 40 would split one. */
    const rs_value v = { .kind = RS_VALUE_SCALAR,
                         .text = "123456789012345678901234567890123456789\xc3\xa9\xc3\xa9\xc3\xa9" };
    CHECK_STR(rs_value_show(&v, buf), "'123456789012345678901234567890123456789...'");
}

static void tree_set(void)
{
    rs_arena *a = rs_arena_open(0);
    const rs_pos pos = { "f", 3, 5 };
    rs_value *root = rs_value_map(a, pos), *one = rs_value_scalar(a, pos, "1", 1, false);
    rs_value *two = rs_value_scalar(a, pos, "2", 1, false);
    CHECK(rs_value_set(a, root, "x", one));
    CHECK(rs_value_set(a, root, "g.h.i", one));
    CHECK(rs_value_set(a, root, "g.h.i", two));
    CHECK(rs_value_find(root, "x", 1)->value == one);
    CHECK(rs_value_set(a, root, "x.y", two)); /* x becomes a map */
    CHECK(rs_value_find(rs_value_find(root, "x", 1)->value, "y", 1)->value == two);
    const rs_value *h = rs_value_find(rs_value_find(root, "g", 1)->value, "h", 1)->value;
    CHECK(rs_value_find(h, "i", 1)->value == two && !rs_value_find(h, "i", 1)->next);
    CHECK(!rs_value_find(root, "gg", 2) && !rs_value_find(one, "x", 1));
    rs_arena_close(&a);
}

struct seen {
    int n;
    char lines[64][200];
};

static void see(void *cookie, const rs_diag *d)
{
    struct seen *s = cookie;
    CHECK(s->n < 64);
    rs_diag_format(d, s->lines[s->n++], sizeof(s->lines[0]));
}

struct lora {
    const char *path;
    float weight;
};
struct lists {
    rs_list numbers, words, loras, pairs;
};
#define OPT_STRUCT struct lora
static const rs_opt lora_rows[] = {
    { "path", OPT_STRING(path), RANGE(1, 0), FLAGS(RS_OPT_REQUIRED), HELP("where") },
    { "weight", OPT_FLOAT(weight), RANGE(-10, 10), HELP("how much") },
    { 0 }
};
#undef OPT_STRUCT
static const rs_opt_group lora_group = { .help = "a file", .rows = lora_rows, .size = sizeof(struct lora),
                                         .defaults = &(const struct lora){ .weight = 1 } };
static const rs_opt number_item = { .type = &rs_opt_float, RANGE(0, 100) };
static const rs_opt word_item = { .type = &rs_opt_string, RANGE(1, 0) };
static const rs_opt lora_item = { .type = &rs_opt_sub, .priv = &lora_group };
#define OPT_STRUCT struct lists
static const rs_opt list_rows[] = {
    { "numbers", OPT_LIST(numbers, (&(const rs_opt_list_of){ &number_item, sizeof(float) })), HELP("x") },
    { "words", OPT_LIST(words, (&(const rs_opt_list_of){ &word_item, sizeof(char *) })), HELP("x") },
    { "loras", OPT_LIST(loras, (&(const rs_opt_list_of){ &lora_item, sizeof(struct lora) })), HELP("x") },
    { "pairs", OPT_PAIRS(pairs), HELP("x") },
    { 0 }
};
#undef OPT_STRUCT
static const rs_opt_group list_group = { .help = "lists", .rows = list_rows, .size = sizeof(struct lists),
                                         .defaults = &(const struct lists){ .numbers = { 0 } } };

/* The canonical dump of text, or the first problem. */
static void list_case(const char *text, const char *want)
{
    rs_arena *a = rs_arena_open(0);
    rs_diags d;
    rs_diags_init(&d, a);
    rs_opt_ctx c = { .arena = a, .diags = &d, .root = &list_group, .file_dir = "/", .current_dir = "/" };
    rs_value *map = rs_yaml_parse(a, "f", text, strlen(text), &d);
    struct lists out, again;
    struct seen s = { 0 };
    CHECK(map);
    rs_opt_defaults(&list_group, &out);
    rs_opt_parse(&c, &list_group, "", map, &out);
    rs_diags_send(&d, &(const rs_diag_sink){ see, &s });
    if (s.n) {
        CHECK_STR(s.lines[0], want);
        rs_arena_close(&a);
        return;
    }
    rs_strbuf sb;
    rs_strbuf_init(&sb, 1000);
    rs_opt_dump(&sb, &list_group, &out);
    CHECK_STR(rs_strbuf_str(&sb), want);
    rs_opt_defaults(&list_group, &again);
    if (sb.len)
        rs_opt_parse(&c, &list_group, "", rs_yaml_parse(a, "f", sb.data, sb.len, &d), &again);
    CHECK(d.n == 0 && rs_opt_equal(&list_group, &out, &again));
    rs_strbuf_release(&sb);
    rs_arena_close(&a);
}

static void lists(void)
{
    list_case("numbers: []\n", "");
    list_case("numbers: [1, 0.5, 3]\n", "numbers: [1, 0.5, 3]\n");
    list_case("numbers: 1 , 0.5,3\n", "numbers: [1, 0.5, 3]\n");
    list_case("numbers: 7\n", "numbers: [7]\n");
    list_case("words:\n  - a, b\n  - \"c\"\n", "words: [\"a, b\", \"c\"]\n");
    list_case("words: a, b\n", "words: [\"a, b\"]\n");
    list_case("loras:\n  - path: x\n  - {path: y, weight: 0.5}\n",
              "loras: [{path: \"x\", weight: 1}, {path: \"y\", weight: 0.5}]\n");
    list_case("loras: {path: x}\n", "loras: [{path: \"x\", weight: 1}]\n");
    list_case("numbers: [1, 200]\n", "f:1:14: numbers[1]: 200 is out of range, expected 0 to 100");
    list_case("numbers: 1,,2\n", "f:1:10: numbers[1]: expected a number, not ''");
    list_case("words: [[a]]\n", "f:1:9: words[0]: expected a text, not a list");
    list_case("loras: [{wieght: 2, path: x}]\n",
              "f:1:10: loras[0].wieght: unknown key (did you mean 'weight'?)");
    list_case("pairs: {}\n", "");
    list_case("pairs: {b: 1, x-params: \"a=1:b=2\", c: yes}\n",
              "pairs: {\"b\": \"1\", \"x-params\": \"a=1:b=2\", \"c\": \"yes\"}\n");
    list_case("pairs:\n  tune: film\n", "pairs: {\"tune\": \"film\"}\n");
    list_case("pairs: film\n", "f:1:8: pairs: expected pairs such as {key: value}, not 'film'");
    list_case("pairs: {a: [1]}\n", "f:1:12: pairs.a: expected a value, not a list");
    list_case("pairs: {a: 1, b: 2, a: 3}\n", "f:1:21: pairs.a: written twice (first in line 1): delete one");
    list_case("loras: [{weight: 2}]\n", "f:1:9: loras[0].path: required, but not given (where)");
}

static void diagnostics_in_order(void)
{
    rs_arena *a = rs_arena_open(0);
    rs_diags d;
    struct seen s = { 0 };
    const rs_diag_sink sink = { see, &s };
    rs_diags_init(&d, a);
    rs_diags_add(&d, (rs_pos){ "--set b=1", 0, 2 }, "b", RS_E_INVALID, NULL, "second option");
    rs_diags_add(&d, (rs_pos){ "--set a=1", 0, 1 }, "a", RS_E_INVALID, "x", "first option");
    rs_diags_add(&d, (rs_pos){ "f", 2, 9 }, "k", RS_E_INVALID, NULL, "third \x1b[31m");
    rs_diags_add(&d, (rs_pos){ "f", 2, 1 }, "", RS_E_INVALID, NULL, "second");
    rs_diags_add(&d, (rs_pos){ "f", 1, 7 }, "k", RS_E_INVALID, NULL, "first");
    rs_diags_send(&d, &sink);
    CHECK_INT(s.n, 5);
    CHECK_STR(s.lines[0], "f:1:7: k: first");
    CHECK_STR(s.lines[1], "f:2:1: second");
    CHECK_STR(s.lines[2], "f:2:9: k: third ?[31m");
    CHECK_STR(s.lines[3], "--set a=1: a: first option (did you mean 'x'?)");
    CHECK_STR(s.lines[4], "--set b=1: b: second option");
    for (int i = 0; i < 60; i++)
        rs_diags_add(&d, (rs_pos){ "f", 10 + i, 1 }, "", RS_E_INVALID, NULL, "more");
    s.n = 0;
    rs_diags_send(&d, &sink);
    CHECK_INT(s.n, 51);
    CHECK_STR(s.lines[50], "f: 15 more problems are not shown");
    rs_arena_close(&a);
}

int main(void)
{
    setlocale(LC_ALL, "de_DE.UTF-8"); /* where it is installed: a decimal comma */
    TEST_RUN(integers);
    TEST_RUN(reals);
    TEST_RUN(real_round_trip);
    TEST_RUN(suggestions);
    TEST_RUN(paths);
    TEST_RUN(yaml_and_json_strings);
    TEST_RUN(shown_values_are_cut_between_characters);
    TEST_RUN(tree_set);
    TEST_RUN(lists);
    TEST_RUN(diagnostics_in_order);
    return 0;
}
