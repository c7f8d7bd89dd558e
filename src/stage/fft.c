/* Cooley and Tukey (1965), decimation in time: a transform of n = p m numbers is p of m
 * (every p-th number), put together by
 *
 *     X[j + q m] = sum over k < p of w^(k (j + q m)) F_k[j],    w = e^(-2 pi i / n)
 *
 * with p from the factors of n; what remains of a prime p costs p^2. */
#include "stage/fft.h"

#include <math.h>

#include "base/mem.h"

enum { MAX_FACTORS = 16 };

struct line {
    int n;
    int factors[MAX_FACTORS], n_factors;
    rs_complex *w; /* [n]: e^(-2 pi i k / n) */
};

struct rs_fft {
    int width, height;
    struct line across, down;
    rs_complex *in, *out, *few; /* [the longer side]: a line, its transform, one number of each part */
};

static void factorise(struct line *l)
{
    int n = l->n;
    for (int p = 4; n > 1; p = p == 4 ? 2 : p == 2 ? 3 : p + 2) {
        if (p > 4 && (int64_t)p * p > n)
            p = n;
        for (; n % p == 0; n /= p)
            l->factors[l->n_factors++] = p;
    }
}

static rs_status open_line(struct line *l, int n, rs_err *err)
{
    size_t bytes;
    l->n = n;
    if (!rs_mul_size((size_t)n, sizeof(rs_complex), &bytes) || !(l->w = rs_alloc(bytes)))
        return RS_FAIL(err, RS_E_NOMEM, "no memory for a Fourier transform of %d numbers", n);
    for (int k = 0; k < n; k++) {
        const double angle = 2 * 3.14159265358979323846 * k / n;
        l->w[k] = (rs_complex){ cos(angle), -sin(angle) };
    }
    factorise(l);
    return RS_OK;
}

rs_status rs_fft_open(int width, int height, rs_fft **fft, rs_err *err)
{
    if (width < 2 || height < 2 || width % 2 || height % 2)
        return RS_FAIL(err, RS_E_RANGE, "a Fourier transform of %dx%d: expected even sides", width, height);
    rs_fft *f = rs_calloc(sizeof(*f));
    if (!f)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for a Fourier transform");
    const size_t longer = (size_t)(width > height ? width : height);
    f->width = width;
    f->height = height;
    rs_status s = open_line(&f->across, width, err);
    if (s == RS_OK)
        s = open_line(&f->down, height, err);
    if (s == RS_OK && !(f->in = rs_alloc(3 * longer * sizeof(rs_complex))))
        s = RS_FAIL(err, RS_E_NOMEM, "no memory for a Fourier transform");
    if (s != RS_OK) {
        rs_fft_close(&f);
        return s;
    }
    f->out = f->in + longer;
    f->few = f->out + longer;
    *fft = f;
    return RS_OK;
}

void rs_fft_close(rs_fft **fft)
{
    if (!fft || !*fft)
        return;
    rs_free((*fft)->across.w);
    rs_free((*fft)->down.w);
    rs_free((*fft)->in);
    rs_free(*fft);
    *fft = NULL;
}

/* out[0..n) from every stride-th number of in; stride * n is the line's length. */
static void transform(const struct line *l, const rs_complex *in, int stride, int n, const int *factor,
                      rs_complex *out, rs_complex *few)
{
    if (n == 1) {
        out[0] = in[0];
        return;
    }
    const int p = *factor, m = n / p;
    for (int k = 0; k < p; k++)
        transform(l, in + (size_t)k * (size_t)stride, stride * p, m, factor + 1, out + k * m, few);
    for (int j = 0; j < m; j++) {
        for (int k = 0; k < p; k++)
            few[k] = out[j + k * m];
        for (int q = 0; q < p; q++) {
            const int step = j + q * m;
            rs_complex sum = few[0];
            for (int k = 1, at = step; k < p; k++) {
                const rs_complex w = l->w[at * stride], v = few[k];
                sum.re += w.re * v.re - w.im * v.im;
                sum.im += w.re * v.im + w.im * v.re;
                at += step;
                at -= at >= n ? n : 0;
            }
            out[step] = sum;
        }
    }
}

/* A row or a column; half a side away is the middle. The inverse is the transform of the
 * conjugate, conjugated. */
static void run_line(rs_fft *f, const struct line *l, rs_complex *at, size_t stride, bool inverse)
{
    const double sign = inverse ? -1 : 1, scale = 1 / sqrt(l->n);
    const int half = l->n / 2;
    for (int i = 0; i < l->n; i++) {
        const rs_complex v = at[(size_t)(i < half ? i + half : i - half) * stride];
        f->in[i] = (rs_complex){ v.re, sign * v.im };
    }
    transform(l, f->in, 1, l->n, l->factors, f->out, f->few);
    for (int i = 0; i < l->n; i++) {
        const rs_complex v = f->out[i];
        at[(size_t)(i < half ? i + half : i - half) * stride] =
            (rs_complex){ scale * v.re, scale * sign * v.im };
    }
}

void rs_fft_run(rs_fft *f, rs_complex *plane, bool inverse)
{
    for (int y = 0; y < f->height; y++)
        run_line(f, &f->across, plane + (size_t)y * (size_t)f->width, 1, inverse);
    for (int x = 0; x < f->width; x++)
        run_line(f, &f->down, plane + x, (size_t)f->width, inverse);
}
