/* Hypernetworks against A1111's own classes (see tools/reference/hypernetworks.py): activations,
 * what becomes of a context, a prediction under two files; and what is refused. */
#include "model/unet.h"
#include "tests/lib/golden_model.h"
#include "tests/lib/st_writer.h"
#include "tests/lib/tmpdir.h"

#define DIR RS_SOURCE_DIR "/tests/golden/hypernets/"

/* A handful of operations in single precision on values up to 25. */
#define ACT_TOL 2e-6

static rs_err err;

static void activations(void)
{
    struct golden_model m;
    size_t n;
    int compared = 0;
    golden_model_open(&m, "tiny", "hypernets.safetensors", 2);
    const float *in = golden_f32(&m.file, "act/in", &n);
    for (size_t i = 0; i < rs_weights_count(m.file.file); i++) {
        const char *name = rs_weights_at(m.file.file, i)->name;
        size_t count;
        if (strncmp(name, "act/", 4) != 0 || strcmp(name, "act/in") == 0)
            continue;
        const float *want = golden_f32(&m.file, name, &count);
        const rs_activation *act = rs_activation_find(name + 4);
        rs_tensor x = golden_model_new(&m, 1, 1, 1, (int)n);
        CHECK(act && count == n);
        memcpy(x.data, in, n * sizeof(float));
        rs_op_activate(&m.ex, &x, act);
        for (size_t k = 0; k < n; k++)
            CHECK_NEAR(x.data[k], want[k], ACT_TOL * fmax(1, fabs((double)want[k])));
        compared++;
    }
    CHECK_INT(compared, 23);
    CHECK(!rs_activation_find("softmax") && !rs_activation_find(""));
    golden_model_close(&m);
}

static rs_hypernet load(struct golden_model *m, const char *name)
{
    char path[512];
    rs_hypernet net;
    snprintf(path, sizeof path, DIR "%s.pt", name);
    CHECK_OK(rs_hypernet_load(&m->ex, m->arena, path, &net, &err));
    CHECK(sscanf(rs_weights_metadata(m->file.file, name), "%f", &net.weight) == 1);
    return net;
}

static void contexts(void)
{
    static const char *const files[] = { "plain", "norm", "deep", "old" };
    static const int n_sizes[] = { 4, 2, 1, 1 };
    struct golden_model m;
    golden_model_open(&m, "tiny", "hypernets.safetensors", 1);
    for (int i = 0; i < 4; i++) {
        const rs_hypernet net = load(&m, files[i]);
        const rs_hypernets nets = { &net, 1 };
        double worst = 0;
        CHECK_INT(net.n, n_sizes[i]);
        for (int k = 0; k < net.n; k++) {
            const int w = net.sizes[k].width;
            const rs_tensor context = golden_model_read(&m, "%s/%d/in", files[i], w);
            rs_tensor key, value;
            CHECK_OK(rs_hypernets_apply(&m.ex, &nets, &context, &key, &value, &err));
            worst = fmax(worst, golden_model_compare(&m, &key, BLOCK_TOL, "%s/%d/k", files[i], w));
            worst = fmax(worst, golden_model_compare(&m, &value, BLOCK_TOL, "%s/%d/v", files[i], w));
        }
        printf("%s: worst %.2g\n", files[i], worst);
    }
    golden_model_close(&m);
}

/* In both orders, with one thread and with three, and without them again. */
static void predictions(void)
{
    struct golden_model m[2];
    rs_tensor y[2], plain;
    rs_unet_context context;
    for (int i = 0; i < 2; i++) {
        rs_unet *u;
        golden_model_open(&m[i], "tiny", "hypernets.safetensors", 1 + 2 * i);
        const rs_hypernet nets[] = { load(&m[i], "plain"), load(&m[i], "norm") };
        const rs_hypernet turned[] = { nets[1], nets[0] };
        const rs_hypernets chain = { nets, 2 }, other = { turned, 2 };
        const rs_tensor x = golden_model_read(&m[i], "chain/in");
        const rs_tensor c = golden_model_read(&m[i], "chain/context");
        y[i] = golden_model_new(&m[i], x.n, x.h, x.w, 4);
        CHECK_OK(rs_unet_load(&m[i].ex, m[i].arena, m[i].bundle, false, &u, &err));
        plain = golden_model_new(&m[i], x.n, x.h, x.w, 4);
        for (int k = 0; k < 4; k++) { /* none, one order, the other, the first again */
            rs_unet_use_hypernets(u, k == 0 ? NULL : k == 2 ? &other : &chain);
            const rs_tensor *to = k == 0 ? &plain : &y[i];
            CHECK_OK(rs_unet_context_make(&m[i].ex, u, m[i].arena, &c, &context, &err));
            CHECK_OK(rs_unet_forward(&m[i].ex, u, to, &x, 500, &context, &err));
            const char *want = k == 2 ? "turned/out" : "chain/out";
            if (k)
                printf("%s: %.2g\n", want, golden_model_compare(&m[i], to, WHOLE_TOL, "%s", want));
        }
        CHECK(golden_error(plain.data, y[i].data, rs_tensor_count(&plain)) > 0.05);
    }
    CHECK(memcmp(y[0].data, y[1].data, rs_tensor_count(&y[0]) * sizeof(float)) == 0);
    for (int i = 0; i < 2; i++)
        golden_model_close(&m[i]);
}

static void add(st_writer *w, const char *name, int64_t rows, int64_t cols)
{
    const int64_t shape[] = { rows, cols };
    st_add_ramp(w, name, cols ? 2 : 1, shape);
}

/* A file with one network as it should be and one with one thing wrong. */
static const char *wrong(int what)
{
    rs_arena *arena = rs_arena_open(0);
    rs_hypernet net;
    st_writer *w = st_open();
    for (int which = 0; which < 2; which++) {
        char name[4][40];
        for (int i = 0; i < 4; i++)
            snprintf(name[i], sizeof name[i], "4.%d.linear.%d.%s", which, i / 2 * 2,
                     i % 2 ? "bias" : "weight");
        add(w, name[0], 6, what == 1 && which ? 5 : 4);
        if (what != 2 || !which)
            add(w, name[1], 6, 0);
        add(w, name[2], what == 3 && which ? 5 : 4, 6);
        add(w, name[3], what == 3 && which ? 5 : 4, 0);
    }
    if (what == 4)
        add(w, "4.0.other.weight", 2, 2);
    if (what == 5)
        st_metadata(w, "activation_func", "softmax");
    st_close(w, tmpdir_at("wrong.safetensors"));
    err.msg[0] = '\0';
    const rs_status s = rs_hypernet_check(arena, tmpdir_at("wrong.safetensors"), &net, &err);
    CHECK_INT(s != RS_OK, what != 0);
    rs_arena_close(&arena);
    return tmpdir_strip(err.msg);
}

static void refused(void)
{
    rs_arena *arena = rs_arena_open(0);
    rs_hypernet net;
    CHECK_STR(wrong(0), "");
    CHECK_STR(wrong(1), "'wrong.safetensors': tensor '4.1.linear.0.weight': shape [6, 5], expected [6, 4]");
    CHECK_STR(wrong(2), "'wrong.safetensors': there is no tensor '4.1.linear.0.bias'");
    CHECK_STR(wrong(3), "'wrong.safetensors': the layers '4.1.linear' end 5 wide, expected 4");
    CHECK_STR(wrong(4), "'wrong.safetensors' has 1 tensors that belong to no layer of a hypernetwork");
    CHECK_STR(wrong(5), "'wrong.safetensors': the activation 'softmax' is not supported");
    CHECK(rs_hypernet_check(arena, RS_SOURCE_DIR "/tests/golden/torch/embedding.pt", &net, &err) ==
          RS_E_FORMAT);
    CHECK(strstr(err.msg, "embedding.pt' is no hypernetwork"));
    rs_arena_close(&arena);
}

int main(void)
{
    tmpdir_open();
    TEST_RUN(activations);
    TEST_RUN(contexts);
    TEST_RUN(predictions);
    TEST_RUN(refused);
    tmpdir_close();
    return 0;
}
