/* One axis of a contact sheet: a key and the values it takes. */
#ifndef RS_JOB_SHEET_AXIS_H
#define RS_JOB_SHEET_AXIS_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"

enum { RS_SHEET_MAX_VALUES = 256 };

typedef struct rs_sheet_axis {
    const char *label;   /* as written: "strength" */
    const char *key;     /* "img2img.strength"; NULL: prompt_sr */
    const char **values; /* [n], never empty */
    int n;
} rs_sheet_axis;

/* text: "strength=0.3,0.5", see restyle/sheet.h. Errors name text. */
rs_status rs_sheet_axis_parse(rs_arena *arena, const char *text, rs_sheet_axis *out, rs_err *err);

/* text with every `from` replaced by `to`; NULL: no memory. */
const char *rs_sheet_replace(rs_arena *arena, const char *text, const char *from, const char *to);

#endif
