#include "opt/opt_doc.h"

#include <string.h>

#include "opt/opt_text.h"

/* "help" as a paragraph: "Help." */
static void sentence(rs_strbuf *sb, const char *help)
{
    const char first = help[0] >= 'a' && help[0] <= 'z' ? (char)(help[0] - 'a' + 'A') : help[0];
    rs_strbuf_printf(sb, "%c%s.\n\n", first, help + 1);
}

/* The i-th name a row takes, with its help; false past the last. */
static bool name_at(const rs_opt *row, size_t i, const char **name, const char **help)
{
    if (row->type == &rs_opt_enum) {
        const rs_opt_choice *c = (const rs_opt_choice *)row->priv + i;
        *name = c->name;
        *help = c->help;
    } else if (row->type == &rs_opt_kinds) {
        const rs_opt_kind *kind = row->priv;
        *name = kind->name(i);
        *help = *name ? kind->help(i) : NULL;
    } else if ((row->type == &rs_opt_int || row->type == &rs_opt_float) && row->priv) {
        const rs_opt_word *word = row->priv;
        *name = i == 0 ? word->name : NULL;
        *help = word->help;
    } else if (row->type == &rs_opt_path && row->priv) {
        const rs_opt_choice *word = (const rs_opt_choice *)row->priv + i;
        *name = word->name;
        *help = word->help;
    } else {
        *name = NULL;
    }
    return *name != NULL;
}

/* "0 to 1 seconds", or the type's name when there are no bounds. */
static void print_values(rs_strbuf *sb, const rs_opt *row)
{
    const size_t before = sb->len;
    row->type->bounds(sb, row);
    if (sb->len == before)
        rs_strbuf_puts(sb, row->type->name);
    if (row->unit)
        rs_strbuf_printf(sb, " %s", row->unit);
}

static void print_default(rs_strbuf *sb, const rs_opt_group *group, const rs_opt *row)
{
    const size_t before = sb->len;
    row->type->print(sb, row, rs_opt_field(row, group->defaults));
    if (sb->len == before)
        rs_strbuf_puts(sb, "not set");
}

static void text_row(rs_strbuf *sb, const rs_opt_group *group, const rs_opt *row, int indent)
{
    const char *name, *help;
    rs_strbuf_printf(sb, "%*s%s: ", indent, "", row->key);
    print_values(sb, row);
    if (row->flags & RS_OPT_REQUIRED) {
        rs_strbuf_puts(sb, "  (required)");
    } else {
        rs_strbuf_puts(sb, "  (default ");
        print_default(sb, group, row);
        rs_strbuf_puts(sb, ")");
    }
    rs_strbuf_printf(sb, "\n%*s    %s\n", indent, "", row->help);
    for (size_t i = 0; name_at(row, i, &name, &help); i++)
        rs_strbuf_printf(sb, "%*s      %-12s %s\n", indent, "", name, help);
}

static void text_group(rs_strbuf *sb, const rs_opt_group *group, int indent);

static void text_row_and_items(rs_strbuf *sb, const rs_opt_group *group, const rs_opt *row, int indent)
{
    text_row(sb, group, row, indent);
    if (rs_opt_item_group(row)) {
        rs_strbuf_printf(sb, "%*s    each with\n", indent, "");
        text_group(sb, rs_opt_item_group(row), indent + 4);
    }
}

static void text_group(rs_strbuf *sb, const rs_opt_group *group, int indent)
{
    bool after_group = false;
    for (const rs_opt *row = group->rows; row->key; row++) {
        const rs_opt_group *sub = rs_opt_subgroup(row);
        if (sub || after_group)
            rs_strbuf_puts(sb, "\n");
        if (sub) {
            rs_strbuf_printf(sb, "%*s%s:\n%*s    %s\n", indent, "", row->key, indent, "", sub->help);
            text_group(sb, sub, indent + 2);
        } else {
            text_row_and_items(sb, group, row, indent);
        }
        after_group = sub != NULL;
    }
}

void rs_opt_doc_text(rs_strbuf *sb, const rs_opt_group *root)
{
    sentence(sb, root->help);
    text_group(sb, root, 0);
}

static void markdown_table(rs_strbuf *sb, const rs_opt_group *group)
{
    rs_strbuf_puts(sb, "| key | value | default | meaning |\n| --- | --- | --- | --- |\n");
    for (const rs_opt *row = group->rows; row->key; row++) {
        if (rs_opt_subgroup(row)) {
            rs_strbuf_printf(sb, "| [`%s`](#%s) | group | | %s |\n", row->key, row->key, rs_opt_help(row));
            continue;
        }
        rs_strbuf_printf(sb, "| `%s` | ", row->key);
        print_values(sb, row);
        rs_strbuf_puts(sb, " | ");
        if (row->flags & RS_OPT_REQUIRED) {
            rs_strbuf_puts(sb, "*required*");
        } else {
            print_default(sb, group, row);
        }
        rs_strbuf_printf(sb, " | %s%s |\n", row->help,
                         row->flags & RS_OPT_ADVANCED ? " (advanced)" : "");
    }
}

static void markdown_names(rs_strbuf *sb, const rs_opt_group *group)
{
    for (const rs_opt *row = group->rows; row->key; row++) {
        const char *name, *help;
        if (name_at(row, 0, &name, &help))
            rs_strbuf_printf(sb, "\nValues of `%s`:\n\n", row->key);
        for (size_t i = 0; name_at(row, i, &name, &help); i++)
            rs_strbuf_printf(sb, "- `%s`: %s\n", name, help);
    }
}

static void markdown_group(rs_strbuf *sb, const rs_opt_group *group)
{
    markdown_table(sb, group);
    markdown_names(sb, group);
    for (const rs_opt *row = group->rows; row->key; row++) {
        const rs_opt_group *item = rs_opt_item_group(row);
        const rs_opt_group *sub = item ? item : rs_opt_subgroup(row);
        if (!sub)
            continue;
        rs_strbuf_printf(sb, "\n## %s%s\n\n", item ? "Each of " : "", row->key);
        sentence(sb, sub->help);
        markdown_group(sb, sub);
    }
}

void rs_opt_doc_markdown(rs_strbuf *sb, const rs_opt_group *root)
{
    rs_strbuf_puts(sb, "# Pipeline keys\n\n");
    sentence(sb, root->help);
    rs_strbuf_puts(sb, "Generated by `restyle schema --markdown`: do not edit.\n\n");
    markdown_group(sb, root);
}

static void yaml_row(rs_strbuf *sb, const rs_opt_group *group, const rs_opt *row, int indent)
{
    rs_strbuf_printf(sb, "%*s# %s (", indent, "", row->help);
    print_values(sb, row);
    rs_strbuf_puts(sb, ")\n");
    rs_strbuf value;
    rs_strbuf_init(&value, sb->max);
    row->type->print(&value, row, rs_opt_field(row, group->defaults));
    const bool set = value.len || row->flags & RS_OPT_REQUIRED;
    const char *shown = value.len ? value.data : row->example ? row->example : "";
    rs_strbuf_printf(sb, "%*s%s%s:%s%s\n", indent, "", set ? "" : "# ", row->key, *shown ? " " : "",
                     shown);
    sb->failed |= value.failed;
    rs_strbuf_release(&value);
}

static void yaml_group(rs_strbuf *sb, const rs_opt_group *group, int indent)
{
    for (const rs_opt *row = group->rows; row->key; row++) {
        const rs_opt_group *sub = rs_opt_subgroup(row);
        if (!sub) {
            yaml_row(sb, group, row, indent);
            continue;
        }
        rs_strbuf_printf(sb, "\n%*s# %s\n%*s%s:\n", indent, "", sub->help, indent, "", row->key);
        yaml_group(sb, sub, indent + 2);
        if (row[1].key && !rs_opt_subgroup(row + 1))
            rs_strbuf_puts(sb, "\n");
    }
}

void rs_opt_doc_yaml(rs_strbuf *sb, const rs_opt_group *root)
{
    rs_strbuf_printf(sb, "# Every key with its default: %s.\n"
                         "# Generated by `restyle schema --yaml`: do not edit.\n\n", root->help);
    yaml_group(sb, root, 0);
}

static void json_default(rs_strbuf *sb, const rs_opt *row, const void *at)
{
    rs_strbuf value;
    rs_strbuf_init(&value, 4096);
    row->type->print(&value, row, at);
    const char *s = rs_strbuf_str(&value);
    /* Numbers, truth values and quoted texts are the same in JSON; words are not. */
    const bool same = s[0] == '"' || s[0] == '-' || s[0] == '[' || row->type == &rs_opt_bool ||
                      (s[0] >= '0' && s[0] <= '9' && !strchr(s, 'x'));
    if (*s)
        rs_strbuf_puts(sb, ", \"default\": ");
    if (*s && same)
        rs_strbuf_puts(sb, s);
    else if (*s)
        rs_strbuf_json(sb, s);
    rs_strbuf_release(&value);
}

static void json_required(rs_strbuf *sb, const rs_opt_group *group, int indent)
{
    size_t n = 0;
    for (const rs_opt *row = group->rows; row->key; row++) {
        if (!(row->flags & RS_OPT_REQUIRED))
            continue;
        if (n++ == 0)
            rs_strbuf_printf(sb, "%*s\"required\": [", indent, "");
        rs_strbuf_printf(sb, "%s\"%s\"", n > 1 ? ", " : "", row->key);
    }
    if (n)
        rs_strbuf_puts(sb, "],\n");
}

static void json_group(rs_strbuf *sb, const rs_opt_group *group, int indent)
{
    rs_strbuf_printf(sb, "%*s\"type\": \"object\",\n%*s\"additionalProperties\": false,\n", indent, "",
                     indent, "");
    json_required(sb, group, indent);
    rs_strbuf_printf(sb, "%*s\"properties\": {", indent, "");
    const char *comma = "";
    for (const rs_opt *row = group->rows; row->key; row++) {
        const rs_opt_group *sub = rs_opt_subgroup(row);
        rs_strbuf_printf(sb, "%s\n%*s\"%s\": {\"description\": ", comma, indent + 2, "", row->key);
        rs_strbuf_json(sb, rs_opt_help(row));
        rs_strbuf_puts(sb, sub ? ",\n" : ", ");
        if (sub) {
            json_group(sb, sub, indent + 4);
        } else {
            row->type->schema(sb, row);
            if (rs_opt_item_group(row)) {
                rs_strbuf_puts(sb, ", \"items\": {\n");
                json_group(sb, rs_opt_item_group(row), indent + 4);
                rs_strbuf_puts(sb, "}");
            }
            json_default(sb, row, rs_opt_field(row, group->defaults));
        }
        rs_strbuf_puts(sb, "}");
        comma = ",";
    }
    rs_strbuf_printf(sb, "\n%*s}", indent, "");
}

void rs_opt_doc_json(rs_strbuf *sb, const rs_opt_group *root)
{
    rs_strbuf_puts(sb, "{\n  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n"
                       "  \"title\": ");
    rs_strbuf_json(sb, root->help);
    rs_strbuf_puts(sb, ",\n");
    json_group(sb, root, 2);
    rs_strbuf_puts(sb, "\n}\n");
}
