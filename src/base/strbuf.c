#include "base/strbuf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

void rs_strbuf_init(rs_strbuf *sb, size_t max)
{
    *sb = (rs_strbuf){ .max = max };
}

void rs_strbuf_release(rs_strbuf *sb)
{
    rs_free(sb->data);
    *sb = (rs_strbuf){ .max = sb->max };
}

static bool reserve(rs_strbuf *sb, size_t extra)
{
    if (sb->failed || extra > sb->max - sb->len) {
        sb->failed = true;
        return false;
    }
    const size_t need = sb->len + extra + 1;
    if (need <= sb->cap)
        return true;
    size_t cap = sb->cap ? sb->cap * 2 : 128;
    if (cap < need)
        cap = need;
    char *data = rs_realloc(sb->data, sb->len, cap);
    if (!data) {
        sb->failed = true;
        return false;
    }
    sb->data = data;
    sb->cap = cap;
    return true;
}

void rs_strbuf_add(rs_strbuf *sb, const char *s, size_t n)
{
    if (!reserve(sb, n))
        return;
    memcpy(sb->data + sb->len, s, n);
    sb->len += n;
    sb->data[sb->len] = '\0';
}

void rs_strbuf_puts(rs_strbuf *sb, const char *s)
{
    rs_strbuf_add(sb, s, strlen(s));
}

void rs_strbuf_printf(rs_strbuf *sb, const char *fmt, ...)
{
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    const int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n >= 0 && reserve(sb, (size_t)n)) {
        vsnprintf(sb->data + sb->len, (size_t)n + 1, fmt, again);
        sb->len += (size_t)n;
    }
    va_end(again);
}

void rs_strbuf_json(rs_strbuf *sb, const char *s)
{
    static const char from[] = "\"\\\n\r\t\b\f", to[] = "\"\\nrtbf";
    rs_strbuf_puts(sb, "\"");
    for (; *s; s++) {
        const char *escape = strchr(from, *s);
        if (escape)
            rs_strbuf_printf(sb, "\\%c", to[escape - from]);
        else if ((unsigned char)*s < 0x20)
            rs_strbuf_printf(sb, "\\u%04x", (unsigned)(unsigned char)*s);
        else
            rs_strbuf_add(sb, s, 1);
    }
    rs_strbuf_puts(sb, "\"");
}

void rs_strbuf_clear(rs_strbuf *sb)
{
    sb->len = 0;
    sb->failed = false;
    if (sb->data)
        sb->data[0] = '\0';
}

const char *rs_strbuf_str(const rs_strbuf *sb)
{
    return sb->data ? sb->data : "";
}
