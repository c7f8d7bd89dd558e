#include "opt/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

rs_number rs_parse_uint(const char *s, uint64_t *out)
{
    if (*s == '+')
        s++;
    if (!is_digit(*s) || (s[0] == '0' && s[1] != '\0'))
        return RS_NUMBER_NOT;
    uint64_t v = 0;
    bool big = false;
    for (; is_digit(*s); s++) {
        const unsigned d = (unsigned)(*s - '0');
        if (v > (UINT64_MAX - d) / 10)
            big = true;
        else
            v = v * 10 + d;
    }
    if (*s)
        return RS_NUMBER_NOT;
    if (big)
        return RS_NUMBER_BIG;
    *out = v;
    return RS_NUMBER_OK;
}

rs_number rs_parse_int(const char *s, int64_t *out)
{
    const bool minus = *s == '-';
    if (minus && s[1] == '+')
        return RS_NUMBER_NOT;
    uint64_t v = 0;
    const rs_number r = rs_parse_uint(s + minus, &v);
    if (r != RS_NUMBER_OK)
        return r;
    if (v > INT64_MAX)
        return RS_NUMBER_BIG;
    *out = minus ? -(int64_t)v : (int64_t)v;
    return RS_NUMBER_OK;
}

/* Reads "[+-]digits" as an exponent, clamped to what overflows anyway. */
static bool parse_exponent(const char *s, int *out)
{
    const bool minus = *s == '-';
    if (*s == '+' || *s == '-')
        s++;
    if (!is_digit(*s))
        return false;
    int e = 0;
    for (; is_digit(*s); s++)
        e = e < 9999 ? e * 10 + (*s - '0') : e;
    *out = minus ? -e : e;
    return *s == '\0';
}

rs_number rs_parse_real(const char *s, double *out)
{
    const bool minus = *s == '-';
    if (*s == '+' || *s == '-')
        s++;
    uint64_t digits = 0;
    int exp10 = 0;
    bool any = false, point = false;
    for (; is_digit(*s) || (*s == '.' && !point); s++) {
        if (*s == '.') {
            point = true;
            continue;
        }
        any = true;
        if (digits < UINT64_MAX / 10 - 1) {
            digits = digits * 10 + (uint64_t)(*s - '0');
            exp10 -= point;
        } else {
            exp10 += !point; /* past 19 digits only the magnitude counts */
        }
    }
    int e = 0;
    if (!any || (*s && ((*s != 'e' && *s != 'E') || !parse_exponent(s + 1, &e))))
        return RS_NUMBER_NOT;
    exp10 += e;
    const double p = pow(10, fabs((double)exp10));
    const double v = digits == 0 ? 0 : exp10 < 0 ? (double)digits / p : (double)digits * p;
    if (!isfinite(v))
        return RS_NUMBER_BIG;
    *out = minus ? -v : v;
    return RS_NUMBER_OK;
}

void rs_print_real(rs_strbuf *sb, double value)
{
    char buf[40];
    if (value == floor(value) && fabs(value) < 1e9) { /* 1000, not 1e+03 */
        rs_strbuf_printf(sb, "%.0f", value == 0 ? 0.0 : value);
        return;
    }
    for (int digits = 1; digits <= 9; digits++) {
        snprintf(buf, sizeof(buf), "%.*g", digits, value);
        if (strtof(buf, NULL) == (float)value)
            break;
    }
    /* Whatever the locale uses as decimal point becomes a point. */
    for (const char *s = buf; *s;) {
        const size_t n = strspn(s, "0123456789eE+-");
        rs_strbuf_add(sb, s, n);
        s += n;
        const size_t other = strcspn(s, "0123456789eE+-");
        if (other)
            rs_strbuf_puts(sb, ".");
        s += other;
    }
}
