/* Decimal text to double, independent of the locale (strtod is not).
 *
 * Up to 19 digits are exact in the 64-bit mantissa of a long double, and so are
 * powers of ten up to 10^27: one multiplication or division then gives the
 * correctly rounded double but for ties of a second rounding, well within
 * 0.51 ulp. More digits or larger exponents cost a few ulp at most. */
#include "base/json_number.h"

#include <math.h>

struct decimal {
    uint64_t mantissa;
    int digits;    /* significant ones in mantissa, at most 19 */
    long exponent; /* of ten */
    bool negative, integer;
};

static bool is_digit(const char *p, const char *end)
{
    return p < end && *p >= '0' && *p <= '9';
}

static void push_digit(struct decimal *d, char c, bool fraction)
{
    if (d->digits < 19) {
        d->mantissa = d->mantissa * 10 + (uint64_t)(c - '0');
        d->digits += d->mantissa != 0;
        d->exponent -= fraction;
    } else {
        d->exponent += !fraction; /* dropped: beyond the precision of a double */
        d->integer = false;
    }
}

/* number = [-] (0 | [1-9][0-9]*) [. digits] [(e|E) [+|-] digits] */
static bool scan(const char **pp, const char *end, struct decimal *d)
{
    const char *p = *pp;
    d->integer = true;
    d->negative = *p == '-';
    p += d->negative;
    *pp = p;
    if (!is_digit(p, end))
        return false;
    if (*p == '0')
        p++;
    else
        while (is_digit(p, end))
            push_digit(d, *p++, false);
    if (p < end && *p == '.') {
        d->integer = false;
        *pp = ++p;
        if (!is_digit(p, end))
            return false;
        while (is_digit(p, end))
            push_digit(d, *p++, true);
    }
    if (p < end && (*p == 'e' || *p == 'E')) {
        d->integer = false;
        p++;
        const bool minus = p < end && *p == '-';
        p += p < end && (*p == '-' || *p == '+');
        *pp = p;
        if (!is_digit(p, end))
            return false;
        long e = 0;
        for (; is_digit(p, end); p++)
            if (e < 1000000)
                e = e * 10 + (*p - '0');
        d->exponent += minus ? -e : e;
    }
    *pp = p;
    return true;
}

static double to_double(const struct decimal *d)
{
    long double v = (long double)d->mantissa, base = 10.0L, power = 1.0L;
    long e = d->exponent < 0 ? -d->exponent : d->exponent;
    if (d->mantissa == 0)
        return d->negative ? -0.0 : 0.0;
    if (e > 5000) /* beyond every long double; 0 or infinite as a double */
        return d->exponent < 0 ? 0.0 : (double)INFINITY;
    for (; e; e >>= 1, base *= base)
        if (e & 1)
            power *= base;
    v = d->exponent < 0 ? v / power : v * power;
    return (double)(d->negative ? -v : v);
}

rs_json_number_result rs_json_scan_number(const char **p, const char *end, rs_json *node)
{
    struct decimal d = { 0 };
    if (!scan(p, end, &d))
        return RS_JSON_NUMBER_BAD;
    const double v = to_double(&d);
    if (!isfinite(v))
        return RS_JSON_NUMBER_HUGE;
    node->number = v;
    if (d.integer && d.exponent == 0 && d.mantissa <= INT64_MAX) {
        node->is_integer = true;
        node->integer = d.negative ? -(int64_t)d.mantissa : (int64_t)d.mantissa;
    }
    return RS_JSON_NUMBER_OK;
}
