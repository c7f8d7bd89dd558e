#define _POSIX_C_SOURCE 200809L
#include "weights/st_write.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/mem.h"
#include "base/strbuf.h"

#define PIECE ((size_t)1 << 17) /* bytes of a tensor that are copied at a time */
#define MAX_HEADER ((size_t)100 << 20) /* as readers accept */

struct rs_st_writer {
    const char *path, *temp;
    FILE *file;
    size_t left; /* announced bytes that were not put yet */
};

bool rs_save_precision_parse(const char *name, rs_save_precision *out)
{
    static const char *const names[] = { "keep", "f32", "f16", "bf16" };
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (strcmp(name, names[i]) == 0) {
            *out = (rs_save_precision)i;
            return true;
        }
    return false;
}

static int by_place(const void *a, const void *b)
{
    const rs_st_tensor *x = a, *y = b;
    return x->element != y->element ? (x->element > y->element ? -1 : 1) : strcmp(x->name, y->name);
}

static void put_tensor(rs_strbuf *sb, const rs_st_tensor *t, size_t begin)
{
    rs_strbuf_json(sb, t->name);
    rs_strbuf_printf(sb, ":{\"dtype\":\"%s\",\"shape\":[", t->dtype);
    for (int i = 0; i < t->rank; i++)
        rs_strbuf_printf(sb, "%s%lld", i ? "," : "", (long long)t->shape[i]);
    rs_strbuf_printf(sb, "],\"data_offsets\":[%zu,%zu]}", begin, begin + t->bytes);
}

/* Eight bytes of length and the JSON, padded with blanks to a multiple of eight. */
static rs_status put_header(rs_st_writer *w, const rs_st_tensor *tensors, size_t n,
                            const rs_st_pair *metadata, size_t n_metadata, rs_err *err)
{
    rs_strbuf sb;
    uint8_t size[8];
    rs_strbuf_init(&sb, MAX_HEADER);
    rs_strbuf_puts(&sb, "{\"__metadata__\":{");
    for (size_t i = 0; i < n_metadata; i++) {
        rs_strbuf_puts(&sb, i ? "," : "");
        rs_strbuf_json(&sb, metadata[i].key);
        rs_strbuf_puts(&sb, ":");
        rs_strbuf_json(&sb, metadata[i].value);
    }
    rs_strbuf_puts(&sb, "}");
    for (size_t i = 0; i < n; w->left += tensors[i++].bytes) {
        rs_strbuf_puts(&sb, ",");
        put_tensor(&sb, &tensors[i], w->left);
    }
    rs_strbuf_puts(&sb, "}");
    while (sb.len % 8 && !sb.failed)
        rs_strbuf_puts(&sb, " ");
    for (int i = 0; i < 8; i++)
        size[i] = (uint8_t)((uint64_t)sb.len >> (8 * i));
    rs_status s = sb.failed ? RS_FAIL(err, RS_E_NOMEM, "no memory for the header of '%s'", w->path) : RS_OK;
    if (s == RS_OK && (fwrite(size, 1, 8, w->file) != 8 || fwrite(sb.data, 1, sb.len, w->file) != sb.len))
        s = rs_err_sys(err, errno, "cannot write '%s'", w->path);
    rs_strbuf_release(&sb);
    return s;
}

rs_status rs_st_writer_open(rs_arena *arena, const char *path, bool overwrite, rs_st_tensor *tensors,
                            size_t n, const rs_st_pair *metadata, size_t n_metadata,
                            rs_st_writer **out, rs_err *err)
{
    rs_st_writer *w = RS_NEW(arena, rs_st_writer);
    if (!w || !(w->path = rs_arena_strdup(arena, path)) || !(w->temp = rs_temp_path(arena, path)))
        return RS_FAIL(err, RS_E_NOMEM, "no memory to write '%s'", path);
    if (rs_is_dir(path) || (!overwrite && rs_is_file(path)))
        return RS_FAIL(err, RS_E_INVALID, "'%s' exists: choose another name%s", path,
                       rs_is_dir(path) ? "" : ", or allow it with --overwrite");
    if (n)
        qsort(tensors, n, sizeof(*tensors), by_place);
    if (!(w->file = fopen(w->temp, "wb")))
        return rs_err_sys(err, errno, "cannot create '%s'", path);
    const rs_status s = put_header(w, tensors, n, metadata, n_metadata, err);
    if (s != RS_OK) {
        rs_st_writer_abort(&w);
        return s;
    }
    *out = w;
    return RS_OK;
}

rs_status rs_st_writer_put(rs_st_writer *w, const void *data, size_t size, rs_err *err)
{
    RS_BUG_IF(size > w->left);
    if (size && fwrite(data, 1, size, w->file) != size)
        return rs_err_sys(err, errno, "cannot write '%s'", w->path);
    w->left -= size;
    return RS_OK;
}

rs_status rs_st_writer_copy(rs_st_writer *w, const rs_wtensor *t, rs_err *err)
{
    for (size_t i = 0; i < t->bytes; i += PIECE) {
        const size_t n = rs_least(t->bytes - i, PIECE);
        RS_TRY(rs_st_writer_put(w, t->data + i, n, err));
        if (!t->in_memory)
            rs_map_drop(t->data + i, n);
    }
    return RS_OK;
}

rs_status rs_st_writer_finish(rs_st_writer **writer, rs_err *err)
{
    rs_st_writer *w = *writer;
    FILE *file = w->file;
    RS_BUG_IF(w->left != 0);
    *writer = NULL;
    rs_status s = RS_OK;
    if (fclose(file) != 0)
        s = rs_err_sys(err, errno, "cannot write '%s'", w->path);
    if (s == RS_OK)
        s = rs_publish_file(w->temp, w->path, err);
    if (s != RS_OK)
        unlink(w->temp);
    return s;
}

void rs_st_writer_abort(rs_st_writer **writer)
{
    if (!writer || !*writer)
        return;
    fclose((*writer)->file);
    unlink((*writer)->temp);
    *writer = NULL;
}

void rs_st_tensor_like(rs_st_tensor *out, const char *name, const rs_wtensor *t,
                       rs_save_precision precision)
{
    static const struct {
        const char *dtype;
        size_t size;
    } types[] = {
        [RS_SAVE_F32] = { "F32", 4 }, [RS_SAVE_F16] = { "F16", 2 }, [RS_SAVE_BF16] = { "BF16", 2 },
    };
    *out = (rs_st_tensor){ .name = name, .dtype = t->dtype_text, .rank = t->rank, .bytes = t->bytes,
                           .element = t->count ? t->bytes / t->count : 1, .source = t };
    memcpy(out->shape, t->shape, sizeof(out->shape));
    if (precision != RS_SAVE_KEEP && t->dtype <= RS_DTYPE_F64) {
        out->dtype = types[precision].dtype;
        out->element = types[precision].size;
        out->bytes = t->count * out->element; /* not more than the file's, or twice that of a half */
    }
}

/* Round to nearest, ties to even; the bit patterns of IEEE 754. */
static uint16_t to_f16(float v)
{
    uint32_t x;
    memcpy(&x, &v, sizeof(x));
    const uint32_t sign = x >> 16 & 0x8000u, a = x & 0x7fffffffu;
    if (a > 0x7f800000u)
        return (uint16_t)(sign | 0x7e00u); /* NaN */
    if (a >= 0x477ff000u)
        return (uint16_t)(sign | 0x7c00u); /* from 65520 on: infinite */
    if (a < 0x33000001u)
        return (uint16_t)sign; /* up to 2^-25: zero */
    uint32_t bits, rest, half;
    if (a < 0x38800000u) { /* below 2^-14: subnormal, in units of 2^-24 */
        const uint32_t shift = 126 - (a >> 23), m = (a & 0x7fffffu) | 0x800000u;
        bits = m >> shift;
        rest = m & ((1u << shift) - 1);
        half = 1u << (shift - 1);
    } else {
        bits = (a - 0x38000000u) >> 13;
        rest = a & 0x1fffu;
        half = 0x1000u;
    }
    if (rest > half || (rest == half && (bits & 1)))
        bits++;
    return (uint16_t)(sign | bits);
}

static uint16_t to_bf16(float v)
{
    uint32_t x;
    memcpy(&x, &v, sizeof(x));
    if ((x & 0x7fffffffu) > 0x7f800000u)
        return (uint16_t)(x >> 16 | 0x40u); /* NaN stays one */
    return (uint16_t)((x + 0x7fffu + (x >> 16 & 1)) >> 16);
}

size_t rs_st_from_f32(const char *dtype, const float *src, size_t n, void *dst)
{
    if (strcmp(dtype, "F32") == 0) {
        memcpy(dst, src, n * sizeof(*src));
        return n * sizeof(*src);
    }
    if (strcmp(dtype, "F64") == 0) {
        for (size_t i = 0; i < n; i++)
            memcpy((char *)dst + 8 * i, &(double){ (double)src[i] }, 8);
        return 8 * n;
    }
    uint16_t *to = dst;
    for (size_t i = 0; i < n; i++)
        to[i] = dtype[0] == 'B' ? to_bf16(src[i]) : to_f16(src[i]);
    return 2 * n;
}
