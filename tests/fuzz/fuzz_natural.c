/* Three names out of any bytes: the natural order is a total order. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/natural.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int sign(int v)
{
    return (v > 0) - (v < 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char s[3][65] = { { 0 } };
    const size_t n = size / 3 < 64 ? size / 3 : 64;
    for (int i = 0; n && i < 3; i++)
        memcpy(s[i], data + (size_t)i * n, n);
    int c[3][3];
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            c[i][j] = sign(rs_natural_cmp(s[i], s[j]));
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) {
            if (c[i][j] != -c[j][i] || (c[i][j] == 0) != (strcmp(s[i], s[j]) == 0))
                abort();
            for (int k = 0; k < 3; k++)
                if (c[i][j] < 0 && c[j][k] < 0 && c[i][k] >= 0)
                    abort();
        }
    return 0;
}

#include "tests/lib/fuzz.h"
