/* Opening pipelines as an embedder does: values, overrides, verdicts, and what
 * happens when memory runs out. Texts of diagnostics are tested by
 * tests/cli/check.sh. */
#include "base/mem.h"
#include "restyle/pipeline.h"
#include "tests/lib/test.h"
#include "tests/lib/tmpdir.h"

struct seen {
    int n;
    char first[300];
};

static void see(void *cookie, const rs_diag *d)
{
    struct seen *s = cookie;
    if (s->n++ == 0)
        rs_diag_format(d, s->first, sizeof(s->first));
}

static const char text[] = "model: m\n"
                           "input: in.mp4\n"
                           "output: out/o.mp4\n"
                           "overwrite: true\n"
                           "img2img:\n"
                           "  prompt: ink\n"
                           "  steps: 0\n";

static char path[4096];

/* Opens the file above (path NULL: no file) with overrides. */
static rs_status open_with(const char *file, const rs_override *o, size_t n, rs_pipeline **p,
                           struct seen *s)
{
    rs_err err = { 0 };
    *s = (struct seen){ 0 };
    const rs_pipeline_source source = { .path = file, .overrides = o, .n_overrides = n,
                                        .diags = { see, s } };
    const rs_status status = rs_pipeline_open(&source, p, &err);
    CHECK_INT(err.status, status);
    CHECK_INT(status != RS_OK, err.msg[0] != '\0');
    return status;
}

static void values_and_overrides(void)
{
    const rs_override o[] = {
        { "--steps", "img2img.steps", "7" },        /* repairs what the file has wrong */
        { "--set", NULL, "img2img.prompt=a = b" },
        { "--set", NULL, "loopback.enabled=true" }, /* a group the file does not have */
        { "--model", "model", "/abs/model" },
    };
    rs_pipeline *p = NULL;
    struct seen s;
    CHECK_INT(open_with(path, o, 4, &p, &s), RS_OK);
    CHECK_INT(s.n, 0);
    const rs_pipeline_spec *spec = rs_pipeline_get(p);
    CHECK_STR(spec->model, "/abs/model");
    CHECK(spec->input[0] == '/' && strcmp(spec->input + strlen(spec->input) - 7, "/in.mp4") == 0);
    CHECK(strstr(spec->output, "/out/o.mp4"));
    CHECK_INT(spec->img2img.steps, 7);
    CHECK_STR(spec->img2img.prompt, "a = b");
    CHECK_STR(spec->img2img.sampler, "euler");
    CHECK(spec->loopback.enabled && spec->overwrite && !spec->tokenizer);
    CHECK_NEAR(spec->loopback.blend, 0.5, 0);
    CHECK_INT(spec->size.width, 0);
    CHECK_INT(spec->encode.crf, 18);
    rs_pipeline_close(&p);
    CHECK(!p);
    rs_pipeline_close(&p);
}

/* A file's permission to overwrite is about the file's output. */
static void overwrite_is_about_one_output(void)
{
    const rs_override o[] = {
        { "--set", NULL, "img2img.steps=1" },
        { "--output", "output", "other.mp4" },
        { "--overwrite", "overwrite", "true" },
    };
    rs_pipeline *p = NULL;
    struct seen s;
    for (size_t n = 1; n <= 3; n++) {
        CHECK_INT(open_with(path, o, n, &p, &s), RS_OK);
        CHECK_INT(rs_pipeline_get(p)->overwrite, n != 2);
        rs_pipeline_close(&p);
    }
}

static void without_a_file(void)
{
    const rs_override o[] = {
        { "--model", "model", "m" }, { "--input", "input", "i.png" }, { "--output", "output", "o.png" },
    };
    rs_pipeline *p = NULL;
    struct seen s;
    CHECK_INT(open_with(NULL, o, 3, &p, &s), RS_OK);
    CHECK_INT(rs_pipeline_get(p)->img2img.steps, 20);
    rs_pipeline_close(&p);
    CHECK_INT(open_with(NULL, o, 1, &p, &s), RS_E_INVALID);
    CHECK_INT(s.n, 2);
    CHECK(strstr(s.first, "command line: input: required"));
}

static void verdicts(void)
{
    rs_pipeline *p = NULL;
    struct seen s;
    CHECK_INT(open_with(path, NULL, 0, &p, &s), RS_E_INVALID);
    CHECK(!p && s.n == 1 && strstr(s.first, ":7:10: img2img.steps: 0 is out of range"));
    CHECK_INT(open_with("/nonexistent/x.yaml", NULL, 0, &p, &s), RS_E_NOTFOUND);
    CHECK_INT(s.n, 0);
    const rs_override bad[] = {
        { "--set", NULL, "no_equals_sign" },
        { "--set", NULL, "=1" },
        { "--set", NULL, "img2img..steps=1" },
        { "--set", NULL, "model.x=1" },
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        CHECK_INT(open_with(path, &bad[i], 1, &p, &s), RS_E_INVALID);
        CHECK_INT(s.n, 2); /* with the file's own mistake */
    }
}

static void random_seed(void)
{
    const rs_override o[] = {
        { "--set", NULL, "img2img.steps=1" }, { "--set", NULL, "img2img.seed=random" },
    };
    rs_pipeline *p = NULL;
    struct seen s;
    uint64_t seeds[3];
    for (int i = 0; i < 3; i++) {
        CHECK_INT(open_with(path, o, 2, &p, &s), RS_OK);
        seeds[i] = rs_pipeline_get(p)->img2img.seed;
        CHECK(seeds[i] <= UINT32_MAX);
        rs_pipeline_close(&p);
    }
    CHECK(seeds[0] != seeds[1] || seeds[1] != seeds[2]);
}

static void drop(void *cookie, const char *piece, size_t len)
{
    (void)piece;
    *(size_t *)cookie += len;
}

/* The n-th allocation fails, for every n: a status, no crash, no leak. */
static void out_of_memory(void)
{
    const rs_override o[] = { { "--set", NULL, "img2img.steps=1" } };
    rs_pipeline *p = NULL;
    struct seen s;
    rs_err err = { 0 };
    size_t len = 0;
    const rs_text_sink sink = { drop, &len };
    int failures = 0;
    for (long n = 0;; n++) {
        rs_alloc_fail_after(n);
        const rs_status status = open_with(path, o, 1, &p, &s);
        rs_status dumped = RS_OK;
        if (status == RS_OK) {
            dumped = rs_pipeline_dump(p, &sink, &err);
            rs_pipeline_close(&p);
        }
        rs_alloc_fail_after(-1);
        CHECK(status == RS_OK || status == RS_E_NOMEM);
        CHECK(dumped == RS_OK || dumped == RS_E_NOMEM);
        if (status == RS_OK && dumped == RS_OK)
            break;
        failures++;
    }
    CHECK(failures > 2 && len > 100);
}

int main(void)
{
    tmpdir_open();
    tmpdir_write("p.yaml", text, sizeof(text) - 1);
    tmpdir_path(path, sizeof(path), "p.yaml");
    TEST_RUN(values_and_overrides);
    TEST_RUN(overwrite_is_about_one_output);
    TEST_RUN(without_a_file);
    TEST_RUN(verdicts);
    TEST_RUN(random_seed);
    TEST_RUN(out_of_memory);
    tmpdir_close();
    return 0;
}
