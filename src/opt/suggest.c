/* "Did you mean": the nearest known word by optimal string alignment distance
 * (insert, delete, replace, swap of neighbours), letters of either case alike. */
#include <stdbool.h>
#include <string.h>

#include "restyle/diag.h"

enum { MAX_WORD = 40 };

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c == '-' ? '_' : c;
}

static int min3(int a, int b, int c)
{
    const int m = a < b ? a : b;
    return m < c ? m : c;
}

/* Rows of the distance table for i-2, i-1 and i characters of a. */
static int distance(const char *a, size_t na, const char *b, size_t nb)
{
    int rows[3][MAX_WORD + 1];
    int *before = rows[0], *last = rows[1], *now = rows[2];
    for (size_t j = 0; j <= nb; j++)
        last[j] = (int)j;
    for (size_t i = 1; i <= na; i++) {
        now[0] = (int)i;
        for (size_t j = 1; j <= nb; j++) {
            const char x = lower(a[i - 1]), y = lower(b[j - 1]);
            now[j] = min3(last[j] + 1, now[j - 1] + 1, last[j - 1] + (x != y));
            if (i > 1 && j > 1 && x == lower(b[j - 2]) && lower(a[i - 2]) == y &&
                before[j - 2] + 1 < now[j])
                now[j] = before[j - 2] + 1;
        }
        int *const free_row = before;
        before = last;
        last = now;
        now = free_row;
    }
    return last[nb];
}

static bool contains(const char *text, size_t n_text, const char *part, size_t n_part)
{
    for (size_t i = 0; n_part >= 3 && i + n_part <= n_text; i++) {
        size_t k = 0;
        while (k < n_part && lower(text[i + k]) == lower(part[k]))
            k++;
        if (k == n_part)
            return true;
    }
    return false;
}

const char *rs_suggest(const char *word, const char *const *names, size_t n)
{
    const size_t len = strlen(word);
    if (len == 0 || len > MAX_WORD)
        return NULL;
    const char *best = NULL;
    int best_d = 0;
    for (size_t i = 0; i < n; i++) {
        const size_t k = strlen(names[i]);
        if (k == 0 || k > MAX_WORD)
            continue;
        int d = distance(word, len, names[i], k);
        /* One slip for every three letters; a part of the name ("cfg") also counts. */
        const int limit = (int)((len < k ? len : k) + 2) / 3;
        if (d > limit && (contains(names[i], k, word, len) || contains(word, len, names[i], k)))
            d = limit;
        if (d <= limit && (!best || d < best_d)) {
            best = names[i];
            best_d = d;
        }
    }
    return best;
}
