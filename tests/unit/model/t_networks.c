/* Networks of every kind and naming against what PEFT and LyCORIS make of them (see
 * tools/reference/networks.py): the merged weights, and one prediction of the UNet. */
#include <stdio.h>

#include "model/unet.h"
#include "tests/lib/golden_model.h"
#include "weights/networks.h"
#include "weights/part_tensors.h"

/* Both sides are floats, one rounded from a float64 sum of a few products. */
#define WEIGHT_TOL 1e-6

static const char *const cases[] = { "lora", "mid", "loha", "lokr", "ia3", "full", "dora", "peft",
                                     "peft_dora" };
static rs_err err;

struct merged {
    struct golden_model *m;
    const char *name; /* of the case */
    rs_part part;
    int compared;
    double worst;
};

static void compare(void *cookie, const char *name, int rank, const int64_t *shape)
{
    struct merged *c = cookie;
    char key[300];
    const float *values;
    snprintf(key, sizeof(key), "%s/%s/%s", c->name, c->part == RS_PART_TEXT ? "text" : "unet", name);
    const rs_wtensor *want = rs_weights_find(c->m->file.file, key);
    CHECK_OK(rs_bundle_f32(c->m->arena, c->m->bundle, c->part, name, rank, shape, &values, &err));
    if (!want)
        return;
    size_t n;
    const float *ref = golden_f32(&c->m->file, key, &n);
    const double e = golden_error(values, ref, n);
    if (!(e < WEIGHT_TOL))
        TEST_FAIL("%s: relative error %g", key, e);
    c->worst = e > c->worst ? e : c->worst;
    c->compared++;
}

static void use(struct golden_model *m, const char *name, rs_networks **nets)
{
    char path[512];
    snprintf(path, sizeof(path), RS_SOURCE_DIR "/tests/golden/networks/%s.safetensors", name);
    rs_lora file = { .path = path, .weight = 1, .te = RS_LORA_WEIGHT, .unet = RS_LORA_WEIGHT };
    CHECK(sscanf(rs_weights_metadata(m->file.file, name), "%f %f", &file.te, &file.unet) == 2);
    CHECK_OK(rs_networks_open(m->arena, m->bundle, &file, 1, m->ex.pool, nets, &err));
    rs_bundle_use_networks(m->bundle, *nets);
}

static rs_tensor predict(struct golden_model *m)
{
    rs_unet *u;
    rs_unet_context context;
    const rs_tensor x = golden_model_read(m, "in"), ctx = golden_model_read(m, "context");
    rs_tensor y = golden_model_new(m, x.n, x.h, x.w, rs_bundle_unet(m->bundle)->out_channels);
    CHECK_OK(rs_unet_load(&m->ex, m->arena, m->bundle, false, &u, &err));
    CHECK_OK(rs_unet_context_make(&m->ex, u, m->arena, &ctx, &context, &err));
    CHECK_OK(rs_unet_forward(&m->ex, u, &y, &x, 500, &context, &err));
    return y;
}

static void one(const char *name)
{
    struct golden_model m[2];
    rs_networks *nets[2];
    rs_tensor y[2];
    for (int i = 0; i < 2; i++) { /* with one thread and with three: the same bytes */
        golden_model_open(&m[i], "tiny", "networks.safetensors", 1 + 2 * i);
        use(&m[i], name, &nets[i]);
        y[i] = predict(&m[i]);
    }
    struct merged c = { .m = &m[0], .name = name };
    for (c.part = RS_PART_TEXT; c.part <= RS_PART_UNET; c.part++)
        rs_part_tensors(m[0].bundle, c.part, compare, &c);
    CHECK(c.compared > 1);
    CHECK(!memcmp(y[0].data, y[1].data, rs_tensor_count(&y[0]) * sizeof(float)));
    const double e = golden_model_compare(&m[0], &y[0], WHOLE_TOL, "%s/out", name);
    printf("%s: %d tensors, worst %.2g, prediction %.2g\n", name, c.compared, c.worst, e);
    for (int i = 0; i < 2; i++) {
        rs_networks_close(&nets[i]);
        golden_model_close(&m[i]);
    }
}

/* Of the golden file's tensors of this case none may have been left out. */
static void complete(const char *name)
{
    struct golden g = golden_open(RS_SOURCE_DIR "/tests/golden/networks.safetensors");
    struct golden_model m;
    rs_networks *nets;
    golden_model_open(&m, "tiny", "networks.safetensors", 1);
    use(&m, name, &nets);
    for (size_t i = 0; i < rs_weights_count(g.file); i++) {
        const char *key = rs_weights_at(g.file, i)->name;
        const size_t n = strlen(name);
        if (strncmp(key, name, n) != 0 || key[n] != '/')
            continue;
        const bool text = strncmp(key + n, "/text/", 6) == 0;
        if (!rs_networks_touch(nets, text ? RS_PART_TEXT : RS_PART_UNET, key + n + 6))
            TEST_FAIL("%s is not changed", key);
    }
    rs_networks_close(&nets);
    golden_model_close(&m);
    golden_close(&g);
}

int main(void)
{
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        one(cases[i]);
        complete(cases[i]);
    }
    return 0;
}
