/* A list of diagnostics that is complete before it is shown. */
#ifndef RS_OPT_DIAG_H
#define RS_OPT_DIAG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "restyle/diag.h"

#define RS_MAX_DIAGS 50

/* Where something was written. line is 0 for a command-line option: where is
 * then the option itself, and col its number. */
typedef struct rs_pos {
    const char *where;
    int line, col;
} rs_pos;

typedef struct rs_diags {
    rs_arena *arena; /* of the messages */
    rs_diag items[RS_MAX_DIAGS];
    size_t n;
    size_t dropped;  /* those above RS_MAX_DIAGS */
    bool nomem;      /* something is missing for lack of memory */
} rs_diags;

void rs_diags_init(rs_diags *diags, rs_arena *arena);

/* Strings other than the formatted text must outlive the list; suggestion may
 * be NULL. Control characters in the text are made visible as '?'. */
void rs_diags_add(rs_diags *diags, rs_pos pos, const char *key, rs_status status,
                  const char *suggestion, const char *fmt, ...) RS_PRINTF(6, 7);

/* Orders by place (the file first, then options) and hands all to the sink; a
 * last one tells how many there was no room for. */
void rs_diags_send(rs_diags *diags, const rs_diag_sink *sink);

#endif
