/* Finding a row of a table by its name, with a message that lists the others. */
#ifndef RS_SAMPLE_REGISTRY_H
#define RS_SAMPLE_REGISTRY_H

#include <stddef.h>

#include "base/err.h"

/* name_at: name of row i, NULL past the last. what: "sampler", for the message.
 * An unknown name, or NULL, is RS_E_INVALID. */
rs_status rs_registry_find(const char *what, const char *(*name_at)(size_t i), const char *name,
                           size_t *index, rs_err *err);

#endif
