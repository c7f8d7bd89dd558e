/* Any bytes as an animation: no read outside, and a number of times. */
#include <stdint.h>
#include <stdlib.h>

#include "media/loop_count.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (rs_loop_count(data, size) < 0)
        abort();
    return 0;
}

#include "tests/lib/fuzz.h"
