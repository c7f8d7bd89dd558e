#include <stdio.h>
#include <string.h>

#include "weights/safetensors.h"

static const struct {
    const char *name;
    unsigned bits;
    rs_dtype dtype;
} dtypes[] = {
    { "F32", 32, RS_DTYPE_F32 },       { "F16", 16, RS_DTYPE_F16 },
    { "BF16", 16, RS_DTYPE_BF16 },     { "F64", 64, RS_DTYPE_F64 },
    { "I64", 64, RS_DTYPE_I64 },       { "I32", 32, RS_DTYPE_I32 },
    { "I16", 16, RS_DTYPE_OTHER },     { "I8", 8, RS_DTYPE_OTHER },
    { "U64", 64, RS_DTYPE_OTHER },     { "U32", 32, RS_DTYPE_OTHER },
    { "U16", 16, RS_DTYPE_OTHER },     { "U8", 8, RS_DTYPE_OTHER },
    { "BOOL", 8, RS_DTYPE_OTHER },     { "C64", 64, RS_DTYPE_OTHER },
    { "F8_E4M3", 8, RS_DTYPE_OTHER },  { "F8_E5M2", 8, RS_DTYPE_OTHER },
    { "F8_E8M0", 8, RS_DTYPE_OTHER },  { "F6_E2M3", 6, RS_DTYPE_OTHER },
    { "F6_E3M2", 6, RS_DTYPE_OTHER },  { "F4", 4, RS_DTYPE_OTHER },
    { "F8_E4M3FNUZ", 8, RS_DTYPE_OTHER }, { "F8_E5M2FNUZ", 8, RS_DTYPE_OTHER },
};

bool rs_dtype_parse(const char *name, rs_dtype *dtype, const char **text, unsigned *bits)
{
    for (size_t i = 0; i < sizeof(dtypes) / sizeof(*dtypes); i++)
        if (strcmp(dtypes[i].name, name) == 0) {
            *dtype = dtypes[i].dtype;
            *text = dtypes[i].name;
            *bits = dtypes[i].bits;
            return true;
        }
    return false;
}

size_t rs_dtype_size(rs_dtype dtype)
{
    return dtype == RS_DTYPE_OTHER ? 0 : dtypes[dtype].bits / 8;
}

const char *rs_shape_text(const int64_t *shape, int rank, char *buf, size_t size)
{
    size_t n = 0;
    for (int i = 0; i < rank && n < size; i++)
        n += (size_t)snprintf(buf + n, size - n, "%s%lld", i ? ", " : "[", (long long)shape[i]);
    if (n < size)
        snprintf(buf + n, size - n, "%s", rank ? "]" : "[]");
    return buf;
}
