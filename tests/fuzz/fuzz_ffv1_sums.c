/* Any bytes as a packet of FFV1: no read outside; what is not whole is told once sums are known. */
#include <stdint.h>
#include <stdlib.h>

#include "media/ffv1_sums.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rs_ffv1_sums unknown = { 0 }, known = { .there = true };
    const bool plain = rs_ffv1_sums_check(&unknown, data, size, true);
    const bool whole = rs_ffv1_sums_check(&known, data, size, true);
    if (!plain || whole != unknown.there || known.broken == whole)
        abort();
    return 0;
}

#include "tests/lib/fuzz.h"
