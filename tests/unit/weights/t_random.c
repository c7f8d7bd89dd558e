/* Random weights: all tensors of a known size, finite, the same at every call. */
#include "base/mem.h"
#include "tests/lib/test.h"
#include "weights/archs.h"
#include "weights/part_tensors.h"

static rs_err err;

struct sum {
    const rs_bundle *b;
    rs_part part;
    rs_arena *arena;
    int64_t parameters;
};

static void add(void *cookie, const char *name, int rank, const int64_t *shape)
{
    struct sum *s = cookie;
    int64_t n = 1;
    (void)name;
    for (int i = 0; i < rank; i++)
        n *= shape[i];
    s->parameters += n;
}

/* The sizes that are published for Stable Diffusion 1.5. */
static void sizes_of_sd15(void)
{
    const rs_arch *a = rs_arch_find("sd15");
    struct sum text = { 0 }, unet = { 0 }, vae = { 0 };
    rs_text_tensors(&a->text, add, &text);
    rs_unet_tensors(&a->unet, add, &unet);
    rs_vae_tensors(&a->vae, add, &vae);
    CHECK_INT(text.parameters, 123060480);
    CHECK_INT(unet.parameters, 859520964);
    CHECK_INT(vae.parameters, 83653863);
}

static void check_tensor(void *cookie, const char *name, int rank, const int64_t *shape)
{
    struct sum *s = cookie;
    const rs_wtensor *t = rs_bundle_find(s->b, s->part, name);
    const float *v;
    double squares = 0;
    CHECK(t && t->dtype == RS_DTYPE_F16 && t->rank == rank && t->bytes == 2 * t->count);
    CHECK_OK(rs_bundle_f32(s->arena, s->b, s->part, name, rank, shape, &v, &err));
    for (size_t i = 0; i < t->count; i++)
        squares += (double)v[i] * (double)v[i];
    const double size = sqrt(squares / (double)t->count);
    if (rank == 1 && strstr(name, ".weight"))
        CHECK(size == 1.0);
    else
        CHECK(size > 1.0 / 64 && size < 1.0 / 32);
    rs_wtensor_drop(t); /* others share its memory */
}

static void every_tensor(void)
{
    rs_bundle *b = NULL;
    rs_arena *a = rs_arena_open(1 << 16);
    CHECK_OK(rs_bundle_random(a, rs_arch_find("tiny"), &b, &err));
    CHECK(!rs_bundle_vocab(b));
    for (int pass = 0; pass < 2; pass++)
        for (rs_part part = 0; part < RS_PARTS; part++) {
            struct sum s = { .b = b, .part = part, .arena = a };
            CHECK_OK(rs_bundle_check(b, part, &err));
            rs_part_tensors(b, part, check_tensor, &s);
        }
    CHECK(!rs_bundle_find(b, RS_PART_UNET, "conv_in.nothing"));
    rs_bundle_close(&b);
    rs_arena_close(&a);
}

static void repeatable(void)
{
    static const char name[] = "down_blocks.0.resnets.0.conv1.weight";
    rs_bundle *b[2] = { 0 };
    rs_arena *a = rs_arena_open(1 << 16);
    for (int i = 0; i < 2; i++)
        CHECK_OK(rs_bundle_random(a, rs_arch_find("tiny"), &b[i], &err));
    const rs_wtensor *x = rs_bundle_find(b[0], RS_PART_UNET, name);
    const rs_wtensor *y = rs_bundle_find(b[1], RS_PART_UNET, name);
    const rs_wtensor *z = rs_bundle_find(b[0], RS_PART_UNET, "down_blocks.0.resnets.0.conv2.weight");
    CHECK(memcmp(x->data, y->data, x->bytes) == 0);
    CHECK(memcmp(x->data, z->data, 64) != 0);
    rs_bundle_close(&b[0]);
    rs_bundle_close(&b[1]);
    rs_arena_close(&a);
}

static void out_of_memory(void)
{
    rs_bundle *b = NULL;
    rs_status s = RS_E_NOMEM;
    long n = 0;
    for (; s != RS_OK; n++) {
        rs_arena *a = rs_arena_open(1024);
        rs_alloc_fail_after(n);
        s = rs_bundle_random(a, rs_arch_find("tiny"), &b, &err);
        rs_alloc_fail_after(-1);
        CHECK_INT(s, b ? RS_OK : RS_E_NOMEM);
        rs_bundle_close(&b);
        rs_arena_close(&a);
    }
    CHECK(n > 10);
}

int main(void)
{
    TEST_RUN(sizes_of_sd15);
    TEST_RUN(every_tensor);
    TEST_RUN(repeatable);
    TEST_RUN(out_of_memory);
    return 0;
}
