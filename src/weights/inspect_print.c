#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/compiler.h"
#include "restyle/inspect.h"

struct printer {
    void (*line)(void *cookie, const char *text);
    void *cookie;
};

static void put(const struct printer *p, const char *fmt, ...) RS_PRINTF(2, 3);

static void put(const struct printer *p, const char *fmt, ...)
{
    char buf[1200];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(buf, sizeof(buf), fmt, ap);
    va_end(ap);
    p->line(p->cookie, buf);
}

/* "860 M", "1.72 GB": three digits and a decimal prefix. */
static const char *scaled(uint64_t n, const char *unit, char *buf, size_t size)
{
    static const char *const prefixes[] = { "", "k", "M", "G", "T" };
    double v = (double)n;
    int u = 0;
    for (; v >= 999.5 && u < 4; u++)
        v /= 1000;
    snprintf(buf, size, "%.3g%s%s%s", v, u || unit[0] ? " " : "", prefixes[u], unit);
    return buf;
}

/* The file is not repeated for a model in one file. */
static void print_part(const struct printer *p, const rs_model_info *info,
                       const rs_model_part *part)
{
    char n[32], bytes[32];
    put(p, "  %-13s %s", part->name, part->sizes ? part->sizes : "sizes unknown");
    if (!part->file) {
        put(p, "  %-13s no weights", "");
        return;
    }
    put(p, "  %-13s %s, %s parameters in %" PRIu64 " tensors, %s", "", part->precision,
        scaled(part->parameters, "", n, sizeof(n)), part->tensors,
        scaled(part->bytes, "B", bytes, sizeof(bytes)));
    if (strcmp(part->file, info->path) != 0)
        put(p, "  %-13s %s", "", part->file);
}

void rs_model_print(const rs_model_info *info, void (*line)(void *cookie, const char *text),
                    void *cookie)
{
    const struct printer p = { line, cookie };
    char bytes[32];
    put(&p, "%s: %s, %s", info->path, info->family, info->layout);
    for (int i = 0; i < RS_MODEL_PARTS; i++)
        print_part(&p, info, &info->parts[i]);
    put(&p, "  %-13s %s", "tokenizer", info->tokenizer ? info->tokenizer : "none");
    if (info->noise)
        put(&p, "  %-13s %s, %s prediction", "noise", info->noise, info->prediction);
    if (info->multiple)
        put(&p, "  %-13s multiples of %d", "picture sizes", info->multiple);
    if (info->unused_tensors)
        put(&p, "  %-13s %" PRIu64 " tensor%s, %s", "not used", info->unused_tensors,
            info->unused_tensors == 1 ? "" : "s",
            scaled(info->unused_bytes, "B", bytes, sizeof(bytes)));
    if (info->note)
        put(&p, "  %-13s %s", "note", info->note);
    if (info->n_problems == 0)
        put(&p, "  %-13s nothing", "missing");
    for (size_t i = 0; i < info->n_problems; i++)
        put(&p, "  %-13s %s", i ? "" : "problems", info->problems[i]);
}
