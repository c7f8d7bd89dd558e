#include "prompt/prompt_schedule.h"

#include <math.h>
#include <string.h>

#include "base/strbuf.h"

enum { MAX_DEPTH = 100, MAX_TEXTS = 4096 };
#define MAX_WORK ((size_t)1 << 28) /* bytes of text over all steps */

typedef enum kind { TEXT, GROUP, SCHEDULED, ALTERNATE } kind;

/* A prompt is a chain of nodes. GROUP and ALTERNATE: prompts in order of writing;
 * SCHEDULED: before, or an empty one, and after. */
struct node {
    kind kind;
    rs_span text;            /* TEXT */
    int when;                /* SCHEDULED */
    struct node **prompts;   /* [n], each the head of a chain or NULL */
    size_t n;
    struct node *next;
};

struct parser {
    rs_arena *arena;
    const char *start, *end;
    int steps;
    unsigned char *failed;   /* [bytes]: no group starts at this bracket */
    bool nomem, plain;       /* plain: the text fits no rule */
    bool *changes;           /* [steps + 1]: a part ends with this step */
};

static bool parse_prompt(struct parser *p, const char **at, int depth, struct node **head);

static struct node *new_node(struct parser *p, kind k)
{
    struct node *n = RS_NEW(p->arena, struct node);
    p->nomem = p->nomem || !n;
    if (n)
        n->kind = k;
    return n;
}

/* The length of `text` at p: everything up to a character with a meaning. */
static size_t text_length(const char *p, const char *end)
{
    const char *q = p;
    while (q < end && !strchr("[]():|", *q)) {
        if (*q != '\\') {
            q++;
        } else {
            if (q + 1 == end || q[1] == '\n')
                break;
            q += 2; /* of a longer character the rest is text anyway */
        }
    }
    return (size_t)(q - p);
}

/* The number of `[...:when]` in [s, e), with white space around it. */
static bool read_when(const struct parser *p, const char *s, const char *e, int *when)
{
    double v;
    s = rs_prompt_skip_space(s, e);
    e = rs_prompt_trim_end(s, e);
    if (!rs_prompt_number((rs_span){ s, (size_t)(e - s) }, &v))
        return false;
    if (memchr(s, '.', (size_t)(e - s)))
        v *= p->steps;
    *when = (int)fmax(fmin(trunc(v), p->steps), -1);
    return true;
}

/* What a group consists of while it is read: its prompts, and where they begin. */
struct group {
    struct node **prompts;
    size_t n, cap;
    const char *from[3];  /* of the first three */
    char separator;       /* ':' or '|'; 0 with one prompt */
};

static bool add_prompt(struct parser *p, struct group *g, struct node *prompt, const char *from)
{
    if (g->n < 3)
        g->from[g->n] = from;
    if (g->n == g->cap) {
        const size_t cap = g->cap ? 2 * g->cap : 4;
        struct node **bigger = RS_NEW_N(p->arena, struct node *, cap);
        if (!bigger) {
            p->nomem = true;
            return false;
        }
        if (g->n)
            memcpy(bigger, g->prompts, g->n * sizeof(struct node *));
        g->prompts = bigger;
        g->cap = cap;
    }
    g->prompts[g->n++] = prompt;
    return true;
}

static struct node *make_list(struct parser *p, kind k, struct node **prompts, size_t n)
{
    struct node *node = new_node(p, k);
    if (node) {
        node->prompts = prompts;
        node->n = n;
    }
    return node;
}

static struct node *make_text(struct parser *p, const char *at, size_t n)
{
    struct node *node = new_node(p, TEXT);
    if (node)
        node->text = (rs_span){ at, n };
    return node;
}

/* A group that only stands for its text: open, prompts with colons between, close. */
static struct node *make_plain_group(struct parser *p, const struct group *g, const char *open,
                                     const char *close)
{
    struct node **list = RS_NEW_N(p->arena, struct node *, 5);
    size_t n = 0;
    if (!list) {
        p->nomem = true;
        return NULL;
    }
    list[n++] = make_text(p, open, 1);
    for (size_t i = 0; i < g->n; i++) {
        if (i)
            list[n++] = make_text(p, g->from[i] - 1, 1);
        list[n++] = g->prompts[i];
    }
    list[n++] = make_text(p, close, 1);
    return make_list(p, GROUP, list, n);
}

static void mark_change(struct parser *p, int step)
{
    if (step >= 1)
        p->changes[step] = true;
}

/* The node of a group that was read up to its closing bracket; NULL: it fits no rule. */
static struct node *finish(struct parser *p, const struct group *g, const char *open, const char *close)
{
    int when = 0;
    if (*open == '(')
        return g->separator != '|' && g->n <= 2 ? make_plain_group(p, g, open, close) : NULL;
    if (g->n == 1)
        return make_plain_group(p, g, open, close);
    if (g->separator == '|')
        return make_list(p, ALTERNATE, g->prompts, g->n);
    if (g->n > 3 || !read_when(p, g->from[g->n - 1], close, &when))
        return NULL;
    struct node *node = make_list(p, SCHEDULED, g->prompts, g->n - 1);
    if (node)
        node->when = when;
    return node;
}

/* A group at *at, which is "(" or "["; moves *at behind it. NULL: none is here. */
static struct node *parse_group(struct parser *p, const char **at, int depth)
{
    const char *open = *at, *q = open + 1;
    const char closing = *open == '(' ? ')' : ']';
    struct group g = { 0 };
    if (depth == MAX_DEPTH || p->failed[open - p->start])
        return NULL;
    for (bool done = false; !done;) {
        const char *from = q;
        struct node *prompt = NULL;
        if (!parse_prompt(p, &q, depth + 1, &prompt) || q == p->end || !add_prompt(p, &g, prompt, from))
            return NULL;
        done = *q == closing;
        if (!done) {
            if ((*q != ':' && *q != '|') || (g.separator && g.separator != *q))
                return NULL;
            g.separator = *q++;
        }
    }
    *at = q + 1;
    return finish(p, &g, open, q);
}

/* Groups and text from *at to the first character that is neither, which *at is moved
 * to. False: there is a bracket that opens no group. */
static bool parse_prompt(struct parser *p, const char **at, int depth, struct node **head)
{
    struct node **tail = head;
    const char *q = *at;
    while (q < p->end && !p->nomem) {
        const size_t n = text_length(q, p->end);
        if (n == 0 && *q != '(' && *q != '[')
            break;
        const char *open = q;
        struct node *node = n ? make_text(p, q, n) : parse_group(p, &q, depth);
        if (!node) {
            p->failed[open - p->start] = 1;
            return false;
        }
        q += n;
        *tail = node;
        tail = &node->next;
    }
    *at = q;
    return !p->nomem;
}

/* The whole: what fits no rule stands for itself, but for "|" and a loose "\". */
static struct node *parse_all(struct parser *p)
{
    struct node *head = NULL, **tail = &head;
    for (const char *q = p->start; q < p->end && !p->nomem && !p->plain;) {
        const char *open = q;
        const size_t n = text_length(q, p->end);
        struct node *node = NULL;
        if (n)
            node = make_text(p, q, n);
        else if (*q == '(' || *q == '[')
            node = parse_group(p, &q, 0);
        p->plain = !n && (*open == '|' || *open == '\\');
        if (!node) {
            p->failed[open - p->start] = 1;
            node = make_text(p, open, 1);
            q = open + 1;
        }
        q += n;
        *tail = node;
        if (node)
            tail = &node->next;
    }
    return head;
}

/* Which steps end a part; looked at when the tree is known to be used. */
static void collect(struct parser *p, const struct node *n)
{
    for (; n; n = n->next) {
        if (n->kind == SCHEDULED)
            mark_change(p, n->when);
        for (int i = 1; n->kind == ALTERNATE && i <= p->steps; i++)
            mark_change(p, i);
        for (size_t i = 0; i < n->n; i++)
            collect(p, n->prompts[i]);
    }
}

/* The text of step `step`, counted from 1. */
static void render(rs_strbuf *sb, const struct node *n, int step)
{
    for (; n; n = n->next) {
        switch (n->kind) {
        case TEXT: rs_strbuf_add(sb, n->text.at, n->text.n); break;
        case GROUP:
            for (size_t i = 0; i < n->n; i++)
                render(sb, n->prompts[i], step);
            break;
        case SCHEDULED: /* "[to:when]" has nothing before */
            if (step > n->when)
                render(sb, n->prompts[n->n - 1], step);
            else if (n->n == 2)
                render(sb, n->prompts[0], step);
            break;
        case ALTERNATE: render(sb, n->prompts[(size_t)(step - 1) % n->n], step); break;
        }
    }
}

static rs_status add_part(rs_arena *arena, rs_prompt_schedule *s, const char *text, int until, rs_err *err)
{
    int i = 0;
    while (i < s->n_texts && strcmp(s->texts[i], text) != 0)
        i++;
    if (i == MAX_TEXTS)
        return RS_FAIL(err, RS_E_RANGE, "the prompt becomes more than %d different texts", MAX_TEXTS);
    if (i == s->n_texts && !(s->texts[s->n_texts++] = rs_arena_strdup(arena, text)))
        return RS_FAIL(err, RS_E_NOMEM, "no memory for the prompt");
    s->parts[s->n_parts++] = (rs_prompt_part){ until, i };
    return RS_OK;
}

static rs_status render_all(struct parser *p, const struct node *tree, rs_prompt_schedule *s, rs_err *err)
{
    rs_strbuf sb;
    rs_strbuf_init(&sb, RS_PROMPT_MAX + 1);
    rs_status status = RS_OK;
    size_t work = 0;
    for (int step = 1; step <= p->steps && status == RS_OK; step++) {
        if (!p->changes[step])
            continue;
        rs_strbuf_clear(&sb);
        if (p->plain)
            rs_strbuf_add(&sb, p->start, (size_t)(p->end - p->start));
        else
            render(&sb, tree, step);
        work += sb.len;
        if (sb.failed)
            status = RS_FAIL(err, RS_E_NOMEM, "no memory for the prompt");
        else if (work > MAX_WORK)
            status = RS_FAIL(err, RS_E_RANGE, "the prompt is too long to change in every one of %d steps",
                             p->steps);
        else
            status = add_part(p->arena, s, rs_strbuf_str(&sb), step, err);
    }
    rs_strbuf_release(&sb);
    return status;
}

rs_status rs_prompt_schedule_parse(rs_arena *arena, rs_span prompt, int steps, rs_prompt_schedule *out,
                                   rs_err *err)
{
    RS_BUG_IF(steps < 1);
    if (prompt.n > RS_PROMPT_MAX)
        return RS_FAIL(err, RS_E_RANGE, "the prompt has %zu bytes; at most %zu are read", prompt.n,
                       RS_PROMPT_MAX);
    struct parser p = { .arena = arena, .start = prompt.at, .end = prompt.at + prompt.n, .steps = steps,
                        .failed = RS_NEW_N(arena, unsigned char, prompt.n + 1),
                        .changes = RS_NEW_N(arena, bool, (size_t)steps + 1) };
    if (!p.failed || !p.changes)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for the prompt");
    const struct node *tree = parse_all(&p);
    p.changes[steps] = true;
    if (!p.plain)
        collect(&p, tree);
    int n = 0;
    for (int i = 1; i <= steps; i++)
        n += p.changes[i];
    rs_prompt_schedule s = { .texts = RS_NEW_N(arena, const char *, (size_t)(n < MAX_TEXTS ? n : MAX_TEXTS)),
                             .parts = RS_NEW_N(arena, rs_prompt_part, (size_t)n) };
    if (p.nomem || !s.texts || !s.parts)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for the prompt");
    RS_TRY(render_all(&p, tree, &s, err));
    *out = s;
    return RS_OK;
}

int rs_prompt_schedule_at(const rs_prompt_schedule *s, int call)
{
    int i = 0;
    while (i + 1 < s->n_parts && call > s->parts[i].until)
        i++;
    return s->parts[i].text;
}
