/* Any bytes as a picture's header: no read outside, and a size is one of at least 1x1. */
#include <stdint.h>
#include <stdlib.h>

#include "media/still_size.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rs_size s = { 0 };
    if (rs_still_size(data, size, &s) && (s.width < 1 || s.height < 1))
        abort();
    return 0;
}

#include "tests/lib/fuzz.h"
