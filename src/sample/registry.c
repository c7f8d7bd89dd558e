#include "sample/registry.h"

#include <string.h>

#include "base/strbuf.h"

rs_status rs_registry_find(const char *what, const char *(*name_at)(size_t i), const char *name,
                           size_t *index, rs_err *err)
{
    for (size_t i = 0; name && name_at(i); i++) {
        if (strcmp(name_at(i), name) == 0) {
            *index = i;
            return RS_OK;
        }
    }
    rs_strbuf known;
    rs_strbuf_init(&known, 512);
    for (size_t i = 0; name_at(i); i++)
        rs_strbuf_printf(&known, "%s%s", i > 0 ? ", " : "", name_at(i));
    const rs_status status = RS_FAIL(err, RS_E_INVALID, "unknown %s '%s', expected one of: %s", what,
                                     name ? name : "", rs_strbuf_str(&known));
    rs_strbuf_release(&known);
    return status;
}
