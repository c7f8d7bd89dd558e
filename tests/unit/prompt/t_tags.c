/* <kind:name:...> in prompts, by A1111's rule: cases worked out with its regular
 * expression <(\w+):([^>]+)> and its ExtraNetworkParams. */
#include "prompt/prompt_tags.h"
#include "tests/lib/test.h"

static rs_err err;
static rs_arena *arena;

static rs_prompt_tags parse(const char *text, const char *plain)
{
    rs_prompt_tags tags;
    const char *got;
    CHECK_OK(rs_prompt_tags_parse(arena, text, &got, &tags, &err));
    CHECK_STR(got, plain);
    return tags;
}

static void one(const char *text, const char *kind, const char *name, double te, double unet, int dyn)
{
    const rs_prompt_tags tags = parse(text, "");
    CHECK_INT(tags.n, 1);
    CHECK_STR(tags.items[0].kind, kind);
    CHECK_STR(tags.items[0].name, name);
    CHECK_NEAR(tags.items[0].te, te, 0);
    CHECK_NEAR(tags.items[0].unet, unet, 0);
    CHECK_INT(tags.items[0].dyn, dyn);
}

static void values(void)
{
    one("<lora:a>", "lora", "a", 1, 1, 0);
    one("<lora:a b-1.2:0.7>", "lora", "a b-1.2", 0.7, 0.7, 0);
    one("<lora:a:0.5:-2>", "lora", "a", 0.5, -2, 0);
    one("<lora:a:.5:1.:16>", "lora", "a", 0.5, 1, 16);
    one("<lora:a:te=0.25:unet=1e-1:dyn=8>", "lora", "a", 0.25, 0.1, 8);
    one("<lora:a:unet=2>", "lora", "a", 1, 2, 0);
    one("<lora:te=3:a:0.5>", "lora", "a", 3, 3, 0); /* a name wins, wherever it stands */
    one("<lora:a:other=3>", "lora", "a", 1, 1, 0);
    one("<lora:a: +1.5 >", "lora", "a", 1.5, 1.5, 0);
    one("<hypernet:b:007>", "hypernet", "b", 7, 7, 0);
    one("<n\xc3\xa4me_2:x=y=z>", "n\xc3\xa4me_2", "x=y=z", 1, 1, 0);
    one("<lora:a<b:2>", "lora", "a<b", 2, 2, 0);
    one("<lora:a:1\n>", "lora", "a", 1, 1, 0);
}

static void text_around(void)
{
    const rs_prompt_tags tags = parse("a <lora:x:1> cat<lora:y:2>, <b", "a  cat, <b");
    CHECK_INT(tags.n, 2);
    CHECK_STR(tags.items[0].name, "x");
    CHECK_STR(tags.items[1].name, "y");
    CHECK_INT(parse("(<lora:x>:1.2)", "(:1.2)").n, 1);
    CHECK_INT(parse("<<lora:x>>", "<>").n, 1);
    static const char *const none[] = { "", "a < b", "<lora>", "<lora:>", "<:a>", "<lo ra:a>", "<lora:a" };
    for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++)
        CHECK_INT(parse(none[i], none[i]).n, 0);
}

static void refusals(void)
{
    rs_prompt_tags tags;
    const char *plain;
    CHECK_INT(rs_prompt_tags_parse(arena, "<lora:a:x>", &plain, &tags, &err), RS_E_INVALID);
    CHECK_STR(err.msg, "prompt: <lora:a:x>: the multiplier is 'x', expected a number");
    CHECK_INT(rs_prompt_tags_parse(arena, "<lora:a:1:>", &plain, &tags, &err), RS_E_INVALID);
    CHECK_INT(rs_prompt_tags_parse(arena, "<lora:a:1e999>", &plain, &tags, &err), RS_E_INVALID);
    CHECK_INT(rs_prompt_tags_parse(arena, "<lora:te=1>", &plain, &tags, &err), RS_E_INVALID);
    CHECK_STR(err.msg, "prompt: <lora:te=1> names no network: write <lora:name:1>");
    CHECK_INT(rs_prompt_tags_parse(arena, "<lora:a:dyn=1.5>", &plain, &tags, &err), RS_E_INVALID);
}

int main(void)
{
    arena = rs_arena_open(1 << 16);
    CHECK(arena);
    TEST_RUN(values);
    TEST_RUN(text_around);
    TEST_RUN(refusals);
    rs_arena_close(&arena);
    return 0;
}
