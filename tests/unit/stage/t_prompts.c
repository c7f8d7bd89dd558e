/* Prompts as A1111 encodes and combines them, against tools/reference/conditioning.py:
 * what cross attention reads, and whole pictures with AND, weights, changing prompts and
 * prompts of unlike lengths. */
#include "base/json.h"
#include "base/mem.h"
#include "stage/engine.h"
#include "tests/lib/golden_model.h"

#define GOLDEN RS_SOURCE_DIR "/tests/golden/"
#define EMBEDDINGS GOLDEN "prompts/embeddings"

static rs_err err;

static rs_model *open_model(const char *embeddings, int threads)
{
    rs_model *m = NULL;
    CHECK_OK(rs_model_open(GOLDEN "tiny", &(rs_model_options){ .threads = threads, .embeddings = embeddings },
                           &m, &err));
    return m;
}

static const rs_json *parameters(const struct golden *g, const char *name)
{
    const rs_json *root = NULL;
    const char *text = rs_weights_metadata(g->file, name);
    CHECK(text);
    CHECK_OK(rs_json_parse(g->arena, text, strlen(text), name, &root, &err));
    return root;
}

static const char *text_of(const rs_json *o, const char *key)
{
    const rs_json *v = rs_json_get(o, key);
    CHECK(v && v->type == RS_JSON_STRING);
    return v->string;
}

static int int_of(const rs_json *o, const char *key)
{
    const rs_json *v = rs_json_get(o, key);
    CHECK(v && v->is_integer);
    return (int)v->integer;
}

static rs_emphasis emphasis_of(const char *name)
{
    static const struct {
        const char *name;
        rs_emphasis value;
    } all[] = { { "Original", RS_EMPHASIS_ORIGINAL }, { "No norm", RS_EMPHASIS_NO_NORM },
                { "Ignore", RS_EMPHASIS_IGNORE }, { "None", RS_EMPHASIS_NONE } };
    size_t i = 0;
    while (i < 3 && strcmp(all[i].name, name) != 0)
        i++;
    CHECK_STR(name, all[i].name);
    return all[i].value;
}

/* The first three parts of the prompt's schedule, one behind the other. */
static double one_case(rs_model *m, const struct golden *g, const char *name, const rs_json *o)
{
    char key[32];
    rs_img2img_params p;
    size_t n, done = 0;
    rs_img2img_defaults(&p);
    p.emphasis = emphasis_of(text_of(o, "emphasis"));
    p.clip_skip = int_of(o, "clip_skip");
    p.comma_backtrack = int_of(o, "backtrack");
    const rs_prompt_request q = { text_of(o, "prompt"), "", &p, int_of(o, "steps"), 1 };
    CHECK_OK(rs_model_set_prompts(m, &q, &err));
    CHECK_INT(m->prompts.n, 1);
    snprintf(key, sizeof(key), "%s/out", name);
    const float *want = golden_f32(g, key, &n);
    const rs_prompt_track *t = &m->prompts.tracks[0];
    float *got = RS_NEW_N(g->arena, float, n);
    CHECK(got);
    for (int i = 0; i < t->schedule.n_parts && i < 3; i++) {
        const rs_tensor *z = &t->states[t->schedule.parts[i].text];
        CHECK(done + rs_tensor_count(z) <= n);
        memcpy(got + done, z->data, rs_tensor_count(z) * sizeof(float));
        done += rs_tensor_count(z);
    }
    CHECK_INT(done, n);
    return golden_error(got, want, n);
}

/* The tolerance is that of the text encoder; float32 torch is off by up to 2e-6. */
static void conditionings(void)
{
    struct golden g = golden_open(GOLDEN "prompts/conditioning.safetensors");
    rs_model *with = open_model(EMBEDDINGS, 2), *without = open_model(NULL, 2);
    CHECK_INT(with->embeddings.n, 3); /* the fourth is for another model */
    const int n = atoi(rs_weights_metadata(g.file, "n"));
    CHECK(n > 20);
    for (int i = 0; i < n; i++) {
        char name[16];
        snprintf(name, sizeof(name), "%d", i);
        const rs_json *o = parameters(&g, name);
        const double e = one_case(rs_json_get(o, "embeddings")->boolean ? with : without, &g, name, o);
        printf("%d %.60s: relative error %.2g\n", i, text_of(o, "prompt"), e);
        CHECK(e <= WHOLE_TOL);
    }
    rs_model_close(&with);
    rs_model_close(&without);
    golden_close(&g);
}

static rs_image image_of(const struct golden *g, const char *name)
{
    const rs_wtensor *t = golden_find(g, name);
    const int h = (int)t->shape[2], w = (int)t->shape[3];
    rs_image im = { 0 };
    size_t n;
    const float *planar = golden_f32(g, name, &n);
    CHECK_OK(rs_image_alloc(&im, w, h, &err));
    const rs_tensor view = { 1, h, w, 3, im.rgb };
    rs_tensor_from_planar(&view, planar);
    return im;
}

static rs_img2img_params run_params(const rs_json *o)
{
    rs_img2img_params p;
    rs_img2img_defaults(&p);
    p.prompt = text_of(o, "prompt");
    p.negative_prompt = text_of(o, "negative");
    p.sampler = text_of(o, "sampler");
    p.strength = (float)rs_json_get(o, "strength")->number;
    p.cfg_scale = (float)rs_json_get(o, "cfg_scale")->number;
    p.steps = int_of(o, "steps");
    p.seed = (uint64_t)int_of(o, "seed");
    p.pad_cond_uncond = rs_json_get(o, "pad")->boolean;
    p.scheduler = "karras";
    p.rng = RS_RNG_CPU;
    return p;
}

static void pictures(void)
{
    struct golden g = golden_open(GOLDEN "prompts/runs.safetensors");
    rs_model *one = open_model(NULL, 1), *three = open_model(NULL, 3);
    rs_image init = image_of(&g, "init");
    const size_t n = (size_t)init.width * (size_t)init.height * 3;
    char *list = rs_arena_strdup(g.arena, rs_weights_metadata(g.file, "runs")), *save = list;
    CHECK(list);
    int count = 0;
    for (char *name = list; name; name = save, count++) {
        char key[128];
        rs_image a = { 0 }, b = { 0 };
        save = strchr(name, ',');
        if (save)
            *save++ = '\0';
        const rs_img2img_params p = run_params(parameters(&g, name));
        snprintf(key, sizeof(key), "%.100s/image", name);
        rs_image want = image_of(&g, key);
        CHECK_OK(rs_img2img(one, &p, &init, &a, NULL, &err));
        CHECK_OK(rs_img2img(three, &p, &init, &b, NULL, &err));
        CHECK(memcmp(a.rgb, b.rgb, n * sizeof(float)) == 0);
        const double e = golden_error(a.rgb, want.rgb, n);
        printf("%s: relative error %.2g of the picture\n", name, e);
        CHECK(e <= RUN_TOL);
        rs_image_release(&a);
        rs_image_release(&b);
        rs_image_release(&want);
    }
    CHECK_INT(count, 9);
    rs_image_release(&init);
    rs_model_close(&one);
    rs_model_close(&three);
    golden_close(&g);
}

/* Changing prompts allocate nothing from the second picture on, and `executed` fits the
 * whole schedule into the steps that strength leaves. */
static void changing_prompts(void)
{
    rs_model *m = open_model(NULL, 1);
    rs_image in = { 0 }, all = { 0 }, executed = { 0 }, plain = { 0 };
    const size_t bytes = 16 * 16 * 3 * sizeof(float);
    rs_img2img_params p;
    CHECK_OK(rs_image_alloc(&in, 16, 16, &err));
    for (int i = 0; i < 16 * 16 * 3; i++)
        in.rgb[i] = (float)(i % 97) / 97.0f;
    rs_img2img_defaults(&p);
    p.strength = 0.3f;
    p.steps = 10;
    p.prompt = "a [cat:dog:0.5] AND [sea|night]";
    CHECK_OK(rs_img2img(m, &p, &in, &all, NULL, &err));
    const size_t before = rs_alloc_count();
    CHECK_OK(rs_img2img(m, &p, &in, &all, NULL, &err));
    CHECK_INT(rs_alloc_count() - before, 0);
    p.prompt_steps = RS_PROMPT_STEPS_EXECUTED;
    CHECK_OK(rs_img2img(m, &p, &in, &executed, NULL, &err));
    CHECK(memcmp(all.rgb, executed.rgb, bytes) != 0);
    /* of 10 steps 4 are executed, which never reach the dog */
    p.prompt_steps = RS_PROMPT_STEPS_ALL;
    p.prompt = "a cat AND [sea|night]";
    CHECK_OK(rs_img2img(m, &p, &in, &plain, NULL, &err));
    CHECK(memcmp(all.rgb, plain.rgb, bytes) == 0);
    rs_image_release(&in);
    rs_image_release(&all);
    rs_image_release(&executed);
    rs_image_release(&plain);
    rs_model_close(&m);
}

static void refuse(rs_model *m, const char *prompt, int clip_skip, rs_status status, const char *message)
{
    rs_img2img_params p;
    rs_img2img_defaults(&p);
    p.clip_skip = clip_skip;
    const rs_prompt_request q = { prompt, "", &p, 10, 1 };
    CHECK_INT(rs_model_set_prompts(m, &q, &err), status);
    CHECK_STR(err.msg, message);
}

static void refusals(void)
{
    rs_model *m = open_model(NULL, 1);
    rs_img2img_params p;
    rs_img2img_defaults(&p);
    refuse(m, "a", 4, RS_E_RANGE, "clip_skip is 4, but this model's text encoder has 3 layers");
    refuse(m, "(a:1..2)", 1, RS_E_INVALID, "prompt: the weight '1..2' is no number: write "
           "(word:1.2), or \\( and \\) for brackets");
    const rs_prompt_request q = { "a", "b", &p, 10, 1 }; /* and the model still works */
    CHECK_OK(rs_model_set_prompts(m, &q, &err));
    CHECK_INT(rs_model_open(GOLDEN "tiny", &(rs_model_options){ .embeddings = GOLDEN "absent" }, &m, &err),
              RS_E_NOTFOUND);
    rs_model_close(&m);
}

int main(void)
{
    TEST_RUN(conditionings);
    TEST_RUN(pictures);
    TEST_RUN(changing_prompts);
    TEST_RUN(refusals);
    return 0;
}
