#include "restyle/version.h"

#define TEXT(x) #x
#define JOIN(a, b, c) TEXT(a) "." TEXT(b) "." TEXT(c)

const char *rs_version(void)
{
    return JOIN(RS_VERSION_MAJOR, RS_VERSION_MINOR, RS_VERSION_PATCH);
}
