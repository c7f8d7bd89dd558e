#include "opt/diag.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void rs_diags_init(rs_diags *diags, rs_arena *arena)
{
    *diags = (rs_diags){ .arena = arena };
}

/* What a file says must not be able to steer a terminal. */
static void defuse(char *s)
{
    for (; *s; s++) {
        if ((unsigned char)*s < 0x20 || *s == 0x7f)
            *s = '?';
    }
}

static char *copy_defused(rs_diags *diags, const char *s)
{
    char *copy = rs_arena_strdup(diags->arena, s);
    if (copy)
        defuse(copy);
    else
        diags->nomem = true;
    return copy;
}

void rs_diags_add(rs_diags *diags, rs_pos pos, const char *key, rs_status status,
                  const char *suggestion, const char *fmt, ...)
{
    if (diags->n == RS_MAX_DIAGS) {
        diags->dropped++;
        return;
    }
    char buf[1024];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(buf, sizeof(buf), fmt, ap);
    va_end(ap);
    const rs_diag d = {
        .where = copy_defused(diags, pos.where),
        .line = pos.line,
        .col = pos.col,
        .key = copy_defused(diags, key),
        .text = copy_defused(diags, buf),
        .suggestion = suggestion,
        .status = status,
    };
    if (d.where && d.key && d.text)
        diags->items[diags->n++] = d;
}

static bool after(const rs_diag *a, const rs_diag *b)
{
    if (!a->line != !b->line)
        return !a->line;
    return a->line != b->line ? a->line > b->line : a->col > b->col;
}

static void sort(rs_diags *diags)
{
    for (size_t i = 1; i < diags->n; i++) {
        const rs_diag d = diags->items[i];
        size_t k = i;
        for (; k && after(&diags->items[k - 1], &d); k--)
            diags->items[k] = diags->items[k - 1];
        diags->items[k] = d;
    }
}

void rs_diags_send(rs_diags *diags, const rs_diag_sink *sink)
{
    sort(diags);
    if (!sink->put)
        return;
    for (size_t i = 0; i < diags->n; i++)
        sink->put(sink->cookie, &diags->items[i]);
    if (!diags->dropped)
        return;
    char text[64];
    snprintf(text, sizeof(text), "%zu more problems are not shown", diags->dropped);
    const rs_diag more = { .where = diags->items[0].where, .key = "", .text = text,
                           .status = RS_E_INVALID };
    sink->put(sink->cookie, &more);
}

int rs_diag_format(const rs_diag *d, char *buf, size_t size)
{
    char place[32] = "";
    if (d->line)
        snprintf(place, sizeof(place), ":%d:%d", d->line, d->col);
    return snprintf(buf, size, "%s%s: %s%s%s%s%s%s", d->where, place, d->key, d->key[0] ? ": " : "",
                    d->text, d->suggestion ? " (did you mean '" : "",
                    d->suggestion ? d->suggestion : "", d->suggestion ? "'?)" : "");
}
