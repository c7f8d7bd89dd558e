/* Walks every row of every group: what holds for all options is checked here,
 * so a new row is tested by existing. */
#include "base/json.h"
#include "conf/yaml_tree.h"
#include "opt/opt.h"
#include "opt/opt_doc.h"
#include "pipe/schema.h"
#include "restyle/pipeline.h"
#include "stage/img2img_opts.h"
#include "tests/lib/test.h"

static rs_arena *arena;
static rs_diags diags;
static rs_opt_ctx ctx;
static int n_rows, n_numbers, n_names;

typedef void row_test(const rs_opt_group *group, const rs_opt *row);

static void walk(const rs_opt_group *group, row_test *test)
{
    for (const rs_opt *row = group->rows; row->key; row++) {
        if (rs_opt_subgroup(row))
            walk(rs_opt_subgroup(row), test);
        test(group, row);
    }
}

/* Parses text as the row's value; false when it was refused. */
static bool parse(const rs_opt *row, const char *text, void *at)
{
    rs_diags_init(&diags, arena);
    rs_value *v = rs_yaml_parse_scalar(arena, (rs_pos){ "test", 1, 1 }, row->key, text, &diags);
    CHECK(v);
    const bool ok = row->type->parse(&ctx, row, row->key, v, at);
    CHECK_INT(ok, diags.n == 0);
    return ok;
}

static void well_formed(const rs_opt_group *group, const rs_opt *row)
{
    n_rows++;
    const char *help = rs_opt_help(row);
    CHECK(help && help[0] && help[strlen(help) - 1] != '.');
    CHECK(strspn(row->key, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(row->key));
    CHECK(row->offset < group->size);
    for (const rs_opt *other = group->rows; other != row; other++) {
        CHECK(strcmp(other->key, row->key) != 0);
        CHECK(other->offset != row->offset);
    }
    if (rs_opt_subgroup(row))
        CHECK(row->offset + rs_opt_subgroup(row)->size <= group->size);
}

static void default_round_trip(const rs_opt_group *group, const rs_opt *row)
{
    union { uint64_t u; rs_size size; const char *s; } value;
    if (rs_opt_subgroup(row))
        return;
    const void *at = rs_opt_field(row, group->defaults);
    rs_strbuf sb;
    rs_strbuf_init(&sb, 1000);
    row->type->print(&sb, row, at);
    if (sb.len) {
        memset(&value, 0x5a, sizeof(value));
        CHECK(parse(row, sb.data, &value));
        CHECK(row->type->equal(row, at, &value));
    }
    rs_strbuf_release(&sb);
}

/* The ends of the range are in, what is beyond is out, and a word is a word. */
static void ranges(const rs_opt_group *group, const rs_opt *row)
{
    (void)group;
    if (row->type != &rs_opt_int && row->type != &rs_opt_float)
        return;
    n_numbers++;
    CHECK(row->min < row->max);
    const double values[] = { row->min, row->max, row->min - 1, row->max + 1 };
    union { int i; float f; } x, y;
    for (int i = 0; i < 4; i++) {
        char text[40];
        snprintf(text, sizeof(text), row->type == &rs_opt_int ? "%.0f" : "%.9g", values[i]);
        CHECK_INT(parse(row, text, &x), i < 2);
        if (i == 1) {
            CHECK(parse(row, text, &y));
            CHECK(row->type->equal(row, &x, &y));
            CHECK(parse(row, "0.5", &x) == (row->type == &rs_opt_float && row->min <= 0.5));
        }
    }
    CHECK(!parse(row, "word", &x));
    CHECK(!parse(row, "\"1\"", &x));
    CHECK(!parse(row, "", &x));
}

/* Every name of an enumeration or registry parses and prints as itself. */
static void names(const rs_opt_group *group, const rs_opt *row)
{
    (void)group;
    const rs_opt_choice *choices = row->type == &rs_opt_enum ? row->priv : NULL;
    const rs_opt_kind *kind = row->type == &rs_opt_kinds ? row->priv : NULL;
    for (size_t i = 0; choices || kind; i++) {
        const char *name = choices ? choices[i].name : kind->name(i);
        if (!name)
            break;
        n_names++;
        const char *help = choices ? choices[i].help : kind->help(i);
        CHECK(help && help[0]);
        union { int i; const char *s; } value;
        CHECK(parse(row, name, &value));
        rs_strbuf sb;
        rs_strbuf_init(&sb, 100);
        row->type->print(&sb, row, &value);
        CHECK_STR(rs_strbuf_str(&sb), name);
        rs_strbuf_release(&sb);
    }
    if (choices || kind) {
        union { int i; const char *s; } value;
        CHECK(!parse(row, "no_such_name", &value));
    }
}

static void all_rows(void)
{
    walk(&rs_pipeline_group, well_formed);
    walk(&rs_pipeline_group, default_round_trip);
    walk(&rs_pipeline_group, ranges);
    walk(&rs_pipeline_group, names);
    CHECK(n_rows >= 30 && n_numbers >= 6 && n_names >= 15);
}

/* A library's caller and a pipeline start from the same defaults. */
static void defaults_agree(void)
{
    rs_img2img_params p;
    rs_pipeline_spec spec;
    rs_img2img_defaults(&p);
    rs_opt_defaults(&rs_pipeline_group, &spec);
    CHECK(rs_opt_equal(&rs_img2img_group, &p, &spec.img2img));
    p.sampling.s_noise += 1;
    CHECK(!rs_opt_equal(&rs_img2img_group, &p, &spec.img2img));
}

static void dump_reads_back(void)
{
    rs_pipeline_spec a, b;
    rs_strbuf sb;
    rs_strbuf_init(&sb, 100000);
    rs_opt_defaults(&rs_pipeline_group, &a);
    a.model = "/m";
    a.inputs = (rs_list){ 2, (const char *const[]){ "/i \"quoted\" \\ # : ", "/j, k" } };
    a.output = "/o";
    a.size = (rs_size){ 24, 16 };
    a.img2img.prompt = "line\none\ttab \x7f \xc2\x85 \xe2\x80\xa8 \xef\xbb\xbf \xf0\x9f\x8e\xa8 caf\xc3\xa9";
    a.img2img.strength = 0.1f;
    a.img2img.seed = UINT64_MAX;
    a.img2img.sampler = rs_sampler_name(1);
    a.encode.preset = "slow";
    a.threads = 3;
    rs_opt_dump(&sb, &rs_pipeline_group, &a);
    rs_opt_defaults(&rs_pipeline_group, &b);
    CHECK(!rs_opt_equal(&rs_pipeline_group, &a, &b));
    rs_diags_init(&diags, arena);
    rs_value *root = rs_yaml_parse(arena, "dump", sb.data, sb.len, &diags);
    CHECK(root);
    rs_opt_parse(&ctx, &rs_pipeline_group, "", root, &b);
    if (diags.n)
        TEST_FAIL("%s: %s", diags.items[0].key, diags.items[0].text);
    CHECK(rs_opt_equal(&rs_pipeline_group, &a, &b));
    rs_strbuf_release(&sb);
}

static void fingerprint(void)
{
    rs_pipeline_spec a;
    rs_strbuf x, y;
    rs_strbuf_init(&x, 100000);
    rs_strbuf_init(&y, 100000);
    rs_opt_defaults(&rs_pipeline_group, &a);
    a.model = "/one";
    rs_opt_fingerprint(&x, &rs_pipeline_group, "", &a);
    CHECK(strstr(x.data, "img2img.steps: 20\n") && strstr(x.data, "size: \n"));
    CHECK(!strstr(x.data, "threads") && !strstr(x.data, "/one"));
    a.threads = 7;
    a.model = "/two";
    rs_opt_fingerprint(&y, &rs_pipeline_group, "", &a);
    CHECK_STR(y.data, x.data);
    a.img2img.cfg_scale = 7;
    rs_strbuf_clear(&y);
    rs_opt_fingerprint(&y, &rs_pipeline_group, "", &a);
    CHECK(strcmp(x.data, y.data) != 0);
    rs_strbuf_release(&x);
    rs_strbuf_release(&y);
}

static void check_json_group(const rs_json *node, const rs_opt_group *group)
{
    const rs_json *properties = rs_json_get(node, "properties");
    CHECK(properties);
    for (const rs_opt *row = group->rows; row->key; row++) {
        const rs_json *p = rs_json_get(properties, row->key);
        CHECK(p && rs_json_get(p, "description"));
        if (rs_opt_subgroup(row))
            check_json_group(p, rs_opt_subgroup(row));
        else
            CHECK(rs_json_get(p, "type") || rs_json_get(p, "enum") || rs_json_get(p, "anyOf"));
    }
}

static void json_schema(void)
{
    rs_err err = { 0 };
    rs_strbuf sb;
    const rs_json *root = NULL;
    rs_strbuf_init(&sb, 100000);
    rs_opt_doc_json(&sb, &rs_pipeline_group);
    CHECK_OK(rs_json_parse(arena, sb.data, sb.len, "schema", &root, &err));
    check_json_group(root, &rs_pipeline_group);
    const rs_json *steps = rs_json_get(rs_json_get(rs_json_get(rs_json_get(root, "properties"), "img2img"),
                                                   "properties"), "steps");
    CHECK_NEAR(rs_json_get(steps, "default")->number, 20, 0);
    CHECK_NEAR(rs_json_get(steps, "maximum")->number, 1000, 0);
    CHECK_INT(rs_json_get(root, "required")->n, 3);
    rs_strbuf_release(&sb);
}

static void schema_help(void)
{
    CHECK(strstr(rs_schema_help("img2img.steps"), "denoising"));
    CHECK(strstr(rs_schema_help("img2img"), "frame"));
    CHECK(!rs_schema_help("img2img.stpes"));
    CHECK(!rs_schema_help("model.steps"));
    CHECK(!rs_schema_help(""));
}

/* What leaves the machine: only what differs, and no folder. */
static void changed_without_folders(void)
{
    static const rs_lora loras[] = { { .path = "/home/me/loras/ink.safetensors", .weight = 0.5f } };
    rs_pipeline_spec a, usual;
    rs_strbuf sb;
    rs_strbuf_init(&sb, 100000);
    rs_opt_defaults(&rs_pipeline_group, &usual);
    a = usual;
    a.model = "/home/me/models/x/";
    a.inputs = (rs_list){ 2, (const char *const[]){ "/home/me/a.mp4", "b.mp4" } };
    a.inpaint.mask = RS_MASK_ALPHA;
    a.img2img.loras = (rs_list){ 1, loras };
    a.img2img.steps = 7;
    a.events = "/home/me/events.jsonl";
    a.threads = 3;
    CHECK(rs_opt_name_paths(arena, &rs_pipeline_group, &a));
    rs_opt_dump_changed(&sb, &rs_pipeline_group, &a, &usual);
    CHECK(!strstr(sb.data, "/home") && !strstr(sb.data, "/") && !strstr(sb.data, "threads"));
    CHECK(strstr(sb.data, "model: \"x\"\ninput: [\"a.mp4\", \"b.mp4\"]\nimg2img:\n"));
    CHECK(strstr(sb.data, "\"ink.safetensors\"") && strstr(sb.data, "  steps: 7\n"));
    CHECK(strstr(sb.data, "mask: \"alpha\"") && !strstr(sb.data, "cfg_scale"));
    CHECK_STR(loras[0].path, "/home/me/loras/ink.safetensors");
    rs_strbuf_release(&sb);
}

int main(void)
{
    arena = rs_arena_open(0);
    ctx = (rs_opt_ctx){ .arena = arena, .diags = &diags, .root = &rs_pipeline_group,
                        .file_dir = "/file", .current_dir = "/cwd" };
    TEST_RUN(all_rows);
    TEST_RUN(defaults_agree);
    TEST_RUN(dump_reads_back);
    TEST_RUN(changed_without_folders);
    TEST_RUN(fingerprint);
    TEST_RUN(json_schema);
    TEST_RUN(schema_help);
    rs_arena_close(&arena);
    return 0;
}
