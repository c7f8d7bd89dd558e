#include "tests/lib/st_writer.h"

#include "tests/lib/test.h"

struct chunk {
    char *data;
    size_t len, cap;
};

struct st_writer {
    struct chunk header, meta, data;
};

static void *must(void *p)
{
    if (!p)
        TEST_FAIL("out of memory");
    return p;
}

static void append(struct chunk *c, const void *data, size_t n)
{
    if (c->len + n + 1 > c->cap) {
        c->cap = 2 * (c->len + n + 1);
        c->data = must(realloc(c->data, c->cap));
    }
    if (data)
        memcpy(c->data + c->len, data, n);
    else
        memset(c->data + c->len, 0, n);
    c->len += n;
    c->data[c->len] = '\0';
}

static void append_text(struct chunk *c, const char *s)
{
    append(c, s, strlen(s));
}

st_writer *st_open(void)
{
    return must(calloc(1, sizeof(st_writer)));
}

void st_add(st_writer *w, const char *name, const char *dtype, int rank, const int64_t *shape,
            const void *data, size_t bytes)
{
    char text[256];
    append_text(&w->header, w->header.len ? ",\n\"" : "\"");
    append_text(&w->header, name);
    snprintf(text, sizeof(text), "\":{\"dtype\":\"%s\",\"shape\":[", dtype);
    append_text(&w->header, text);
    for (int i = 0; i < rank; i++) {
        snprintf(text, sizeof(text), "%s%lld", i ? "," : "", (long long)shape[i]);
        append_text(&w->header, text);
    }
    snprintf(text, sizeof(text), "],\"data_offsets\":[%zu,%zu]}", w->data.len, w->data.len + bytes);
    append_text(&w->header, text);
    append(&w->data, data, bytes);
}

void st_add_ramp(st_writer *w, const char *name, int rank, const int64_t *shape)
{
    size_t n = 1;
    for (int i = 0; i < rank; i++)
        n *= (size_t)shape[i];
    float *v = must(malloc(n * sizeof(*v) + 1));
    for (size_t i = 0; i < n; i++)
        v[i] = (float)i / 1024.0f;
    st_add(w, name, "F32", rank, shape, v, n * sizeof(*v));
    free(v);
}

void st_metadata(st_writer *w, const char *key, const char *value)
{
    append_text(&w->meta, w->meta.len ? ",\"" : "\"");
    append_text(&w->meta, key);
    append_text(&w->meta, "\":\"");
    append_text(&w->meta, value);
    append_text(&w->meta, "\"");
}

static void write_file(const char *path, const char *header, size_t n_header, const char *data,
                       size_t n_data)
{
    unsigned char size[8];
    for (int i = 0; i < 8; i++)
        size[i] = (unsigned char)((uint64_t)n_header >> (8 * i));
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(size, 1, 8, f) != 8 || fwrite(header, 1, n_header, f) != n_header)
        TEST_FAIL("cannot write %s", path);
    if (n_data && fwrite(data, 1, n_data, f) != n_data)
        TEST_FAIL("cannot write %s", path);
    if (fclose(f) != 0)
        TEST_FAIL("cannot write %s", path);
}

void st_close(st_writer *w, const char *path)
{
    struct chunk all = { 0 };
    append_text(&all, "{");
    if (w->meta.len) {
        append_text(&all, "\"__metadata__\":{");
        append(&all, w->meta.data, w->meta.len);
        append_text(&all, w->header.len ? "},\n" : "}");
    }
    append(&all, w->header.data, w->header.len);
    append_text(&all, "}");
    while (all.len % 8)
        append_text(&all, " ");
    write_file(path, all.data, all.len, w->data.data, w->data.len);
    free(all.data);
    free(w->header.data);
    free(w->meta.data);
    free(w->data.data);
    free(w);
}

void st_write_raw(const char *path, const char *header, size_t n_data)
{
    char *zeros = must(calloc(1, n_data + 1));
    write_file(path, header, strlen(header), zeros, n_data);
    free(zeros);
}
