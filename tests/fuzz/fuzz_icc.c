/* Any bytes as an ICC profile: no read outside, and curves of what is read stay within 0 and 1. */
#include <stdint.h>
#include <stdlib.h>

#include "media/icc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rs_icc icc;
    if (rs_icc_read(data, size, &icc) == RS_ICC_UNREAD)
        return 0;
    for (int c = 0; c < 3; c++) {
        for (int i = 0; i <= 64; i++) {
            const double y = rs_icc_light(&icc.curve[c], i / 64.0);
            if (!(y >= 0 && y <= 1))
                abort();
        }
    }
    return 0;
}

#include "tests/lib/fuzz.h"
