/* Reading safetensors: values, shapes, shards, and files that lie. */
#include "weights/weights.h"

#include "base/fs.h"
#include "base/mem.h"
#include "tests/lib/st_writer.h"
#include "tests/lib/test.h"
#include "tests/lib/tmpdir.h"

static rs_arena *arena;
static rs_pool *pool;
static rs_err err;

static const char *at(const char *name)
{
    return tmpdir_at(name);
}

static const char *message(void)
{
    return tmpdir_strip(err.msg);
}

static void values_of_each_dtype(void)
{
    static const int64_t three[] = { 3 }, one[] = { 1 };
    static const float f32[] = { 1.0f, -2.5f, 3.25f };
    static const uint16_t f16[] = { 0x3c00, 0xc100, 0x0001 }, bf16[] = { 0x3f80, 0xc020, 0x4050 };
    static const double f64[] = { 1.0, -2.5, 0.1 };
    static const int64_t i64[] = { 1, 2, 3 };
    st_writer *w = st_open();
    st_add(w, "f32", "F32", 1, three, f32, sizeof(f32));
    st_add(w, "f16", "F16", 1, three, f16, sizeof(f16));
    st_add(w, "odd.f32", "F32", 1, three, f32, sizeof(f32)); /* at offset 18: not aligned */
    st_add(w, "byte", "U8", 1, one, "x", 1);
    st_add(w, "odd.bf16", "BF16", 1, three, bf16, sizeof(bf16));
    st_add(w, "f64", "F64", 1, three, f64, sizeof(f64));
    st_add(w, "i64", "I64", 1, three, i64, sizeof(i64));
    st_metadata(w, "format", "pt");
    st_close(w, at("a.safetensors"));

    rs_weights *set = NULL;
    CHECK_OK(rs_weights_open(arena, at("a.safetensors"), &set, &err));
    CHECK_INT(rs_weights_count(set), 7);
    CHECK_STR(rs_weights_at(set, 0)->name, "byte");
    CHECK_STR(rs_weights_at(set, 6)->name, "odd.f32");
    CHECK_STR(rs_weights_metadata(set, "format"), "pt");
    CHECK(rs_weights_metadata(set, "none") == NULL);
    CHECK(rs_weights_find(set, "none") == NULL);

    const float *v;
    const rs_wtensor *t = rs_weights_find(set, "f32");
    CHECK_OK(rs_wtensor_f32(arena, t, 1, three, &v, &err));
    CHECK((const void *)v == (const void *)t->data); /* aligned: used where it is mapped */
    CHECK(v[0] == 1.0f && v[1] == -2.5f && v[2] == 3.25f);
    t = rs_weights_find(set, "odd.f32");
    CHECK_OK(rs_wtensor_f32(arena, t, 1, three, &v, &err));
    CHECK((const void *)v != (const void *)t->data);
    CHECK(v[0] == 1.0f && v[1] == -2.5f && v[2] == 3.25f);
    CHECK_OK(rs_wtensor_f32(arena, rs_weights_find(set, "f16"), 1, three, &v, &err));
    CHECK(v[0] == 1.0f && v[1] == -2.5f && v[2] == 0x1p-24f);
    CHECK_OK(rs_wtensor_f32(arena, rs_weights_find(set, "odd.bf16"), 1, three, &v, &err));
    CHECK(v[0] == 1.0f && v[1] == -2.5f && v[2] == 3.25f);
    CHECK_OK(rs_wtensor_f32(arena, rs_weights_find(set, "f64"), 1, three, &v, &err));
    CHECK(v[0] == 1.0f && v[1] == -2.5f && v[2] == 0.1f);

    CHECK_INT(rs_wtensor_f32(arena, rs_weights_find(set, "i64"), 1, three, &v, &err),
        RS_E_UNSUPPORTED);
    CHECK_STR(message(), "'a.safetensors': tensor 'i64': dtype I64, expected F32, F16, BF16 or "
        "F64");
    CHECK_INT(rs_wtensor_f32(arena, rs_weights_find(set, "byte"), 1, one, &v, &err),
        RS_E_UNSUPPORTED);
    CHECK_STR(message(), "'a.safetensors': tensor 'byte': dtype U8, expected F32, F16, BF16 or "
        "F64");
    CHECK_INT(rs_wtensor_f32(arena, NULL, 1, one, &v, &err), RS_E_NOTFOUND);
    rs_weights_close(&set);
    CHECK(set == NULL);
    rs_weights_close(&set);
}

static void shapes(void)
{
    static const int64_t conv[] = { 4, 3, 1, 1 }, linear[] = { 4, 3 }, turned[] = { 3, 4 },
        k3[] = { 4, 3, 3 },
                         none[] = { 0, 3 }, lead[] = { 1, 4, 3 };
    st_writer *w = st_open();
    st_add_ramp(w, "conv", 4, conv);
    st_add_ramp(w, "empty", 2, none);
    st_add_ramp(w, "linear", 2, linear);
    st_add_ramp(w, "scalar", 0, NULL);
    st_close(w, at("shapes.safetensors"));
    rs_weights *set = NULL;
    CHECK_OK(rs_weights_open(arena, at("shapes.safetensors"), &set, &err));
    const float *v;
    static const int64_t one[] = { 1 };
    CHECK_OK(rs_wtensor_f32(arena, rs_weights_find(set, "conv"), 2, linear, &v, &err));
    CHECK_NEAR(v[11], 11.0 / 1024, 0);
    CHECK_OK(rs_wtensor_f32(arena, rs_weights_find(set, "linear"), 4, conv, &v, &err));
    CHECK_OK(rs_wtensor_f32(arena, rs_weights_find(set, "linear"), 3, lead, &v, &err));
    CHECK_OK(rs_wtensor_f32(arena, rs_weights_find(set, "scalar"), 1, one, &v, &err));
    CHECK_OK(rs_wtensor_f32(arena, rs_weights_find(set, "empty"), 2, none, &v, &err));
    CHECK_INT(rs_wtensor_f32(arena, rs_weights_find(set, "linear"), 2, turned, &v, &err),
        RS_E_FORMAT);
    CHECK_STR(message(), "'shapes.safetensors': tensor 'linear': shape [4, 3], expected [3, 4]");
    CHECK_INT(rs_wtensor_f32(arena, rs_weights_find(set, "conv"), 3, k3, &v, &err), RS_E_FORMAT);
    CHECK_STR(message(), "'shapes.safetensors': tensor 'conv': shape [4, 3, 1, 1], expected [4, "
        "3, 3]");
    CHECK_INT(rs_wtensor_f32(arena, rs_weights_find(set, "scalar"), 2, linear, &v, &err),
        RS_E_FORMAT);
    CHECK_STR(message(), "'shapes.safetensors': tensor 'scalar': shape [], expected [4, 3]");
    rs_weights_close(&set);
}

static void expect_not_finite(const rs_weights *set, const char *name, const int64_t *shape,
                              const char *text)
{
    const rs_wtensor *t = rs_weights_find(set, name);
    const float *out;
    CHECK_INT(rs_wtensor_f32(arena, t, 2, shape, &out, &err), RS_E_CORRUPT);
    CHECK_STR(message(), text);
    rs_err_clear(&err);
    CHECK_INT(rs_wtensor_finite(t, 2, shape, pool, &err), RS_E_CORRUPT);
    CHECK_STR(message(), text);
}

/* The checks with and without conversion say the same. */
static void values_that_are_not_finite(void)
{
    static const int64_t shape[] = { 10, 20 }, large[] = { 100, 60 };
    float v[200] = { 0 };
    double d[200] = { 0 };
    static uint16_t h[6000], b[600 * 1000];
    static const int64_t many[] = { 600, 1000 };
    v[199] = NAN;
    d[64] = 1e300; /* infinite as a float */
    h[5999] = 0xfc00;
    st_writer *w = st_open();
    st_add(w, "f32", "F32", 2, shape, v, sizeof(v));
    st_add(w, "f64", "F64", 2, shape, d, sizeof(d));
    st_add(w, "f16", "F16", 2, large, h, sizeof(h));
    for (size_t i = 0; i < 600 * 1000; i++)
        b[i] = 0xff7f; /* the lowest */
    b[299999] = b[599999] = 0x7f81; /* a signalling NaN, in two pieces of several */
    st_add(w, "bf16", "BF16", 2, many, b, sizeof(b));
    st_add(w, "good", "BF16", 2, shape, h, 400);
    st_close(w, at("nan.safetensors"));
    rs_weights *set = NULL;
    CHECK_OK(rs_weights_open(arena, at("nan.safetensors"), &set, &err));
    expect_not_finite(set, "f32", shape, "'nan.safetensors': tensor 'f32': value [9, 19] is NaN");
    expect_not_finite(set, "f64", shape, "'nan.safetensors': tensor 'f64': value [3, 4] is infinite");
    expect_not_finite(set, "f16", large, "'nan.safetensors': tensor 'f16': value [99, 59] is infinite");
    expect_not_finite(set, "bf16", many, "'nan.safetensors': tensor 'bf16': value [299, 999] is NaN");
    CHECK_OK(rs_wtensor_finite(rs_weights_find(set, "good"), 2, shape, pool, &err));
    CHECK_INT(rs_wtensor_finite(rs_weights_find(set, "good"), 2, large, pool, &err), RS_E_FORMAT);
    CHECK_INT(rs_wtensor_finite(NULL, 2, shape, pool, &err), RS_E_NOTFOUND);
    rs_weights_close(&set);
}

#define T(dtype, shape, offsets)                                                          \
    "{\"dtype\":\"" dtype "\",\"shape\":" shape ",\"data_offsets\":" offsets "}"

static void headers_that_lie(void)
{
    static const struct {
        const char *header;
        size_t n_data;
        const char *msg;
    } cases[] = {
        { "", 0, "'h' is no safetensors file: the header does not begin with '{'" },
        { "[]", 0, "'h' is no safetensors file: the header does not begin with '{'" },
        { "{\"a\":1", 0, "'h': header:1:7: expected ',' or '}', found the end" },
        { "{\"a\":1}", 0, "'h': tensor 'a': described by a number, expected an object" },
        { "{\"a\":{}}", 0, "'h': tensor 'a': no 'dtype', or it is not a string" },
        { "{\"a\":{\"dtype\":3}}", 0, "'h': tensor 'a': no 'dtype', or it is not a string" },
        { "{\"a\":" T("F33", "[1]", "[0,4]") "}", 4, "'h': tensor 'a': unknown dtype 'F33'" },
        { "{\"a\":" T("F32", "1", "[0,4]") "}", 4,
          "'h': tensor 'a': no 'shape', or it is not a list" },
        { "{\"a\":" T("F32", "[1.0]", "[0,4]") "}", 4,
          "'h': tensor 'a': a dimension of 'shape' is not an integer from 0" },
        { "{\"a\":" T("F32", "[-1]", "[0,4]") "}", 4,
          "'h': tensor 'a': a dimension of 'shape' is not an integer from 0" },
        { "{\"a\":" T("F32", "[1,1,1,1,1,1,1,1,1]", "[0,4]") "}", 4,
          "'h': tensor 'a': 9 dimensions, at most 8 are accepted" },
        { "{\"a\":" T("F32", "[4294967296,4294967296]", "[0,4]") "}", 4,
          "'h': tensor 'a': the number of elements overflows" },
        { "{\"a\":" T("F32", "[4611686018427387904]", "[0,0]") "}", 4,
          "'h': tensor 'a': the size in bytes overflows" },
        { "{\"a\":" T("F32", "[1]", "[0]") "}", 4,
          "'h': tensor 'a': no 'data_offsets', or it is not a list of two" },
        { "{\"a\":" T("F32", "[1]", "[-4,0]") "}", 4,
          "'h': tensor 'a': a number of 'data_offsets' is not an integer from 0" },
        { "{\"a\":" T("F32", "[1]", "[4,0]") "}", 4,
          "'h': tensor 'a': data_offsets [4, 0] run backwards" },
        { "{\"a\":" T("F32", "[2]", "[0,8]") "}", 7,
          "'h': tensor 'a': data_offsets [0, 8] lie outside the 7 bytes of data; the file is cut "
          "short or damaged" },
        { "{\"a\":" T("F32", "[1]", "[9223372036854775800,9223372036854775804]") "}", 4,
          "'h': tensor 'a': data_offsets [9223372036854775800, 9223372036854775804] lie outside "
          "the 4 bytes of data; "
          "the file is cut short or damaged" },
        { "{\"a\":" T("F32", "[1,3]", "[0,8]") "}", 8,
          "'h': tensor 'a': shape [1, 3] of F32 needs 12 bytes, data_offsets give 8" },
        { "{\"a\":" T("F4", "[3]", "[0,1]") "}", 1,
          "'h': tensor 'a': shape [3] of F4 needs 2 bytes, data_offsets give 1" },
        { "{\"a\":" T("F32", "[2]", "[0,8]") ",\"b\":" T("F32", "[2]", "[4,12]") "}", 12,
          "'h': tensor 'b': its data overlaps that of 'a'" },
        { "{\"a\":" T("F32", "[1]", "[8,12]") ",\"b\":" T("F32", "[1]", "[0,4]") "}", 12,
          "'h': tensor 'a': 4 bytes before its data belong to no tensor" },
        { "{\"a\":" T("F32", "[1]", "[0,4]") "}", 9,
          "'h': 5 bytes behind the last tensor belong to no tensor" },
        { "{\"a\":" T("U8", "[0]", "[0,0]") ",\"a\":" T("U8", "[0]", "[0,0]") "}", 0,
          "'h': header:1:58: key 'a' appears twice" },
        { "{\"\":" T("U8", "[0]", "[0,0]") "}", 0, "'h': a tensor has no name" },
        { "{\"a\\nb\":" T("U8", "[0]", "[0,0]") "}", 0,
          "'h': tensor 'a\nb': the name holds a control character" },
        { "{\"a\\u001b[2J\":" T("U8", "[0]", "[0,0]") "}", 0,
          "'h': tensor 'a?[2J': the name holds a control character" },
        { "{\"__metadata__\":1}", 0, "'h': '__metadata__' is a number, expected an object of "
          "strings" },
        { "{\"__metadata__\":{\"x\":1}}", 0, "'h': '__metadata__' key 'x' is a number, expected a "
          "string" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        rs_weights *set = NULL;
        st_write_raw(at("h"), cases[i].header, cases[i].n_data);
        CHECK(rs_weights_open(arena, at("h"), &set, &err) != RS_OK);
        CHECK_STR(message(), cases[i].msg);
        CHECK(set == NULL);
    }
}

static void files_that_are_something_else(void)
{
    static const struct {
        const char *bytes;
        size_t size;
        const char *msg;
    } cases[] = {
        { "", 0, "'f' is no safetensors file: it has only 0 bytes" },
        { "\x01\0\0\0\0\0\0", 7, "'f' is no safetensors file: it has only 7 bytes" },
        { "\x10\0\0\0\0\0\0\0{}", 10,
          "'f': the header claims 16 bytes but only 2 follow; the file is cut short" },
        { "\xff\xff\xff\xff\xff\xff\xff\xff{}", 10,
          "'f' is no safetensors file: its first 8 bytes claim a header of 18446744073709551615 "
          "bytes, at most "
          "104857600 are accepted" },
        { "PK\x03\x04xxxxxxxx", 12,
          "'f' is no safetensors file: it looks like a PyTorch checkpoint that is cut "
          "short" },
        { "version https://git-lfs.github.com/spec/v1\n", 43,
          "'f' is no safetensors file: it looks like a Git LFS pointer, not the weights; run 'git "
          "lfs pull'" },
        { "<!DOCTYPE html>", 15,
          "'f' is no safetensors file: it looks like a web page, not the weights; the download "
          "went wrong" },
    };
    rs_weights *set = NULL;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        tmpdir_write("f", cases[i].bytes, cases[i].size);
        CHECK_INT(rs_weights_open(arena, at("f"), &set, &err), RS_E_FORMAT);
        CHECK_STR(message(), cases[i].msg);
    }
    CHECK_INT(rs_weights_open(arena, at("absent.safetensors"), &set, &err), RS_E_NOTFOUND);
    CHECK_STR(message(), "cannot open 'absent.safetensors': No such file or directory");
}

static void write_shards(void)
{
    static const int64_t two[] = { 2 };
    st_writer *w = st_open();
    st_add_ramp(w, "b", 1, two);
    st_close(w, at("s/1.safetensors"));
    w = st_open();
    st_add_ramp(w, "a", 1, two);
    st_add_ramp(w, "c", 1, two);
    st_metadata(w, "k", "v");
    st_close(w, at("s/2.safetensors"));
}

static void shards(void)
{
    static const char good[] = "{\"metadata\":{\"total_size\":24},\"weight_map\":"
                               "{\"a\":\"2.safetensors\",\"b\":\"1.safetensors\",\"c\":\"2.safetensors\"}}";
    write_shards();
    tmpdir_write("s/m.safetensors.index.json", good, sizeof(good) - 1);
    rs_weights *set = NULL;
    CHECK_OK(rs_weights_open(arena, at("s/m.safetensors.index.json"), &set, &err));
    CHECK_INT(rs_weights_count(set), 3);
    CHECK_STR(rs_weights_at(set, 2)->name, "c");
    CHECK(strstr(rs_weights_find(set, "b")->file, "1.safetensors"));
    CHECK_STR(rs_weights_metadata(set, "k"), "v");
    rs_weights_close(&set);

    static const struct {
        const char *index, *msg;
    } cases[] = {
        { "{}", "'s/i.json': no 'weight_map' that maps tensors to files" },
        { "{\"weight_map\":{}}", "s/i.json:1:15: 'weight_map' is empty" },
        { "{\"weight_map\":{\"a\":1}}", "s/i.json:1:20: tensor 'a' lies in a number, expected a "
          "file name" },
        { "{\"weight_map\":{\"a\":\"../x\"}}",
          "s/i.json:1:20: tensor 'a': file name '../x' must name a file beside the index" },
        { "{\"weight_map\":{\"a\":\"..\"}}",
          "s/i.json:1:20: tensor 'a': file name '..' must name a file beside the index" },
        { "{\"weight_map\":{\"a\":\"3.safetensors\"}}",
          "cannot open 's/3.safetensors': No such file or directory" },
        { "{\"weight_map\":{\"a\":\"2.safetensors\",\"b\":\"2.safetensors\"}}",
          "s/i.json:1:40: tensor 'b' is not in 's/2.safetensors'" },
        { "{\"weight_map\":{\"a\":\"2.safetensors\",\"b\":\"1.safetensors\",\"c\":\"1.safetensors\"}}",
          "s/i.json:1:60: tensor 'c' is not in 's/1.safetensors'" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        tmpdir_write("s/i.json", cases[i].index, strlen(cases[i].index));
        CHECK(rs_weights_open(arena, at("s/i.json"), &set, &err) != RS_OK);
        CHECK_STR(message(), cases[i].msg);
    }
    char *text;
    size_t size;
    static const char twice[] = "{\"weight_map\":{\"a\":\"2.safetensors\",\"b\":\"3.safetensors\"}}";
    CHECK_OK(rs_read_file(arena, at("s/2.safetensors"), 1000, &text, &size, &err));
    tmpdir_write("s/3.safetensors", text, size);
    tmpdir_write("s/i.json", twice, sizeof(twice) - 1);
    CHECK_INT(rs_weights_open(arena, at("s/i.json"), &set, &err), RS_E_FORMAT);
    CHECK(strstr(message(), "tensor 'a' is in 's/") && strstr(message(), "and again in 's/"));
}

/* Every allocation of an open fails once: an error, no leak (under ASan), no crash. */
static void out_of_memory(void)
{
    write_shards();
    static const char index[] = "{\"weight_map\":{\"a\":\"2.safetensors\",\"b\":\"1.safetensors\"}}";
    tmpdir_write("s/i.json", index, sizeof(index) - 1);
    for (long n = 0;; n++) {
        rs_arena *a = rs_arena_open(256);
        rs_weights *set = NULL;
        rs_alloc_fail_after(n);
        const rs_status s = rs_weights_open(a, at("s/i.json"), &set, &err);
        rs_alloc_fail_after(-1);
        if (s == RS_OK) {
            CHECK(n > 4);
            rs_weights_close(&set);
            rs_arena_close(&a);
            return;
        }
        CHECK_INT(s, RS_E_NOMEM);
        CHECK(set == NULL);
        rs_arena_close(&a);
    }
}

int main(void)
{
    tmpdir_open();
    CHECK((arena = rs_arena_open(1 << 16)) != NULL);
    CHECK_OK(rs_pool_open(2, &pool, &err));
    TEST_RUN(values_of_each_dtype);
    TEST_RUN(shapes);
    TEST_RUN(values_that_are_not_finite);
    TEST_RUN(headers_that_lie);
    TEST_RUN(files_that_are_something_else);
    TEST_RUN(shards);
    TEST_RUN(out_of_memory);
    rs_pool_close(&pool);
    rs_arena_close(&arena);
    tmpdir_close();
    return 0;
}
