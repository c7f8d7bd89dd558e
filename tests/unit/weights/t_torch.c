/* Files of torch.save as tensors: those that tools/reference/torch_files.py wrote with
 * torch hold ramps i / 16 - 1. Damaged ones are refused with a sentence. */
#include "base/fs.h"
#include "tests/lib/golden.h"
#include "tests/lib/tmpdir.h"
#include "weights/torch_file.h"

#define DIR RS_SOURCE_DIR "/tests/golden/torch/"

static rs_err err;

/* Values of the ramp in the order of `from`, from `first` on. */
static void check_ramp(const struct golden *g, const char *name, size_t n, const int *order, int first)
{
    size_t count;
    const float *v = golden_f32(g, name, &count);
    CHECK_INT(count, n);
    for (size_t i = 0; i < n; i++)
        CHECK_NEAR(v[i], (order ? order[i] : (int)i + first) / 16.0 - 1, 0);
}

static void embeddings(void)
{
    struct golden g = golden_open(DIR "embedding.pt");
    CHECK_INT(rs_weights_count(g.file), 1);
    check_ramp(&g, "string_to_param.*", 72, NULL, 0);
    CHECK_STR(rs_weights_metadata(g.file, "name"), "style");
    CHECK_STR(rs_weights_metadata(g.file, "step"), "500");
    CHECK(!rs_weights_metadata(g.file, "sd_checkpoint"));
    CHECK_INT(golden_find(&g, "string_to_param.*")->shape[0], 3);
    golden_close(&g);
    g = golden_open(DIR "parameters.pt");
    check_ramp(&g, rs_weights_at(g.file, 0)->name, 48, NULL, 0);
    CHECK(strncmp(rs_weights_at(g.file, 0)->name, "string_to_param.", 16) == 0);
    golden_close(&g);
    g = golden_open(DIR "concept.bin");
    check_ramp(&g, "<concept>", 24, NULL, 0);
    golden_close(&g);
}

/* Both formats of the same checkpoint; only state_dict counts. */
static void checkpoint(const char *path)
{
    static const int turned[] = { 0, 2, 4, 1, 3, 5 };
    struct golden g = golden_open(path);
    CHECK_INT(rs_weights_count(g.file), 9);
    check_ramp(&g, "a", 6, NULL, 0);
    check_ramp(&g, "half", 4, NULL, 0);
    check_ramp(&g, "brain", 4, NULL, 0);
    check_ramp(&g, "double", 2, NULL, 0);
    check_ramp(&g, "turned", 6, turned, 0);
    check_ramp(&g, "part", 3, NULL, 2);
    CHECK_INT(golden_find(&g, "half")->dtype, RS_DTYPE_F16);
    CHECK_INT(golden_find(&g, "turned")->shape[0], 2);
    CHECK_INT(golden_find(&g, "empty")->count, 0);
    CHECK_STR(golden_find(&g, "flag")->dtype_text, "BOOL");
    size_t n;
    CHECK_INT(golden_find(&g, "steps")->rank, 0);
    CHECK_INT(golden_i64(&g, "steps", &n)[0], 7);
    golden_close(&g);
}

static void checkpoints(void)
{
    checkpoint(DIR "checkpoint.ckpt");
    checkpoint(DIR "old.pth");
}

static void nothing_is_run(void)
{
    rs_arena *a = rs_arena_open(1 << 16);
    rs_weights *w = NULL;
    CHECK_INT(rs_weights_open(a, DIR "evil.pt", &w, &err), RS_E_UNSUPPORTED);
    CHECK(strstr(err.msg, "evil.pt' names the Python object 'posix.system', which is not weights; the file "
                          "may be harmful: get it as .safetensors"));
    rs_arena_close(&a);
}

/* Every cut, and every byte changed in three ways: an error with a sentence, or tensors
 * that lie inside. */
static void damage(const char *path)
{
    rs_arena *a = rs_arena_open(1 << 20);
    char *bytes;
    size_t size, refused = 0, sum = 0;
    CHECK_OK(rs_read_file(a, path, 1 << 20, &bytes, &size, &err));
    uint8_t *copy = rs_arena_alloc(a, size);
    CHECK(copy);
    const rs_arena_mark mark = rs_arena_save(a);
    for (size_t i = 0; i < 4 * size; i++) {
        static const uint8_t flips[] = { 0x01, 0x80, 0xff };
        const bool cut = i >= 3 * size;
        const size_t n = cut ? i - 3 * size : size;
        rs_torch t = { 0 };
        memcpy(copy, bytes, size);
        if (!cut)
            copy[i / 3] ^= flips[i % 3];
        err.msg[0] = '\0';
        if (rs_torch_is(copy, n) && rs_torch_parse(a, "f", copy, n, &t, &err) != RS_OK) {
            CHECK(err.msg[0]);
            refused++;
        }
        for (size_t k = 0; k < t.n; k++)
            for (size_t b = 0; b < t.tensors[k].bytes; b++)
                sum += t.tensors[k].data[b]; /* a sanitizer sees what lies outside */
        rs_arena_rewind(a, mark);
    }
    CHECK(refused > size && sum > 0);
    rs_arena_close(&a);
}

static void damaged_files(void)
{
    damage(DIR "concept.bin");
    damage(DIR "old.pth");
}

int main(void)
{
    TEST_RUN(embeddings);
    TEST_RUN(checkpoints);
    TEST_RUN(nothing_is_run);
    TEST_RUN(damaged_files);
    return 0;
}
