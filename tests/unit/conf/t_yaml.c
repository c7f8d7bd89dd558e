/* YAML to tree: what comes out, and where each kind of bad text is reported. */
#include "conf/yaml_tree.h"
#include "tests/lib/test.h"

static rs_arena *arena;
static rs_diags diags;

static rs_value *parse(const char *text, size_t size)
{
    rs_diags_init(&diags, arena);
    rs_value *v = rs_yaml_parse(arena, "f", text, size, &diags);
    CHECK(v || diags.n || diags.nomem);
    return v;
}

static const rs_entry *get(const rs_value *map, const char *key)
{
    const rs_entry *e = rs_value_find(map, key, strlen(key));
    CHECK(e);
    return e;
}

static void tree(void)
{
    static const char text[] = "\xef\xbb\xbf" /* a byte order mark */
                               "a: 1\n"
                               "b: 'x'   # text\n"
                               "c:\n"
                               "  d: \"caf\xc3\xa9\"\n"
                               "  e: ~\n"
                               "f: [1, {g: 2}]\n"
                               "caf\xc3\xa9: x\n"
                               "a: 2\n";
    const rs_value *root = parse(text, sizeof(text) - 1);
    CHECK(root && diags.n == 0);
    CHECK_STR(get(root, "a")->value->text, "1");
    CHECK(!get(root, "a")->value->quoted && get(root, "b")->value->quoted);
    CHECK_INT(get(root, "b")->value->pos.line, 2);
    CHECK_INT(get(root, "b")->value->pos.col, 4);
    const rs_value *c = get(root, "c")->value;
    CHECK_INT(c->kind, RS_VALUE_MAP);
    CHECK_STR(get(c, "d")->value->text, "caf\xc3\xa9");
    CHECK_INT(get(c, "d")->pos.col, 3);
    CHECK_INT(get(c, "e")->value->kind, RS_VALUE_NULL);
    const rs_value *f = get(root, "f")->value;
    CHECK_INT(f->kind, RS_VALUE_LIST);
    CHECK_STR(f->first->value->text, "1");
    CHECK_INT(f->first->next->value->kind, RS_VALUE_MAP);
    CHECK(!f->first->next->next);
    CHECK_INT(get(root, "caf\xc3\xa9")->value->pos.col, 7); /* characters, not bytes */
    const rs_entry *last = root->first;
    while (last->next)
        last = last->next;
    CHECK_STR(last->key, "a"); /* a repeated key is kept for the rows to report */
    CHECK_INT(last->pos.line, 8);
}

static void bad_texts(void)
{
    static const struct { const char *text; int line, col; const char *say; } cases[] = {
        { "", 1, 1, "there is nothing in this file" },
        { "# only a comment\n", 1, 1, "there is nothing in this file" },
        { "---\n", 2, 1, "there is nothing in this file" },
        { "just text\n", 1, 1, "expected 'key: value' lines" },
        { "- a\n- b\n", 1, 1, "expected 'key: value' lines" },
        { "a: 1\n---\nb: 2\n", 2, 1, "second document" },
        { "a: 1\n\tb: 2\n", 2, 1, "tab" },
        { "a:\n\tb: 2\n", 2, 1, "tab" },
        { "a: 1\nb: \xff\n", 2, 4, "not UTF-8" },
        { "a: caf\xe9\n", 1, 7, "not UTF-8" },
        { "a: \xed\xa0\x80\n", 1, 4, "not UTF-8" },
        { "a: \xc0\xaf\n", 1, 4, "not UTF-8" },
        { "a: \x01\n", 1, 4, "control character" },
        { "a: [1\nb: 2\n", 2, 2, "not YAML" },
        { "a: 'x\n", 2, 1, "not YAML" },
        { "a: b: c\n", 1, 5, "not YAML" },
        { "a: &x 1\n", 1, 4, "anchors" },
        { "a: *x\n", 1, 4, "aliases" },
        { "a: !!int 1\n", 1, 4, "tags" },
        { "a: !x {b: 1}\n", 1, 4, "tags" },
        { "a: &x [b]\n", 1, 4, "anchors" },
        { "? [a, b]\n: 1\n", 1, 3, "a key must be a word" },
        { "~: 1\n", 1, 1, "a key must be a word" },
        { "a: \"x\\0y\"\n", 1, 4, "\\0" },
        { "a: @x\n", 1, 4, "not YAML" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        parse(cases[i].text, strlen(cases[i].text));
        if (diags.n != 1 || diags.items[0].line != cases[i].line || diags.items[0].col != cases[i].col ||
            !strstr(diags.items[0].text, cases[i].say))
            TEST_FAIL("case %zu: %zu problems, first at %d:%d: %s", i, diags.n, diags.items[0].line,
                      diags.items[0].col, diags.n ? diags.items[0].text : "");
    }
}

/* Problems that are no syntax errors are reported together. */
static void several_at_once(void)
{
    static const char text[] = "a: &x 1\nb: *x\nc: !!str d\ne: 2\n";
    const rs_value *root = parse(text, sizeof(text) - 1);
    CHECK(root);
    CHECK_INT(diags.n, 3);
    CHECK_INT(get(root, "a")->value->kind, RS_VALUE_BAD);
    CHECK_STR(get(root, "e")->value->text, "2");
}

static void limits(void)
{
    enum { N = RS_YAML_MAX_BYTES + 1 };
    char *text = malloc(N);
    CHECK(text);
    memset(text, '[', N);
    memcpy(text, "a: ", 3);
    CHECK(!parse(text, N) && strstr(diags.items[0].text, "too many for a pipeline"));
    CHECK(!parse(text, N - 1) && strstr(diags.items[0].text, "nested too deeply"));
    size_t n = 0;
    for (int i = 0; i < RS_YAML_MAX_NODES; i++)
        n += (size_t)snprintf(text + n, N - n, "k%d: 1\n", i);
    CHECK(!parse(text, n) && strstr(diags.items[0].text, "too many values"));
    free(text);
}

static void scalars_of_the_command_line(void)
{
    static const struct { const char *text, *want; bool quoted; } cases[] = {
        { "20", "20", false }, { "oil: painting # 1", "oil: painting # 1", false },
        { "", "", true }, { "\"a\\tb\"", "a\tb", true }, { "'it''s'", "it's", true },
        { "null", "null", false }, { "[1", "[1", false }, { "*x", "*x", false },
        { "'open", NULL, false }, { "\"a\" b", NULL, false }, { "'a': 1", NULL, false },
        { "\"\\q\"", NULL, false }, { "\xff", NULL, false }, { "'a'\n---\n'b'", NULL, false },
    };
    const rs_pos pos = { "--set", 0, 1 };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        rs_diags_init(&diags, arena);
        const rs_value *v = rs_yaml_parse_scalar(arena, pos, "k", cases[i].text, &diags);
        CHECK_INT(diags.n, cases[i].want == NULL);
        CHECK_INT(v == NULL, cases[i].want == NULL);
        if (v) {
            CHECK_STR(v->text, cases[i].want);
            CHECK_INT(v->quoted, cases[i].quoted);
            CHECK_STR(v->pos.where, "--set");
            CHECK_INT(v->pos.line, 0);
        }
    }
}

int main(void)
{
    arena = rs_arena_open(0);
    TEST_RUN(tree);
    TEST_RUN(bad_texts);
    TEST_RUN(several_at_once);
    TEST_RUN(limits);
    TEST_RUN(scalars_of_the_command_line);
    rs_arena_close(&arena);
    return 0;
}
