#include "base/natural.h"

#include <stddef.h>
#include <string.h>

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static unsigned char fold(char c)
{
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

static size_t digits(const char *s)
{
    size_t n = 0;
    while (is_digit(s[n]))
        n++;
    return n;
}

/* Moves both behind their numbers. */
static int number_cmp(const char **a, const char **b)
{
    const char *x = *a, *y = *b;
    x += strspn(x, "0");
    y += strspn(y, "0");
    const size_t nx = digits(x), ny = digits(y);
    *a = x + nx;
    *b = y + ny;
    if (nx != ny)
        return nx < ny ? -1 : 1;
    return strncmp(x, y, nx);
}

int rs_natural_cmp(const char *a, const char *b)
{
    const char *x = a, *y = b;
    while (*x && *y) {
        if (is_digit(*x) && is_digit(*y)) {
            const int c = number_cmp(&x, &y);
            if (c)
                return c;
        } else {
            if (fold(*x) != fold(*y))
                return fold(*x) < fold(*y) ? -1 : 1;
            x++;
            y++;
        }
    }
    if (*x || *y)
        return *x ? 1 : -1;
    return strcmp(a, b);
}
