/* The trace of a picture: valid JSON, every operation inside the part it belongs
 * to, also when the run was stopped; readable but for its closing bracket while
 * the run goes on. */
#include "base/fs.h"
#include "base/json.h"
#include "restyle/img2img.h"
#include "tests/lib/test.h"
#include "tests/lib/tmpdir.h"

#define TINY RS_SOURCE_DIR "/tests/golden/tiny"

static rs_err err;

struct seen {
    int operations, steps, encodes, decodes, prompts;
    double end; /* of the last part */
};

static bool on_step(void *cookie, int step, int n_steps)
{
    (void)n_steps;
    return step != *(int *)cookie;
}

static void paint(rs_model *m, int stop_at, rs_status want)
{
    rs_image in = { 0 }, out = { 0 };
    rs_img2img_params p;
    rs_img2img_defaults(&p);
    p.steps = 4;
    p.steps_mode = RS_STEPS_EXACT;
    CHECK_OK(rs_image_alloc(&in, 16, 8, &err));
    memset(in.rgb, 0, 16 * 8 * 3 * sizeof(float));
    const rs_progress progress = { on_step, &stop_at };
    CHECK_INT(rs_img2img(m, &p, &in, &out, &progress, &err), want);
    rs_image_release(&in);
    rs_image_release(&out);
}

static const char *text_of(const rs_json *e, const char *key)
{
    const rs_json *v = rs_json_get(e, key);
    CHECK(v && v->type == RS_JSON_STRING);
    return v->string;
}

static double number_of(const rs_json *e, const char *key)
{
    const rs_json *v = rs_json_get(e, key);
    CHECK(v && v->type == RS_JSON_NUMBER);
    return v->number;
}

static void look_at(const rs_json *e, struct seen *s)
{
    const char *name = text_of(e, "name"), *kind = text_of(e, "cat");
    const rs_json *args = rs_json_get(e, "args");
    const double ts = number_of(e, "ts"), end = ts + number_of(e, "dur");
    CHECK(ts >= 0 && end >= ts);
    CHECK_STR(text_of(args, "kind"), kind);
    CHECK(number_of(args, "GFLOP/s") >= 0 && number_of(args, "GB/s") >= 0);
    if (strcmp(kind, "part") == 0) {
        s->steps += strcmp(name, "unet step") == 0;
        s->encodes += strcmp(name, "vae encode") == 0;
        s->decodes += strcmp(name, "vae decode") == 0;
        s->prompts += strcmp(name, "prompts") == 0;
        s->end = end;
        return;
    }
    s->operations++;
    CHECK(ts >= s->end); /* those of a part come before it */
    if (strcmp(kind, "linear") == 0)
        CHECK(number_of(args, "GFLOP") > 0);
}

/* tail: what the file lacks. */
static struct seen read_trace(const char *path, const char *tail)
{
    struct seen s = { 0 };
    rs_arena *a = rs_arena_open(1 << 20);
    char *data;
    size_t size;
    const rs_json *root;
    CHECK_OK(rs_read_file(a, path, (size_t)64 << 20, &data, &size, &err));
    char *whole = rs_arena_alloc(a, size + 8);
    memcpy(whole, data, size);
    strcpy(whole + size, tail);
    CHECK_OK(rs_json_parse(a, whole, strlen(whole), path, &root, &err));
    CHECK(root->type == RS_JSON_ARRAY && root->n > 1);
    CHECK_STR(text_of(root->first, "ph"), "M");
    for (const rs_json *e = root->first->next; e; e = e->next) {
        CHECK_STR(text_of(e, "ph"), "X");
        look_at(e, &s);
    }
    rs_arena_close(&a);
    return s;
}

static void pictures(void)
{
    const char *path = tmpdir_at("trace.json");
    rs_profile *trace = NULL;
    rs_model *m = NULL;
    CHECK_OK(rs_profile_open(path, &trace, &err));
    CHECK_OK(rs_model_open(TINY, &(rs_model_options){ .threads = 2, .profile = trace }, &m, &err));
    paint(m, -1, RS_OK);
    const struct seen one = read_trace(path, "]");
    CHECK_INT(one.prompts + one.encodes + one.decodes, 3);
    CHECK_INT(one.steps, 4);
    CHECK(one.operations > 200);
    paint(m, 2, RS_E_CANCELLED);
    rs_model_close(&m);
    CHECK_OK(rs_profile_close(&trace, &err));
    CHECK(!trace);
    const struct seen two = read_trace(path, "");
    CHECK_INT(two.encodes, 2);
    CHECK_INT(two.decodes, 1);
    CHECK_INT(two.steps, 6);
    CHECK(two.operations > one.operations);
}

static void refusals(void)
{
    rs_profile *trace = NULL;
    char below[600]; /* a file is no folder */
    snprintf(below, sizeof below, "%s/x.json", tmpdir_at("trace.json"));
    CHECK_INT(rs_profile_open(below, &trace, &err), RS_E_IO);
    CHECK(strstr(err.msg, "x.json"));
    CHECK(!trace);
    CHECK_OK(rs_profile_close(&trace, &err));
    CHECK_OK(rs_profile_open("/dev/full", &trace, &err));
    CHECK_INT(rs_profile_close(&trace, &err), RS_E_IO);
    CHECK(strstr(err.msg, "/dev/full"));
}

int main(void)
{
    tmpdir_open();
    TEST_RUN(pictures);
    TEST_RUN(refusals);
    tmpdir_close();
    return 0;
}
