/* libpng reports errors with longjmp. The functions that call setjmp keep
 * everything they must release in a struct of their caller, call nothing but
 * libpng and code without state of its own, and return a bool, so that no jump
 * leaves this file and no local is read after one. */
#include "media/png_io.h"

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <png.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "media/alpha.h"
#include "media/convert.h"
#include "media/png_chunk.h"
#include "media/png_colour.h"

#define MAX_SIDE 32768
#define MAX_BLOCK (32u << 20) /* libpng fills what a chunk only claims to hold: no row or text needs more */

/* The keywords of rs_picture_text, in its order. */
static const char *const keywords[] = { "parameters", "restyle" };
enum { N_TEXTS = sizeof(keywords) / sizeof(keywords[0]) };

struct png_job {
    png_structp png;
    png_infop info;
    char problem[256];
    /* reading */
    const uint8_t *in;
    size_t in_size, in_pos;
    uint8_t *rows; /* one row, or the whole picture when interlaced */
    rs_image image;
    bool as_is;    /* transparent pixels keep their colour */
    char *texts[N_TEXTS];
    rs_tone_map tone;
    uint16_t *wide; /* a row through tone; NULL: it stays */
    /* writing */
    uint8_t *out;
    size_t out_size, out_cap;
};

static void on_error(png_structp png, png_const_charp msg)
{
    struct png_job *j = png_get_error_ptr(png);
    snprintf(j->problem, sizeof(j->problem), "%s", msg);
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp msg)
{
    (void)png;
    (void)msg;
}

static png_voidp on_malloc(png_structp png, png_alloc_size_t size)
{
    (void)png;
    return size <= MAX_BLOCK ? rs_alloc(size) : NULL;
}

static void on_free(png_structp png, png_voidp p)
{
    (void)png;
    rs_free(p);
}

static void on_read(png_structp png, png_bytep to, size_t n)
{
    struct png_job *j = png_get_io_ptr(png);
    if (n > j->in_size - j->in_pos)
        png_error(png, "the file ends in the middle");
    memcpy(to, j->in + j->in_pos, n);
    j->in_pos += n;
}

static void on_write(png_structp png, png_bytep from, size_t n)
{
    struct png_job *j = png_get_io_ptr(png);
    size_t need;
    if (!rs_add_size(j->out_size, n, &need))
        png_error(png, "too large");
    if (need > j->out_cap) {
        const size_t cap = need + need / 2 + 4096;
        uint8_t *p = rs_realloc(j->out, j->out_size, cap);
        if (!p)
            png_error(png, "out of memory");
        j->out = p;
        j->out_cap = cap;
    }
    memcpy(j->out + j->out_size, from, n);
    j->out_size = need;
}

static void on_flush(png_structp png)
{
    (void)png;
}

static void job_release(struct png_job *j)
{
    rs_free(j->rows);
    rs_free(j->out);
    for (size_t k = 0; k < N_TEXTS; k++)
        rs_free(j->texts[k]);
    rs_free(j->wide);
    rs_tone_map_release(&j->tone);
    rs_image_release(&j->image);
}

bool rs_png_is_animated(const uint8_t *data, size_t size)
{
    return rs_png_chunk(data, size, "acTL", 0) != NULL;
}

/* PNG's order is big-endian; acts on 16-bit samples only. */
static void swap_to_native(png_structp png)
{
    const uint16_t one = 1;
    if (*(const uint8_t *)&one == 1)
        png_set_swap(png);
}

/* Everything to 8- or 16-bit RGB or RGBA in this machine's byte order. */
static void set_transforms(struct png_job *j)
{
    const int type = png_get_color_type(j->png, j->info);
    png_set_expand(j->png); /* palette, 1 to 4 bits, tRNS */
    if (type == PNG_COLOR_TYPE_GRAY || type == PNG_COLOR_TYPE_GRAY_ALPHA)
        png_set_gray_to_rgb(j->png);
    swap_to_native(j->png);
}

static void to_floats(rs_image *image, int y, const uint8_t *row, int channels, int bytes, bool as_is)
{
    float *dst = image->rgb + (size_t)y * (size_t)image->width * 3;
    const size_t step = (size_t)channels * (size_t)bytes;
    if (channels == 4)
        rs_fill_white(dst, (size_t)image->width);
    for (int x = 0; x < image->width; x++) {
        const uint8_t *px = row + (size_t)x * step;
        const float a = rs_samples_over_rgb(dst + (size_t)x * 3, px, channels, bytes);
        if (as_is)
            rs_samples_over_rgb(dst + (size_t)x * 3, px, 3, bytes);
        if (image->alpha)
            image->alpha[(size_t)y * (size_t)image->width + (size_t)x] = a;
    }
}

/* Deflate shrinks at most about 1032 to 1, so a header that promises more than
 * the file can hold is refused before memory is taken for it. */
static void check_plausible(struct png_job *j, png_uint_32 h)
{
    const size_t raw = png_get_rowbytes(j->png, j->info); /* before expansion */
    if (raw / 1040 > j->in_size / h + 1)
        png_error(j->png, "the file is too small for the size in its header");
}

/* Takes care of what the file says of its colours, of w * channels samples a row. */
static void read_colours(struct png_job *j, png_uint_32 w, int channels)
{
    bool nomem = false;
    const rs_image_colours c = rs_png_colour_read(j->png, j->info, &j->tone, &nomem);
    j->image.colours = c;
    if (c != RS_COLOURS_SRGB && c != RS_COLOURS_UNREAD)
        j->wide = rs_alloc((size_t)w * (size_t)channels * sizeof(uint16_t));
    if (nomem || (j->tone.light && !j->wide))
        png_error(j->png, "out of memory");
}

/* The row as 16 bits, mapped. */
static const uint8_t *map_row(const struct png_job *j, const uint8_t *row, int channels, int bytes)
{
    const size_t w = (size_t)j->image.width;
    if (bytes == 1)
        rs_widen_samples(j->wide, row, w * (size_t)channels);
    else
        memcpy(j->wide, row, w * (size_t)channels * 2);
    rs_tone_map_run(&j->tone, j->wide, w, channels);
    return (const uint8_t *)j->wide;
}

static bool read_all(struct png_job *j)
{
    if (setjmp(png_jmpbuf(j->png)))
        return false;
    png_set_user_limits(j->png, MAX_SIDE, MAX_SIDE);
    png_set_chunk_malloc_max(j->png, 16u << 20);
    png_set_read_fn(j->png, j, on_read);
    if (!j->as_is)
        rs_png_colour_ask(j->png);
    png_read_info(j->png, j->info);
    const png_uint_32 w = png_get_image_width(j->png, j->info);
    const png_uint_32 h = png_get_image_height(j->png, j->info);
    check_plausible(j, h);
    set_transforms(j);
    const int passes = png_set_interlace_handling(j->png);
    png_read_update_info(j->png, j->info);
    const int channels = png_get_channels(j->png, j->info);
    const int bytes = png_get_bit_depth(j->png, j->info) / 8;
    const size_t stride = png_get_rowbytes(j->png, j->info);
    if ((channels != 3 && channels != 4) || (bytes != 1 && bytes != 2) ||
        stride != (size_t)w * (size_t)channels * (size_t)bytes)
        png_error(j->png, "unexpected pixel layout");

    if (rs_image_alloc(&j->image, (int)w, (int)h, NULL) != RS_OK ||
        (channels == 4 && rs_alpha_alloc(&j->image, NULL) != RS_OK))
        png_error(j->png, "out of memory");
    j->image.depth = bytes * 8;
    if (!j->as_is)
        read_colours(j, w, channels);
    j->rows = rs_calloc(passes > 1 ? stride * h : stride);
    if (!j->rows)
        png_error(j->png, "out of memory");
    for (int pass = 0; pass < passes; pass++) {
        for (png_uint_32 y = 0; y < h; y++) {
            uint8_t *row = passes > 1 ? j->rows + stride * y : j->rows;
            png_read_row(j->png, row, NULL);
            if (pass < passes - 1)
                continue;
            const uint8_t *px = j->wide ? map_row(j, row, channels, bytes) : row;
            to_floats(&j->image, (int)y, px, channels, j->wide ? 2 : bytes, j->as_is);
        }
    }
    png_read_end(j->png, NULL);
    if (!j->as_is)
        rs_alpha_settle(&j->image);
    return true;
}

static rs_status decode(const uint8_t *data, size_t size, const char *name, bool as_is, rs_image *image,
                        rs_err *err)
{
    struct png_job j = { .in = data, .in_size = size, .as_is = as_is };
    j.png = png_create_read_struct_2(PNG_LIBPNG_VER_STRING, &j, on_error, on_warning, NULL,
                                     on_malloc, on_free);
    j.info = j.png ? png_create_info_struct(j.png) : NULL;
    rs_status s;
    if (!j.info) {
        s = RS_FAIL(err, RS_E_NOMEM, "no memory to read '%s'", name);
    } else if (read_all(&j)) {
        *image = j.image;
        j.image = (rs_image){ 0 };
        s = RS_OK;
    } else {
        s = RS_FAIL(err, strstr(j.problem, "memory") ? RS_E_NOMEM : RS_E_CORRUPT,
                    "cannot read the PNG '%s': %s", name, j.problem);
    }
    png_destroy_read_struct(&j.png, &j.info, NULL);
    job_release(&j);
    return s;
}

rs_status rs_png_decode(const uint8_t *data, size_t size, const char *name, rs_image *image,
                        rs_err *err)
{
    return decode(data, size, name, false, image, err);
}

rs_status rs_png_decode_as_is(const uint8_t *data, size_t size, const char *name, rs_image *image,
                              rs_err *err)
{
    return decode(data, size, name, true, image, err);
}

/* In UTF-8: Latin-1 and UTF-8 need at most three bytes a byte, U+FFFD for a bad one. */
static char *copy_text(png_structp png, const png_text *text)
{
    const bool latin1 = text->compression < PNG_ITXT_COMPRESSION_NONE;
    const char *p = text->text, *const end = p + strlen(p);
    char *const copy = rs_alloc(3 * (size_t)(end - p) + 1), *to = copy;
    if (!copy)
        png_error(png, "out of memory");
    while (p < end)
        to += rs_utf8_put(to, latin1 ? (unsigned char)*p++ : rs_utf8_next(&p, end));
    *to = '\0';
    return copy;
}

/* Copies texts into the job; false: there is none of ours. */
static bool take_texts(struct png_job *j)
{
    png_textp found = NULL;
    const int n = png_get_text(j->png, j->info, &found, NULL);
    bool any = false;
    for (int i = 0; i < n; i++)
        for (size_t k = 0; k < N_TEXTS; k++)
            if (strcmp(found[i].key, keywords[k]) == 0) {
                any = true;
                if (!j->texts[k])
                    j->texts[k] = copy_text(j->png, &found[i]);
            }
    return any;
}

static bool read_text(struct png_job *j)
{
    if (setjmp(png_jmpbuf(j->png)))
        return false;
    png_set_user_limits(j->png, MAX_SIDE, MAX_SIDE);
    png_set_chunk_malloc_max(j->png, 16u << 20);
    png_set_read_fn(j->png, j, on_read);
    png_read_info(j->png, j->info);
    if (take_texts(j))
        return true;
    const png_uint_32 h = png_get_image_height(j->png, j->info);
    check_plausible(j, h);
    const int passes = png_set_interlace_handling(j->png);
    png_read_update_info(j->png, j->info);
    j->rows = rs_calloc(png_get_rowbytes(j->png, j->info));
    if (!j->rows)
        png_error(j->png, "out of memory");
    for (int pass = 0; pass < passes; pass++)
        for (png_uint_32 y = 0; y < h; y++)
            png_read_row(j->png, j->rows, NULL);
    png_read_end(j->png, j->info);
    take_texts(j);
    return true;
}

rs_status rs_png_text(rs_arena *arena, const uint8_t *data, size_t size, const char *name,
                      rs_picture_text *text, rs_err *err)
{
    struct png_job j = { .in = data, .in_size = size };
    const char *copies[N_TEXTS] = { 0 };
    rs_status s = RS_OK;
    j.png = png_create_read_struct_2(PNG_LIBPNG_VER_STRING, &j, on_error, on_warning, NULL,
                                     on_malloc, on_free);
    j.info = j.png ? png_create_info_struct(j.png) : NULL;
    if (!j.info)
        s = RS_FAIL(err, RS_E_NOMEM, "no memory to read '%s'", name);
    else if (!read_text(&j))
        s = RS_FAIL(err, strstr(j.problem, "memory") ? RS_E_NOMEM : RS_E_CORRUPT,
                    "cannot read the PNG '%s': %s", name, j.problem);
    for (size_t k = 0; k < N_TEXTS && s == RS_OK; k++)
        if (j.texts[k] && !(copies[k] = rs_arena_strdup(arena, j.texts[k])))
            s = RS_FAIL(err, RS_E_NOMEM, "no memory to read '%s'", name);
    *text = s == RS_OK ? (rs_picture_text){ copies[0], copies[1] } : (rs_picture_text){ 0 };
    png_destroy_read_struct(&j.png, &j.info, NULL);
    job_release(&j);
    return s;
}

/* libpng copies both. */
static void write_text(struct png_job *j, const char *keyword, const char *text)
{
    bool ascii = true;
    for (const char *p = text; *p; p++)
        ascii = ascii && (unsigned char)*p < 0x80;
    char empty[] = "";
    png_text t = { .compression = ascii ? PNG_TEXT_COMPRESSION_NONE : PNG_ITXT_COMPRESSION_NONE,
                   .key = (png_charp)(uintptr_t)keyword,
                   .text = (png_charp)(uintptr_t)text,
                   .lang = empty,
                   .lang_key = empty };
    if (ascii)
        t.text_length = strlen(text);
    else
        t.itxt_length = strlen(text);
    png_set_text(j->png, j->info, &t, 1);
}

static void set_fast(png_structp png)
{
    png_set_compression_level(png, 1);
    png_set_filter(png, PNG_FILTER_TYPE_BASE, PNG_FILTER_SUB);
}

static bool write_all(struct png_job *j, const rs_image *image, const rs_png_options *o)
{
    if (setjmp(png_jmpbuf(j->png)))
        return false;
    const bool alpha = o->alpha && image->alpha;
    const size_t n = (size_t)image->width * (alpha ? 4 : 3) * (size_t)(o->bits / 8);
    png_set_user_limits(j->png, MAX_SIDE, MAX_SIDE);
    png_set_write_fn(j->png, j, on_write, on_flush);
    png_set_IHDR(j->png, j->info, (png_uint_32)image->width, (png_uint_32)image->height, o->bits,
                 alpha ? PNG_COLOR_TYPE_RGB_ALPHA : PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    if (o->fast)
        set_fast(j->png);
    if (o->text.parameters)
        write_text(j, keywords[0], o->text.parameters);
    if (o->text.pipeline)
        write_text(j, keywords[1], o->text.pipeline);
    png_write_info(j->png, j->info);
    swap_to_native(j->png);
    j->rows = rs_alloc(n);
    if (!j->rows)
        png_error(j->png, "out of memory");
    for (int y = 0; y < image->height; y++) {
        const size_t at = (size_t)y * (size_t)image->width;
        rs_pixels_to_samples(j->rows, image->rgb + at * 3, alpha ? image->alpha + at : NULL,
                             (size_t)image->width, alpha ? 4 : 3, o->bits, o->off_white);
        png_write_row(j->png, j->rows);
    }
    png_write_end(j->png, NULL);
    return true;
}

rs_status rs_png_encode(const rs_image *image, const rs_png_options *options, uint8_t **data,
                        size_t *size, rs_err *err)
{
    struct png_job j = { 0 };
    j.png = png_create_write_struct_2(PNG_LIBPNG_VER_STRING, &j, on_error, on_warning, NULL,
                                      on_malloc, on_free);
    j.info = j.png ? png_create_info_struct(j.png) : NULL;
    rs_status s;
    if (!j.info) {
        s = RS_FAIL(err, RS_E_NOMEM, "no memory to write a PNG");
    } else if (write_all(&j, image, options)) {
        *data = j.out;
        *size = j.out_size;
        j.out = NULL;
        s = RS_OK;
    } else {
        s = RS_FAIL(err, strstr(j.problem, "memory") ? RS_E_NOMEM : RS_E_INVALID,
                    "cannot write a PNG of %dx%d: %s", image->width, image->height, j.problem);
    }
    png_destroy_write_struct(&j.png, &j.info);
    job_release(&j);
    return s;
}
