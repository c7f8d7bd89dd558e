/* A1111's styles.csv, as its modules/styles.py reads and merges it. */
#include "prompt/prompt_styles.h"
#include "tests/lib/test.h"

static rs_err err;
static rs_arena *arena;

static rs_styles parse(const char *text)
{
    rs_styles s;
    CHECK_OK(rs_styles_parse(arena, "s.csv", text, strlen(text), &s, &err));
    return s;
}

static void check_style(const rs_styles *s, const char *name, const char *prompt, const char *negative)
{
    const rs_style *found = rs_styles_find(s, name);
    CHECK(found);
    CHECK_STR(found->prompt, prompt);
    CHECK_STR(found->negative, negative);
}

static void files(void)
{
    rs_styles s = parse("\xef\xbb\xbfname,prompt,negative_prompt\r\n"
                        "Ink,\"ink, {prompt}\", \"a \"\"b\"\"\"\r\n\r\n#no,x,y\r\nTwo,\"line\none\",\r\n"
                        "bare,in \"quotes\" here\n\"q\"x,  y,z,more\nInk,new,");
    CHECK_INT(s.n, 5);
    check_style(&s, "Ink", "new", ""); /* the last of a name counts */
    CHECK_STR(s.items[0].prompt, "ink, {prompt}");
    CHECK_STR(s.items[0].negative, "a \"b\"");
    check_style(&s, "Two", "line\none", "");
    check_style(&s, "bare", "in \"quotes\" here", "");
    check_style(&s, "qx", "y", "z");
    CHECK(!rs_styles_find(&s, "#no") && !rs_styles_find(&s, "ink"));
    s = parse("negative_prompt,text,name\nn,t,Old");
    check_style(&s, "Old", "t", "n");
    CHECK_INT(parse("name,prompt").n, 0);
    CHECK_INT(parse("name,prompt\n\"open, to the end\n").n, 1);
}

static void refusals(void)
{
    rs_styles s;
    CHECK_INT(rs_styles_parse(arena, "s.csv", "", 0, &s, &err), RS_E_FORMAT);
    CHECK_INT(rs_styles_parse(arena, "s.csv", "Ink,x\n", 6, &s, &err), RS_E_FORMAT);
    CHECK_STR(err.msg, "'s.csv' is no file of styles: its first line must name the columns "
              "'name,prompt,negative_prompt'");
}

static void merge(const char *style, const char *prompt, const char *want)
{
    const char *got;
    CHECK_OK(rs_style_merge(arena, style, prompt, &got, &err));
    CHECK_STR(got, want);
}

/* merge_prompts */
static void merging(void)
{
    merge("ink {prompt}, {prompt}!", " a ", "ink  a ,  a !");
    merge("{prompt}", "{prompt}", "{prompt}");
    merge("{prompt}", "", "");
    merge(" ink ", "  a cat\n", "a cat, ink");
    merge("ink", " ", "ink");
    merge("", " a ", "a");
    merge("", "", "");
    merge("{Prompt}", "a", "a, {Prompt}");
}

int main(void)
{
    arena = rs_arena_open(1 << 16);
    CHECK(arena);
    TEST_RUN(files);
    TEST_RUN(refusals);
    TEST_RUN(merging);
    rs_arena_close(&arena);
    return 0;
}
