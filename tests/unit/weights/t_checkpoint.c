/* Merged checkpoints have the bytes that torch gives (tools/reference/merge.py); converted
 * models those of the golden models, which diffusers wrote, in either direction. */
#define _DEFAULT_SOURCE /* wait4 */
#include <dirent.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/compiler.h"
#include "base/fs.h"
#include "restyle/checkpoint.h"
#include "tests/lib/golden.h"
#include "tests/lib/st_writer.h"
#include "tests/lib/tiny_model.h"
#include "tests/lib/tmpdir.h"
#include "weights/bundle.h"
#include "weights/st_write.h"

#define GOLDEN RS_SOURCE_DIR "/tests/golden/"
#define MERGE GOLDEN "merge/"
/* of a.safetensors and b.safetensors, by sha256sum */
#define HASH_A "e0c5d7a34e93c65ec7c4872d95e2c5c9b2885d6869a42d46e2b310ef5428fbfb"
#define HASH_B "209de3942bc63b6b16b7b5d73aced1a6007f70d9672c65e05d5f8f31509cafa9"

static rs_err err;

/* The same tensors, types, shapes and bytes. */
static void same_files(const char *got, const char *want)
{
    struct golden a = golden_open(got), b = golden_open(want);
    CHECK_INT(rs_weights_count(a.file), rs_weights_count(b.file));
    for (size_t i = 0; i < rs_weights_count(a.file); i++) {
        const rs_wtensor *x = rs_weights_at(a.file, i), *y = rs_weights_at(b.file, i);
        CHECK_STR(x->name, y->name);
        CHECK_STR(x->dtype_text, y->dtype_text);
        if (x->rank != y->rank || memcmp(x->shape, y->shape, (size_t)x->rank * sizeof(*x->shape)) != 0)
            TEST_FAIL("%s: another shape", x->name);
        CHECK_INT((uintptr_t)x->data % (x->bytes / x->count), 0);
        if (x->bytes != y->bytes || memcmp(x->data, y->data, x->bytes) != 0)
            TEST_FAIL("%s: other bytes", x->name);
    }
    golden_close(&a);
    golden_close(&b);
}

static size_t files_in(const char *dir)
{
    DIR *d = opendir(dir);
    size_t n = 0;
    CHECK(d);
    for (const struct dirent *e; (e = readdir(d));)
        n += e->d_name[0] != '.';
    closedir(d);
    return n;
}

static void merged(void)
{
    double blocks[RS_MERGE_BLOCKS];
    for (int i = 0; i < RS_MERGE_BLOCKS; i++)
        blocks[i] = 0.15 + 0.03 * i;
    const struct {
        const char *want;
        rs_merge_options o;
    } cases[] = {
        { "want_sum", { .a = MERGE "a.safetensors", .b = MERGE "b.safetensors", .multiplier = 0.3 } },
        { "want_difference", { .a = MERGE "a.safetensors", .b = MERGE "b.safetensors",
                               .c = MERGE "c.safetensors", .multiplier = 0.7 } },
        { "want_blocks", { .a = MERGE "a.safetensors", .b = MERGE "b.safetensors", .blocks = blocks } },
        { "want_f16", { .a = MERGE "a.safetensors", .b = MERGE "b.safetensors", .multiplier = 0.3,
                        .vae = MERGE "vae.safetensors", .precision = RS_SAVE_F16 } },
        { "want_bf16", { .a = MERGE "a.safetensors", .b = MERGE "b.safetensors", .multiplier = 0.3,
                         .precision = RS_SAVE_BF16 } },
        { "want_inpainting", { .a = MERGE "inpaint.safetensors", .b = MERGE "b.safetensors",
                               .multiplier = 0.4 } },
        { "want_keep", { .a = MERGE "c.safetensors", .b = MERGE "b.safetensors", .multiplier = 0.3 } },
        { "a", { .a = MERGE "a.safetensors" } },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        char want[512];
        rs_merge_options o = cases[i].o;
        snprintf(want, sizeof(want), MERGE "%s.safetensors", cases[i].want);
        o.output = tmpdir_at("merged/out.safetensors");
        o.overwrite = i > 0;
        CHECK_OK(rs_checkpoint_merge(&o, &err));
        same_files(o.output, want);
        CHECK_INT(files_in(tmpdir_at("merged")), 1);
        printf("%s: the same bytes\n", cases[i].want);
    }
}

static void recipe(void)
{
    const rs_merge_options o = { .a = MERGE "a.safetensors", .b = MERGE "b.safetensors", .multiplier = 0.25,
                                 .output = tmpdir_at("recipe.safetensors") };
    CHECK_OK(rs_checkpoint_merge(&o, &err));
    struct golden g = golden_open(o.output);
    CHECK_STR(rs_weights_metadata(g.file, "sd_merge_recipe"),
              "{\"type\": \"restyle\", \"primary_model_hash\": \"" HASH_A "\", "
              "\"secondary_model_hash\": \"" HASH_B "\", \"tertiary_model_hash\": null, "
              "\"interp_method\": \"Weighted sum\", \"multiplier\": 0.25, \"save_as_half\": false, "
              "\"bake_in_vae\": null}");
    CHECK_STR(rs_weights_metadata(g.file, "sd_merge_models"),
              "{\"" HASH_A "\": {\"type\": \"file\", \"name\": \"a.safetensors\", "
              "\"sd_merge_recipe\": null}, \"" HASH_B "\": {\"type\": \"file\", "
              "\"name\": \"b.safetensors\", \"sd_merge_recipe\": null}}");
    golden_close(&g);
}

static void merge_refuses(void)
{
    static const struct {
        const char *a, *b, *output;
        rs_status status;
        const char *text;
    } cases[] = {
        { "a", "b", "recipe.safetensors", RS_E_INVALID, "exists: choose another name, or allow it with" },
        { "a", "b", "x.ckpt", RS_E_INVALID, "must end in .safetensors" },
        { "a", "inpaint", "x.safetensors", RS_E_INVALID, "it must be the first one" },
        { "a", "other", "x.safetensors", RS_E_FORMAT, "shape [6], expected [6, 4]" },
        { "a", "absent", "x.safetensors", RS_E_NOTFOUND, "cannot open" },
    };
    static const char other[] = "{\"model.diffusion_model.time_embed.0.weight\":{\"dtype\":\"F32\","
                                "\"shape\":[6],\"data_offsets\":[0,24]}}";
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        char a[512], b[512];
        const uint64_t n = sizeof(other) - 1;
        char file[sizeof(other) + 40] = { 0 };
        memcpy(file, &n, 8); /* little endian, as the machines it runs on */
        memcpy(file + 8, other, n);
        tmpdir_write("other.safetensors", file, 8 + n + 24);
        snprintf(a, sizeof(a), MERGE "%s.safetensors", cases[i].a);
        if (strcmp(cases[i].b, "other") == 0)
            tmpdir_path(b, sizeof(b), "other.safetensors");
        else
            snprintf(b, sizeof(b), MERGE "%s.safetensors", cases[i].b);
        const rs_merge_options o = { .a = a, .b = b, .output = tmpdir_at(cases[i].output) };
        CHECK_INT(rs_checkpoint_merge(&o, &err), cases[i].status);
        if (!strstr(err.msg, cases[i].text))
            TEST_FAIL("'%s' is not in '%s'", cases[i].text, err.msg);
        CHECK(i == 0 || !rs_is_file(o.output));
    }
}

static void to_folder(void)
{
    static const char *const files[] = { "text_encoder/model", "unet/diffusion_pytorch_model",
                                         "vae/diffusion_pytorch_model" };
    const rs_convert_options o = { .input = GOLDEN "tiny_single.safetensors", .output = tmpdir_at("folder"),
                                   .tokenizer = GOLDEN "tiny/tokenizer", .precision = RS_SAVE_F32 };
    CHECK_OK(rs_checkpoint_convert(&o, &err));
    for (int i = 0; i < 3; i++) {
        char got[512], want[512];
        snprintf(got, sizeof(got), "%s/%s.safetensors", o.output, files[i]);
        snprintf(want, sizeof(want), GOLDEN "tiny/%s.safetensors", files[i]);
        same_files(got, want);
    }
    CHECK_INT(rs_checkpoint_convert(&o, &err), RS_E_INVALID);
    CHECK(strstr(err.msg, "exists: choose another name, or allow it with --overwrite"));
}

/* tiny_single has A1111's names by the hand of tools/reference/single_file.py. */
static void to_single(void)
{
    const rs_convert_options o = { .input = GOLDEN "tiny", .output = tmpdir_at("one.safetensors"),
                                   .precision = RS_SAVE_F16 };
    CHECK_OK(rs_checkpoint_convert(&o, &err));
    same_files(o.output, GOLDEN "tiny_single.safetensors");
    const rs_convert_options odd = { .input = GOLDEN "tiny2", .output = tmpdir_at("two.safetensors") };
    CHECK_INT(rs_checkpoint_convert(&odd, &err), RS_E_UNSUPPORTED);
    CHECK(strstr(err.msg, "norm_eps"));
}

/* Two files of three tensors of that many megabytes each, all zeros. */
static rs_status write_zeros(const char *name, const char *unused, int megabytes)
{
    (void)unused;
    const long long each = (long long)megabytes << 20;
    char header[600];
    snprintf(header, sizeof header,
             "{\"model.a\":{\"dtype\":\"F16\",\"shape\":[%lld],\"data_offsets\":[0,%lld]},"
             "\"model.b\":{\"dtype\":\"F32\",\"shape\":[%lld],\"data_offsets\":[%lld,%lld]},"
             "\"other\":{\"dtype\":\"U8\",\"shape\":[%lld],\"data_offsets\":[%lld,%lld]}}",
             each / 2, each, each / 4, each, 2 * each, each, 2 * each, 3 * each);
    st_write_raw(name, header, (size_t)(3 * each));
    return RS_OK;
}

/* The tiny model with embeddings of that many megabytes for tokens and for positions, of up to
 * 65536 rows each. */
static rs_status write_words(const char *name, const char *unused, int megabytes)
{
    (void)unused;
    static const char *const keys[] = { "restyle.norm_groups", "restyle.text_heads", "restyle.heads",
                                        "restyle.scaling_factor", "restyle.vae_norm_groups" };
    struct golden g = golden_open(GOLDEN "tiny_single.safetensors");
    st_writer *w = st_open();
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        st_metadata(w, keys[i], rs_weights_metadata(g.file, keys[i]));
    for (size_t i = 0; i < rs_weights_count(g.file); i++) {
        const rs_wtensor *t = rs_weights_at(g.file, i);
        const int64_t rows = ((int64_t)megabytes << 20) / (4 * 24), shape[2] = { rows, 24 };
        if (strstr(t->name, "token_embedding") || strstr(t->name, "position_embedding"))
            st_add(w, t->name, "F32", 2, shape, NULL, (size_t)rows * 24 * 4);
        else
            st_add(w, t->name, t->dtype_text, t->rank, t->shape, t->data, t->bytes);
    }
    st_close(w, name);
    golden_close(&g);
    return RS_OK;
}

typedef rs_status work_fn(const char *in, const char *out, int megabytes);

/* Peak memory in kB of a child that does it; what this process has is in it. 0 under the
 * sanitizers that have memory of their own. */
static long peak_of(work_fn *work, const char *in, const char *out, int megabytes)
{
    struct rusage use;
    int status;
    fflush(stdout);
    const pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        const rs_status s = work(in, out, megabytes);
        if (s != RS_OK)
            fprintf(stderr, "%s\n", err.msg);
        _exit(s != RS_OK);
    }
    CHECK(wait4(child, &status, 0, &use) == child);
    CHECK_INT(status, 0);
#if defined(RS_ASAN) || defined(__SANITIZE_THREAD__)
    return 0;
#else
    return use.ru_maxrss;
#endif
}

static rs_status merge_both(const char *in, const char *out, int megabytes)
{
    (void)megabytes;
    const rs_merge_options o = { .a = in, .b = in, .output = out, .multiplier = 0.3, .overwrite = true };
    return rs_checkpoint_merge(&o, &err);
}

static rs_status to_halves(const char *in, const char *out, int megabytes)
{
    (void)megabytes;
    const rs_convert_options o = { .input = in, .output = out, .tokenizer = GOLDEN "tiny/tokenizer",
                                   .precision = RS_SAVE_F16, .overwrite = true };
    return rs_checkpoint_convert(&o, &err);
}

static rs_status as_it_is(const char *in, const char *out, int megabytes)
{
    (void)megabytes;
    const rs_convert_options o = { .input = in, .output = out, .overwrite = true };
    return rs_checkpoint_convert(&o, &err);
}

/* The largest tensors grow, and peak memory does not: files are mapped, and what was read leaves
 * memory. Below 3 MB buffers are not filled. */
static void memory_is_constant(void)
{
    enum { SMALL = 3, HARDLY = 1 << 10 };
    static const struct {
        const char *what;
        work_fn *write;
        int large;
        work_fn *work;
        const char *out;
    } cases[] = {
        { "merge", write_zeros, 12, merge_both, "zeros_out.safetensors" },
        { "to a folder", write_words, 6, to_halves, "words_out" },
        { "to a file", write_words, 6, as_it_is, "words_out.safetensors" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char in[512], out[512];
        long peak[2];
        tmpdir_path(in, sizeof in, "memory.safetensors");
        tmpdir_path(out, sizeof out, cases[i].out);
        for (int large = 0; large < 2; large++) {
            const int megabytes = large ? cases[i].large : SMALL;
            peak_of(cases[i].write, in, out, megabytes);
            peak[large] = peak_of(cases[i].work, in, out, megabytes);
        }
        printf("%s: %ld kB, and %ld kB with %d MB more in a tensor\n", cases[i].what, peak[0], peak[1],
               cases[i].large - SMALL);
        CHECK(peak[1] - peak[0] < HARDLY);
    }
}

/* Sizes and noise survive both ways. */
static void same_model(const char *a, const char *b, const char *tokenizer)
{
    rs_arena *arena = rs_arena_open(1 << 20);
    rs_bundle *x = NULL, *y = NULL;
    CHECK_OK(rs_bundle_open(arena, a, tokenizer, &x, &err));
    CHECK_OK(rs_bundle_open(arena, b, tokenizer, &y, &err));
    const rs_unet_config *u = rs_bundle_unet(x), *v = rs_bundle_unet(y);
    CHECK_INT(u->n_levels, v->n_levels);
    for (int l = 0; l < u->n_levels; l++) {
        CHECK_INT(u->heads[l], v->heads[l]);
        CHECK_INT(u->layers_per_block[l], v->layers_per_block[l]);
        CHECK_INT(u->down_attn[l], v->down_attn[l]);
        CHECK_INT(u->up_attn[l], v->up_attn[l]);
        CHECK_INT(u->transformer_layers[l], v->transformer_layers[l]);
    }
    CHECK_INT(u->norm_groups, v->norm_groups);
    CHECK_INT(u->has_mid, v->has_mid);
    CHECK(u->norm_eps == v->norm_eps && u->flip_sin_to_cos == v->flip_sin_to_cos);
    CHECK(rs_bundle_vae(x)->scaling_factor == rs_bundle_vae(y)->scaling_factor);
    CHECK_INT(rs_bundle_vae(x)->norm_groups, rs_bundle_vae(y)->norm_groups);
    CHECK_INT(rs_bundle_text(x)->heads, rs_bundle_text(y)->heads);
    CHECK_INT(rs_bundle_text(x)->act, rs_bundle_text(y)->act);
    CHECK(memcmp(rs_bundle_noise(x), rs_bundle_noise(y), sizeof(rs_noise_config)) == 0);
    for (rs_part part = 0; part < RS_PARTS; part++)
        CHECK_OK(rs_bundle_check(y, part, &err));
    rs_bundle_close(&y);
    rs_bundle_close(&x);
    rs_arena_close(&arena);
}

static void sizes(void)
{
    static const char tokenizer[] = GOLDEN "tiny/tokenizer";
    char folder[512], file[512];
    tmpdir_path(folder, sizeof(folder), "folder");
    tmpdir_path(file, sizeof(file), "one.safetensors");
    same_model(GOLDEN "tiny", folder, NULL);
    same_model(GOLDEN "tiny", file, tokenizer);
    const rs_convert_options o = { .input = GOLDEN "tiny2", .output = tmpdir_at("folder2") };
    CHECK_OK(rs_checkpoint_convert(&o, &err)); /* a folder from a folder: lists, v prediction, eps */
    same_model(GOLDEN "tiny2", o.output, NULL);
}

/* EMA weights, optimisers and the like are no part of a model. */
static void leaves_out(void)
{
    struct golden g[2];
    tiny_single_write("ema.safetensors", &(tiny_single){ .extra = "model_ema.decay" });
    const rs_convert_options o = { .input = tmpdir_at("ema.safetensors"),
                                   .output = tmpdir_at("plain.safetensors") };
    CHECK_OK(rs_checkpoint_convert(&o, &err));
    g[0] = golden_open(o.input);
    g[1] = golden_open(o.output);
    CHECK(rs_weights_find(g[0].file, "model_ema.decay") && !rs_weights_find(g[1].file, "model_ema.decay"));
    CHECK_INT(rs_weights_count(g[1].file), rs_weights_count(g[0].file) - 1);
    golden_close(&g[0]);
    golden_close(&g[1]);
}

/* Every half is the nearest one: read, turned and compared; and between two, the even one. */
static void halves(void)
{
    for (uint32_t h = 0; h < 0x7c00; h++) {
        const uint16_t bits = (uint16_t)h, next = (uint16_t)(h + 1);
        const rs_wtensor a = { .dtype = RS_DTYPE_F16, .data = (const uint8_t *)&bits, .count = 1 };
        const rs_wtensor b = { .dtype = RS_DTYPE_F16, .data = (const uint8_t *)&next, .count = 1 };
        float v[2];
        uint16_t got[2];
        rs_wtensor_read(&a, 0, 1, &v[0]);
        rs_wtensor_read(&b, 0, 1, &v[1]);
        if (h == 0x7bff)
            v[1] = 65536; /* what the next would be */
        v[1] = 0.5f * (v[0] + v[1]);
        CHECK_INT(rs_st_from_f32("F16", v, 2, got), 4);
        CHECK_INT(got[0], bits);
        CHECK_INT(got[1], h & 1 ? next : bits);
    }
    const float special[] = { -INFINITY, 1e30f, -65519.996f, 0x1p-25f, 0x1.8p-25f };
    uint16_t got[5];
    rs_st_from_f32("F16", special, 5, got);
    CHECK(got[0] == 0xfc00 && got[1] == 0x7c00 && got[2] == 0xfbff && got[3] == 0 && got[4] == 1);
}

int main(void)
{
    tmpdir_open();
    TEST_RUN(merged);
    TEST_RUN(recipe);
    TEST_RUN(merge_refuses);
    TEST_RUN(to_folder);
    TEST_RUN(to_single);
    TEST_RUN(memory_is_constant);
    TEST_RUN(sizes);
    TEST_RUN(leaves_out);
    TEST_RUN(halves);
    tmpdir_close();
    return 0;
}
