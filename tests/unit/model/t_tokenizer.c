/* The tokenizer against transformers' CLIPTokenizer over OpenAI's vocabulary
 * (tests/golden/tokenizer, see tools/reference/tokenizer.py), and hostile files. */
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "base/utf8.h"
#include "model/tokenizer_clip.h"
#include "tests/lib/test.h"
#include "tests/lib/tmpdir.h"

#define GOLDEN RS_SOURCE_DIR "/tests/golden/"
#define CLIP_MERGES (GOLDEN "tokenizer/merges.txt")

static rs_err err;

/* ---- vocab.json derived from merges.txt, in OpenAI's order ---- */

static void add_token(rs_strbuf *sb, int *id, const char *token, const char *end)
{
    rs_strbuf_puts(sb, *id ? ",\"" : "{\"");
    for (const char *p = token; *p; p++) {
        if (*p == '"' || *p == '\\')
            rs_strbuf_add(sb, "\\", 1);
        rs_strbuf_add(sb, p, 1);
    }
    rs_strbuf_printf(sb, "%s\":%d", end, (*id)++);
}

/* The 256 letters that stand for bytes: first those that stand for themselves. */
static void add_letters(rs_strbuf *sb, int *id, const char *end)
{
    uint32_t letters[256];
    size_t n = 0;
    for (uint32_t c = '!'; c <= 0xFF; c++)
        if (c <= '~' || (c >= 0xA1 && c != 0xAD))
            letters[n++] = c;
    for (uint32_t c = 0x100; n < 256; c++)
        letters[n++] = c;
    for (size_t i = 0; i < 256; i++) {
        char token[8] = { 0 };
        rs_utf8_put(token, letters[i]);
        add_token(sb, id, token, end);
    }
}

static const char *write_vocab(char *path, size_t path_size)
{
    rs_arena *a = rs_arena_open(1 << 20);
    rs_strbuf sb;
    char *text;
    size_t size;
    int id = 0;
    rs_strbuf_init(&sb, 16 << 20);
    add_letters(&sb, &id, "");
    add_letters(&sb, &id, "</w>");
    CHECK_OK(rs_read_file(a, CLIP_MERGES, 16 << 20, &text, &size, &err));
    for (char *line = strchr(text, '\n') + 1, *end; (end = strchr(line, '\n')); line = end + 1) {
        char token[512];
        *end = '\0';
        char *space = strchr(line, ' ');
        CHECK(space);
        snprintf(token, sizeof token, "%.*s%s", (int)(space - line), line, space + 1);
        add_token(&sb, &id, token, "");
    }
    add_token(&sb, &id, "<|startoftext|>", "");
    add_token(&sb, &id, "<|endoftext|>", "");
    rs_strbuf_puts(&sb, "}\n");
    CHECK_INT(id, 49408);
    CHECK(!sb.failed);
    tmpdir_write("clip/vocab.json", sb.data, sb.len);
    rs_strbuf_release(&sb);
    rs_arena_close(&a);
    return tmpdir_path(path, path_size, "clip/vocab.json");
}

/* ---- the golden prompts ---- */

static void compare_prompt(const rs_tokenizer *t, rs_arena *scratch, size_t line, const char *prompt,
                           const char *want)
{
    static int ids[4096];
    size_t n = 0, i = 0;
    CHECK_OK(rs_tokenizer_encode(t, scratch, prompt, ids, 4096, &n, &err));
    for (char *end; *want && *want != '\n'; want = end, i++) {
        const long id = strtol(want, &end, 10);
        CHECK(end > want);
        while (*end == ' ')
            end++;
        if (i >= n || ids[i] != id)
            TEST_FAIL("prompts.txt:%zu: token %zu is %d, want %ld: %s", line, i, i < n ? ids[i] : -1, id,
                      prompt);
    }
    if (n != i)
        TEST_FAIL("prompts.txt:%zu: %zu tokens, want %zu: %s", line, n, i, prompt);
}

static void golden_prompts(void)
{
    char path[512];
    rs_arena *a = rs_arena_open(1 << 20), *scratch = rs_arena_open(1 << 16);
    rs_tokenizer *t;
    char *prompts, *ids;
    size_t size, count = 0;
    CHECK_OK(rs_tokenizer_open(a, write_vocab(path, sizeof path), CLIP_MERGES, &t, &err));
    CHECK_INT(rs_tokenizer_vocab_size(t), 49408);
    CHECK_INT(rs_tokenizer_bos(t), 49406);
    CHECK_INT(rs_tokenizer_eos(t), 49407);
    CHECK_OK(rs_read_file(a, GOLDEN "tokenizer/prompts.txt", 1 << 20, &prompts, &size, &err));
    CHECK_OK(rs_read_file(a, GOLDEN "tokenizer/ids.txt", 1 << 20, &ids, &size, &err));
    for (char *end; (end = strchr(prompts, '\n')); prompts = end + 1) {
        const rs_json *j;
        CHECK_OK(rs_json_parse(a, prompts, (size_t)(end - prompts), "prompts.txt", &j, &err));
        CHECK_INT(j->type, RS_JSON_STRING);
        compare_prompt(t, scratch, ++count, j->string, ids);
        ids = strchr(ids, '\n') + 1;
    }
    CHECK_INT(count, 1000);
    CHECK_INT(rs_arena_used(scratch), 0);
    rs_arena_close(&scratch);
    rs_arena_close(&a);
}

/* ---- tokenizer.json ---- */

/* As transformers saves it: the ids that the two files give. */
static void one_file(void)
{
    rs_arena *a = rs_arena_open(1 << 16);
    rs_tokenizer *t[2];
    CHECK_OK(rs_tokenizer_open(a, GOLDEN "tiny/tokenizer/vocab.json", GOLDEN "tiny/tokenizer/merges.txt",
                               &t[0], &err));
    CHECK_OK(rs_tokenizer_open(a, GOLDEN "old_folder/tokenizer/tokenizer.json", NULL, &t[1], &err));
    CHECK_INT(rs_tokenizer_vocab_size(t[1]), rs_tokenizer_vocab_size(t[0]));
    CHECK_INT(rs_tokenizer_eos(t[1]), rs_tokenizer_eos(t[0]));
    const char *const texts[] = { "a watercolor painting of the old harbour, in the rain",
                                  "She's 12 <|endoftext|> in\xc3\xa9 there then hee" };
    for (int i = 0; i < 2; i++) {
        int ids[2][128];
        size_t n[2];
        for (int k = 0; k < 2; k++)
            CHECK_OK(rs_tokenizer_encode(t[k], a, texts[i], ids[k], 128, &n[k], &err));
        CHECK(n[0] == n[1] && n[0] < 128 && memcmp(ids[0], ids[1], n[0] * sizeof(int)) == 0);
    }
    rs_arena_close(&a);
}

/* ---- small vocabularies ---- */

#define TINY GOLDEN "tiny/tokenizer/"

/* More tokens than room: the first ones are written, all are counted. */
static void cut_off(void)
{
    rs_arena *a = rs_arena_open(1 << 16), *scratch = rs_arena_open(1 << 16);
    rs_tokenizer *t;
    int all[32], some[4] = { -7, -7, -7, -7 };
    size_t n = 0, m = 0;
    CHECK_OK(rs_tokenizer_open(a, TINY "vocab.json", TINY "merges.txt", &t, &err));
    CHECK_OK(rs_tokenizer_encode(t, scratch, "the cat, the dog", all, 32, &n, &err));
    CHECK_OK(rs_tokenizer_encode(t, scratch, "the cat, the dog", some, 3, &m, &err));
    CHECK(n > 3 && n < 32);
    CHECK_INT(m, n);
    for (int i = 0; i < 3; i++)
        CHECK_INT(some[i], all[i]);
    CHECK_INT(some[3], -7);
    CHECK_OK(rs_tokenizer_encode(t, scratch, "the cat", NULL, 0, &m, &err));
    CHECK(m > 0);
    CHECK_OK(rs_tokenizer_encode(t, scratch, "\xFF\xC0 \xED\xA0\x80", all, 32, &n, &err));
    CHECK_OK(rs_tokenizer_encode(t, scratch, "\uFFFD\uFFFD \uFFFD\uFFFD\uFFFD", some, 4, &m, &err));
    CHECK_INT(n, m);
    CHECK_INT(some[0], all[0]);
    rs_arena_close(&scratch);
    rs_arena_close(&a);
}

/* A megabyte without a space, and one byte too many. */
static void very_long(void)
{
    rs_arena *a = rs_arena_open(1 << 16), *scratch = rs_arena_open(1 << 16);
    rs_tokenizer *t;
    size_t n = 0;
    char *text = rs_arena_alloc(a, RS_TOKENIZER_MAX_TEXT + 2);
    CHECK(text);
    CHECK_OK(rs_tokenizer_open(a, TINY "vocab.json", TINY "merges.txt", &t, &err));
    for (size_t i = 0; i < RS_TOKENIZER_MAX_TEXT; i++)
        text[i] = "the"[i % 3];
    text[RS_TOKENIZER_MAX_TEXT] = '\0';
    CHECK_OK(rs_tokenizer_encode(t, scratch, text, NULL, 0, &n, &err));
    CHECK(n > RS_TOKENIZER_MAX_TEXT / 3);
    text[RS_TOKENIZER_MAX_TEXT] = 'x';
    text[RS_TOKENIZER_MAX_TEXT + 1] = '\0';
    CHECK_INT(rs_tokenizer_encode(t, scratch, text, NULL, 0, &n, &err), RS_E_RANGE);
    rs_arena_close(&scratch);
    rs_arena_close(&a);
}

#define ENDS "\"<|startoftext|>\":0,\"<|endoftext|>\":1"
#define VOCAB "{" ENDS ",\"a\":2,\"b\":3,\"b</w>\":4,\"ab</w>\":5,\"ab\":6,\"bb\":7,\"bb</w>\":8}"

static rs_status open_texts(rs_arena *a, const char *vocab, const char *merges, rs_tokenizer **t)
{
    char v[512], m[512];
    tmpdir_write("v.json", vocab, strlen(vocab));
    tmpdir_write("m.txt", merges, strlen(merges));
    tmpdir_path(v, sizeof v, "v.json");
    return rs_tokenizer_open(a, v, tmpdir_path(m, sizeof m, "m.txt"), t, &err);
}

static void encode_small(const char *merges, const char *text, const char *want)
{
    rs_arena *a = rs_arena_open(1 << 16);
    rs_tokenizer *t;
    int ids[16];
    size_t n = 0;
    char got[128] = "";
    CHECK_OK(open_texts(a, VOCAB, merges, &t));
    CHECK_OK(rs_tokenizer_encode(t, a, text, ids, 16, &n, &err));
    for (size_t i = 0; i < n; i++)
        snprintf(got + strlen(got), sizeof got - strlen(got), "%d ", ids[i]);
    CHECK_STR(got, want);
    rs_arena_close(&a);
}

static void small_rules(void)
{
    encode_small("", "ab", "2 4 ");
    encode_small("a b</w>\n", "ab AB", "5 5 ");
    encode_small("#version: 0.2\na b</w>\n", "ab", "5 ");
    encode_small("a b</w>", "ab", "5 ");             /* no newline at the end */
    encode_small("a b</w>\r\n\r\nb b\r\n", "ab", "5 ");
    encode_small("b b\na b\n", "abbb", "2 7 4 ");    /* the first rule wins, leftmost */
    encode_small("a b\nb b\n", "abbb", "6 3 4 ");
    encode_small("b b\na b\nb b\n", "abbb", "6 3 4 "); /* a rule given twice counts last */
    encode_small("a b\nb b</w>\n", "abbb", "6 8 ");
    encode_small("a b</w>\n", "za", "1 1 ");         /* unknown bytes: the end token */
    encode_small("", "<|endoftext|>a<|startoftext|>", "1 1 0 ");
}

static void expect_error(const char *vocab, const char *merges, rs_status want, const char *text)
{
    rs_arena *a = rs_arena_open(1 << 16);
    rs_tokenizer *t = NULL;
    rs_err_clear(&err);
    CHECK_INT(open_texts(a, vocab, merges, &t), want);
    CHECK(!t);
    if (!strstr(err.msg, text))
        TEST_FAIL("expected '%s' in: %s", text, err.msg);
    rs_arena_close(&a);
}

static rs_status open_json(rs_arena *a, const char *vocab, const char *rest, rs_tokenizer **t)
{
    char path[512], text[1024];
    snprintf(text, sizeof text, "{\"model\":{\"vocab\":%s%s}}", vocab, rest);
    tmpdir_write("t.json", text, strlen(text));
    return rs_tokenizer_open(a, tmpdir_path(path, sizeof path, "t.json"), NULL, t, &err);
}

/* Both ways of writing merges; what is no tokenizer of CLIP's kind. */
static void small_json(void)
{
    static const char *const good[] = { ",\"merges\":[\"b b\",\"a b\"],\"type\":\"BPE\"",
                                        ",\"merges\":[[\"b\",\"b\"],[\"a\",\"b\"]]" };
    static const struct {
        const char *rest, *text;
    } bad[] = {
        { "", "expected a 'model' with 'vocab' and 'merges'" },
        { ",\"merges\":{}", "expected a 'model' with 'vocab' and 'merges'" },
        { ",\"merges\":[7]", "expected two tokens that join" },
        { ",\"merges\":[[\"a\"]]", "expected two tokens that join" },
        { ",\"merges\":[[\"a\",\"b\",\"b\"]]", "expected two tokens that join" },
        { ",\"merges\":[\"ab\"]", "t.json:1: expected two tokens with a space between" },
        { ",\"merges\":[[\"a\",\"c\"]]", "t.json:1: 'c' is not in" },
        { ",\"merges\":[],\"type\":\"WordPiece\"", "CLIP's tokenizer is a 'BPE'" },
        { ",\"merges\":[],\"end_of_word_suffix\":null", "CLIP's words end with '</w>'" },
    };
    rs_arena *a = rs_arena_open(1 << 16);
    rs_tokenizer *t;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        int ids[8];
        size_t n;
        CHECK_OK(open_json(a, VOCAB, good[i], &t));
        CHECK_OK(rs_tokenizer_encode(t, a, "abbb", ids, 8, &n, &err));
        CHECK(n == 3 && ids[0] == 2 && ids[1] == 7 && ids[2] == 4);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        CHECK(open_json(a, VOCAB, bad[i].rest, &t) != RS_OK);
        if (!strstr(err.msg, bad[i].text))
            TEST_FAIL("expected '%s' in: %s", bad[i].text, err.msg);
    }
    CHECK_INT(open_json(a, "[]", ",\"merges\":[]", &t), RS_E_FORMAT);
    rs_arena_close(&a);
}

static void hostile_files(void)
{
    expect_error("", "", RS_E_FORMAT, "v.json");
    expect_error("[1,2]", "", RS_E_FORMAT, "expected an object");
    expect_error("{}", "", RS_E_FORMAT, "expected an object");
    expect_error("{\"a\":1", "", RS_E_FORMAT, "v.json:1:");
    expect_error("{\"<|endoftext|>\":1}", "", RS_E_FORMAT, "'<|startoftext|>' is missing");
    expect_error("{\"<|startoftext|>\":1}", "", RS_E_FORMAT, "'<|endoftext|>' is missing");
    expect_error("{" ENDS ",\"a\":-1}", "", RS_E_FORMAT, "token 'a': expected an id");
    expect_error("{" ENDS ",\"a\":1048576}", "", RS_E_FORMAT, "got 1048576");
    expect_error("{" ENDS ",\"a\":9999999999999999999}", "", RS_E_FORMAT, "token 'a'");
    expect_error("{" ENDS ",\"a\":2.5}", "", RS_E_FORMAT, "token 'a'");
    expect_error("{" ENDS ",\"a\":\"2\"}", "", RS_E_FORMAT, "token 'a'");
    expect_error("{" ENDS ",\"a\":null}", "", RS_E_FORMAT, "token 'a'");
    expect_error("{" ENDS ",\"a\":1}", "", RS_E_FORMAT, "tokens '<|endoftext|>' and 'a' share id 1");
    expect_error(VOCAB, "a b\nb c\n", RS_E_FORMAT, "m.txt:2: 'c' is not in");
    expect_error(VOCAB, "c a\n", RS_E_FORMAT, "m.txt:1: 'c' is not in");
    expect_error(VOCAB, "b a\n", RS_E_FORMAT, "'ba' is not in");
    expect_error(VOCAB, "ab\n", RS_E_FORMAT, "m.txt:1: expected two tokens");
    expect_error(VOCAB, "#version: 0.2\na b c\n", RS_E_FORMAT, "m.txt:2: expected two tokens");
    expect_error(VOCAB, " a b\n", RS_E_FORMAT, "expected two tokens");
    expect_error(VOCAB, "a \n", RS_E_FORMAT, "expected two tokens");
    tmpdir_write("m.txt", "a b\0a b", 7);
    rs_arena *a = rs_arena_open(1 << 16);
    rs_tokenizer *t;
    char v[512], m[512];
    tmpdir_path(v, sizeof v, "v.json");
    tmpdir_path(m, sizeof m, "m.txt");
    CHECK_INT(rs_tokenizer_open(a, v, m, &t, &err), RS_E_FORMAT);
    CHECK_INT(rs_tokenizer_open(a, tmpdir_path(v, sizeof v, "none"), m, &t, &err), RS_E_NOTFOUND);
    rs_arena_close(&a);
}

/* Memory may end at any allocation: a status, nothing leaked. */
static void out_of_memory(void)
{
    rs_status status = RS_E_NOMEM;
    for (long i = 1; status == RS_E_NOMEM; i++) { /* 0 is the arena itself */
        rs_arena *a = rs_arena_open(1 << 12);
        rs_tokenizer *t;
        int ids[8];
        size_t n;
        CHECK(i < 1000);
        rs_alloc_fail_after(i);
        status = rs_tokenizer_open(a, TINY "vocab.json", TINY "merges.txt", &t, &err);
        if (status == RS_OK)
            status = rs_tokenizer_encode(t, a, "Caf\u00e9", ids, 8, &n, &err);
        rs_alloc_fail_after(-1);
        rs_arena_close(&a);
    }
    CHECK_INT(status, RS_OK);
}

int main(void)
{
    tmpdir_open();
    TEST_RUN(golden_prompts);
    TEST_RUN(cut_off);
    TEST_RUN(very_long);
    TEST_RUN(one_file);
    TEST_RUN(small_rules);
    TEST_RUN(small_json);
    TEST_RUN(hostile_files);
    TEST_RUN(out_of_memory);
    tmpdir_close();
    return 0;
}
