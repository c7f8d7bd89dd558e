/* The types of option values that speak of time: a place in a film, and a rate. */
#include <inttypes.h>
#include <string.h>

#include "opt/opt.h"
#include "opt/opt_text.h"

#define MAX_SECONDS INT64_C(100000000) /* three years */

/* Digits at *s, which moves behind them; -1: none, or more than max. */
static int64_t digits(const char **s, int64_t max)
{
    int64_t n = **s >= '0' && **s <= '9' ? 0 : -1;
    for (; **s >= '0' && **s <= '9'; ++*s) {
        n = n * 10 + (**s - '0');
        if (n > max)
            return -1;
    }
    return n;
}

/* A fraction ".5" in millionths; what follows the sixth digit is cut off. */
static int64_t millionths(const char **s)
{
    int64_t n = 0, unit = 100000;
    if (**s != '.')
        return 0;
    const char *first = ++*s;
    for (; **s >= '0' && **s <= '9'; ++*s, unit /= 10)
        n += (**s - '0') * unit;
    return *s > first ? n : -1;
}

/* "1.5s", "1:05.5", "00:01:05.5" in microseconds; -1: it is none. */
static int64_t parse_time(const char *s)
{
    int64_t seconds = digits(&s, MAX_SECONDS);
    int n_colons = 0;
    for (; seconds >= 0 && *s == ':' && n_colons < 2; n_colons++) {
        const char *at = ++s;
        const int64_t next = digits(&s, 59);
        if (next < 0 || s - at != 2)
            return -1;
        seconds = seconds * 60 + next;
    }
    const int64_t part = millionths(&s);
    if (seconds < 0 || seconds > MAX_SECONDS || part < 0)
        return -1;
    if (n_colons == 0 && *s++ != 's')
        return -1;
    return *s ? -1 : seconds * 1000000 + part;
}

static bool moment_parse(rs_opt_ctx *ctx, const rs_opt *row, const char *path, rs_value *v, void *at)
{
    (void)row;
    const char *s = v->kind == RS_VALUE_SCALAR ? v->text : "";
    const int64_t frame = digits(&s, INT32_MAX);
    if (frame >= 0 && !*s) {
        *(rs_moment *)at = (rs_moment){ RS_MOMENT_FRAME, frame };
        return true;
    }
    const int64_t us = v->kind == RS_VALUE_SCALAR ? parse_time(v->text) : -1;
    if (us < 0)
        return rs_opt_refuse(ctx, path, v, NULL, "frames (120) or a time (1.5s, 00:01:05.5)");
    *(rs_moment *)at = (rs_moment){ RS_MOMENT_TIME, us };
    return true;
}

static void moment_print(rs_strbuf *sb, const rs_opt *row, const void *at)
{
    (void)row;
    const rs_moment *m = at;
    if (m->kind == RS_MOMENT_FRAME)
        rs_strbuf_printf(sb, "%" PRId64, m->value);
    else if (m->kind == RS_MOMENT_TIME)
        rs_strbuf_printf(sb, "%" PRId64 ".%06" PRId64 "s", m->value / 1000000, m->value % 1000000);
}

static bool moment_equal(const rs_opt *row, const void *a, const void *b)
{
    (void)row;
    const rs_moment *x = a, *y = b;
    return x->kind == y->kind && x->value == y->value;
}

static void moment_bounds(rs_strbuf *sb, const rs_opt *row)
{
    (void)row;
    rs_strbuf_puts(sb, "frames (120) or a time (1.5s, 00:01:05.5)");
}

static void moment_schema(rs_strbuf *sb, const rs_opt *row)
{
    (void)row;
    rs_strbuf_puts(sb, "\"type\": [\"integer\", \"string\"]");
}

const rs_opt_type rs_opt_moment = { "moment", moment_parse, moment_print, moment_equal, moment_bounds,
                                    moment_schema };

static int64_t divisor(int64_t a, int64_t b)
{
    while (b) {
        const int64_t r = a % b;
        a = b;
        b = r;
    }
    return a;
}

/* "25", "23.976" or "30000/1001", in lowest terms. */
static bool parse_rate(const char *s, rs_rational *out)
{
    int64_t num = digits(&s, INT32_MAX), den = 1;
    if (num >= 0 && *s == '/') {
        s++;
        den = digits(&s, INT32_MAX);
    } else if (num >= 0 && *s == '.') {
        const int64_t part = millionths(&s);
        num = part < 0 ? -1 : num * 1000000 + part;
        den = 1000000;
    }
    if (num <= 0 || den <= 0 || *s)
        return false;
    const int64_t d = divisor(num, den);
    if (num / d > INT32_MAX || den / d > INT32_MAX || num / den >= 1000)
        return false;
    *out = (rs_rational){ (int)(num / d), (int)(den / d) };
    return true;
}

static bool rate_parse(rs_opt_ctx *ctx, const rs_opt *row, const char *path, rs_value *v, void *at)
{
    (void)row;
    return (v->kind == RS_VALUE_SCALAR && parse_rate(v->text, at)) ||
           rs_opt_refuse(ctx, path, v, NULL,
                         "frames a second above 0 and below 1000 (25, 29.97, 30000/1001)");
}

static void rate_print(rs_strbuf *sb, const rs_opt *row, const void *at)
{
    (void)row;
    const rs_rational *r = at;
    if (r->num)
        rs_strbuf_printf(sb, "%d/%d", r->num, r->den);
}

static bool rate_equal(const rs_opt *row, const void *a, const void *b)
{
    (void)row;
    const rs_rational *x = a, *y = b;
    return x->num == y->num && x->den == y->den;
}

static void rate_bounds(rs_strbuf *sb, const rs_opt *row)
{
    (void)row;
    rs_strbuf_puts(sb, "25, 29.97 or 30000/1001");
}

static void rate_schema(rs_strbuf *sb, const rs_opt *row)
{
    (void)row;
    rs_strbuf_puts(sb, "\"type\": [\"number\", \"string\"]");
}

const rs_opt_type rs_opt_rate = { "rate", rate_parse, rate_print, rate_equal, rate_bounds, rate_schema };
