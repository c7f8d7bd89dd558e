/* Parameter texts against A1111's own parser (tools/reference/infotext.py). */
#include "infotext/infotext.h"

#include "base/json.h"
#include "base/mem.h"
#include "tests/lib/test.h"

#define GOLDEN RS_SOURCE_DIR "/tests/golden/infotext/texts.json"

static rs_err err;

/* "512x768": A1111 keeps such a value as two. */
static bool is_size(const char *v, char *first, char *second)
{
    int end = 0;
    return sscanf(v, "%19[0-9]x%19[0-9]%n", first, second, &end) == 2 && v[end] == '\0';
}

static const char *wanted(const rs_json *fields, const char *key, const char *part)
{
    char name[128];
    snprintf(name, sizeof(name), "%s%s", key, part);
    const rs_json *v = rs_json_get(fields, name);
    if (!v)
        TEST_FAIL("A1111 has no field '%s'", name);
    return v->string;
}

/* Every field once, and all that A1111 has. */
static void check_fields(const rs_infotext *info, const rs_json *fields)
{
    uint32_t n = 0;
    for (size_t i = 0; i < info->n; i++) {
        char a[20], b[20];
        const char *key = info->fields[i].key, *value = rs_infotext_get(info, key);
        if (value != info->fields[i].value)
            continue; /* a later one of that name counts */
        if (is_size(value, a, b)) {
            CHECK_STR(a, wanted(fields, key, "-1"));
            CHECK_STR(b, wanted(fields, key, "-2"));
            n += 2;
        } else if (rs_json_get(fields, key)) { /* "Twice: 1x1, Twice: 2" */
            CHECK_STR(value, wanted(fields, key, ""));
            n++;
        } else {
            TEST_FAIL("'%s' is no field of A1111's", key);
        }
    }
    CHECK_INT(n, fields->n);
}

static void as_a1111(void)
{
    rs_arena *arena = rs_arena_open(1 << 16);
    const rs_json *root = NULL;
    CHECK_OK(rs_json_read(arena, GOLDEN, 1 << 20, &root, &err));
    int n = 0;
    for (const rs_json *c = rs_json_get(root, "texts")->first; c; c = c->next, n++) {
        const rs_json *text = rs_json_get(c, "text");
        rs_infotext info;
        CHECK_OK(rs_infotext_parse(arena, text->string, text->n, &info, &err));
        CHECK_STR(info.prompt, rs_json_get(c, "prompt")->string);
        CHECK_STR(info.negative, rs_json_get(c, "negative")->string);
        check_fields(&info, rs_json_get(c, "fields"));
    }
    CHECK(n >= 18);
    for (const rs_json *q = rs_json_get(root, "quotes")->first; q; q = q->next) {
        rs_strbuf sb;
        rs_strbuf_init(&sb, 1000);
        rs_infotext_put(&sb, "K", q->first->string);
        CHECK(strncmp(rs_strbuf_str(&sb), "K: ", 3) == 0);
        CHECK_STR(rs_strbuf_str(&sb) + 3, q->first->next->string);
        rs_strbuf_release(&sb);
    }
    rs_arena_close(&arena);
}

static void reads_what_it_writes(void)
{
    rs_arena *arena = rs_arena_open(1 << 16);
    rs_strbuf sb;
    rs_strbuf_init(&sb, 4096);
    rs_infotext_put_prompts(&sb, "a cat: 1, 2\nover two lines", "bad, worse");
    rs_infotext_put(&sb, "Steps", "20");
    rs_infotext_put(&sb, "Model", "name, with \"all\": \\ of\nit");
    rs_infotext_put(&sb, "Seed", "1");
    CHECK_STR(sb.data, "a cat: 1, 2\nover two lines\nNegative prompt: bad, worse\nSteps: 20, "
                       "Model: \"name, with \\\"all\\\": \\\\ of\\nit\", Seed: 1");
    rs_infotext info;
    CHECK_OK(rs_infotext_parse(arena, sb.data, sb.len, &info, &err));
    CHECK_STR(info.prompt, "a cat: 1, 2\nover two lines");
    CHECK_STR(info.negative, "bad, worse");
    CHECK_INT(info.n, 3);
    CHECK_STR(rs_infotext_get(&info, "Model"), "name, with \"all\": \\ of\nit");
    CHECK(!rs_infotext_get(&info, "model"));
    rs_strbuf_release(&sb);
    rs_arena_close(&arena);
}

static void limits(void)
{
    rs_arena *arena = rs_arena_open(1 << 16);
    rs_infotext info;
    static char large[RS_INFOTEXT_MAX_BYTES + 1];
    memset(large, 'x', sizeof(large));
    CHECK_INT(rs_infotext_parse(arena, large, sizeof(large), &info, &err), RS_E_RANGE);
    const char cut[] = "a\0Steps: 1, Seed: 2, Size: 1x1";
    CHECK_OK(rs_infotext_parse(arena, cut, sizeof(cut), &info, &err));
    CHECK_STR(info.prompt, "a");
    CHECK_INT(info.n, 0);
    rs_arena_close(&arena);
}

int main(void)
{
    TEST_RUN(as_a1111);
    TEST_RUN(reads_what_it_writes);
    TEST_RUN(limits);
    return 0;
}
