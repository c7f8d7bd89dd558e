#include "opt/opt_text.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Length of the UTF-8 sequence at s and its code point; the text is valid. */
static size_t decode(const char *s, uint32_t *code)
{
    const unsigned char c = (unsigned char)*s;
    const size_t n = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
    uint32_t v = n == 1 ? c : c & (0x7fu >> n);
    for (size_t i = 1; i < n; i++)
        v = v << 6 | ((unsigned char)s[i] & 0x3fu);
    *code = v;
    return n;
}

/* Printable and no line break in YAML 1.1: libyaml takes it as it stands. */
static bool plain(uint32_t c)
{
    if (c < 0x7f)
        return c >= 0x20 && c != '"' && c != '\\';
    return c >= 0xa0 && c != 0x2028 && c != 0x2029 && c != 0xfeff && c != 0xfffe && c != 0xffff;
}

void rs_print_yaml_string(rs_strbuf *sb, const char *s)
{
    rs_strbuf_puts(sb, "\"");
    while (*s) {
        uint32_t c;
        const size_t n = decode(s, &c);
        if (plain(c))
            rs_strbuf_add(sb, s, n);
        else if (c == '"' || c == '\\')
            rs_strbuf_printf(sb, "\\%c", (int)c);
        else if (c == '\n')
            rs_strbuf_puts(sb, "\\n");
        else
            rs_strbuf_printf(sb, c < 0x100 ? "\\x%02X" : "\\u%04X", (unsigned)c);
        s += n;
    }
    rs_strbuf_puts(sb, "\"");
}

const char *rs_value_show(const rs_value *value, char buf[RS_SHOW_MAX])
{
    if (value->kind == RS_VALUE_MAP)
        return "a group of keys";
    if (value->kind == RS_VALUE_LIST)
        return "a list";
    if (value->kind != RS_VALUE_SCALAR)
        return "nothing";
    enum { CUT = 40 };
    size_t n = strlen(value->text);
    const bool cut = n > CUT;
    if (cut) {
        /* Not in the middle of a character. */
        for (n = CUT; n && ((unsigned char)value->text[n] & 0xc0) == 0x80; n--) {}
    }
    snprintf(buf, RS_SHOW_MAX, "%s'%.*s%s'", value->quoted ? "the text " : "", (int)n, value->text,
             cut ? "..." : "");
    return buf;
}
