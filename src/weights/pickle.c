#include "weights/pickle.h"

#include <string.h>

enum { MAX_STACK = 1 << 20, MAX_MEMO = 1 << 22 };

/* What a known name stands for when it is called or instantiated. */
typedef enum role {
    ROLE_INERT,     /* becomes an OTHER, or a DICT of its attributes */
    ROLE_DICT,
    ROLE_TENSOR,    /* _rebuild_tensor_v2 */
    ROLE_PARAMETER, /* its first argument */
    ROLE_STORAGE    /* only inside a storage's key */
} role;

struct rs_global {
    const char *module, *name;
    role role;
    const char *dtype; /* of a storage */
};

static const struct rs_global globals[] = {
    { "collections", "OrderedDict", ROLE_DICT, NULL },
    { "torch._utils", "_rebuild_tensor_v2", ROLE_TENSOR, NULL },
    { "torch._utils", "_rebuild_parameter", ROLE_PARAMETER, NULL },
    { "torch", "FloatStorage", ROLE_STORAGE, "F32" },
    { "torch", "HalfStorage", ROLE_STORAGE, "F16" },
    { "torch", "BFloat16Storage", ROLE_STORAGE, "BF16" },
    { "torch", "DoubleStorage", ROLE_STORAGE, "F64" },
    { "torch", "LongStorage", ROLE_STORAGE, "I64" },
    { "torch", "IntStorage", ROLE_STORAGE, "I32" },
    { "torch", "ShortStorage", ROLE_STORAGE, "I16" },
    { "torch", "CharStorage", ROLE_STORAGE, "I8" },
    { "torch", "ByteStorage", ROLE_STORAGE, "U8" },
    { "torch", "BoolStorage", ROLE_STORAGE, "BOOL" },
    { "torch.nn.modules.container", "ParameterDict", ROLE_INERT, NULL },
    { "torch", "Size", ROLE_INERT, NULL },
    { "torch", "device", ROLE_INERT, NULL },
    { "torch", "float32", ROLE_INERT, NULL },
    { "torch", "float16", ROLE_INERT, NULL },
    { "torch", "bfloat16", ROLE_INERT, NULL },
    { "numpy.core.multiarray", "scalar", ROLE_INERT, NULL },
    { "numpy._core.multiarray", "scalar", ROLE_INERT, NULL },
    { "numpy.core.multiarray", "_reconstruct", ROLE_INERT, NULL },
    { "numpy", "dtype", ROLE_INERT, NULL },
    { "numpy", "ndarray", ROLE_INERT, NULL },
    { "_codecs", "encode", ROLE_INERT, NULL },
    { "__builtin__", "set", ROLE_INERT, NULL },
    { "builtins", "set", ROLE_INERT, NULL },
    { "pytorch_lightning.callbacks", "model_checkpoint", ROLE_INERT, NULL },
    { "pytorch_lightning.callbacks.model_checkpoint", "ModelCheckpoint", ROLE_INERT, NULL },
    { "pytorch_lightning.utilities.argparse", "AttributeDict", ROLE_INERT, NULL },
};

/* The machine: a stack of values, where NULL is a mark, and numbered memories. */
struct machine {
    rs_arena *arena;
    const char *file;
    const uint8_t *data;
    size_t size, at;
    rs_pickle **stack;
    size_t depth, stack_cap;
    rs_pickle **memo;
    size_t memo_cap, memo_next;
    size_t values;
    rs_pickle *storages;
    rs_err *err;
};

static rs_status bad(const struct machine *m, const char *what)
{
    return RS_FAIL(m->err, RS_E_FORMAT, "'%s': damaged pickle at byte %zu: %s", m->file, m->at, what);
}

static rs_status no_memory(const struct machine *m)
{
    return RS_FAIL(m->err, RS_E_NOMEM, "no memory to read '%s'", m->file);
}

/* The next n bytes, or NULL when there are less. */
static const uint8_t *take(struct machine *m, size_t n)
{
    if (m->size - m->at < n)
        return NULL;
    m->at += n;
    return m->data + m->at - n;
}

static bool take_le(struct machine *m, size_t n, uint64_t *out)
{
    const uint8_t *p = take(m, n);
    *out = 0;
    for (size_t i = n; p && i > 0; i--)
        *out = *out << 8 | p[i - 1];
    return p != NULL;
}

/* Room for index i in a growing array of pointers. */
static bool reserve(struct machine *m, rs_pickle ***array, size_t *cap, size_t i)
{
    if (i < *cap)
        return true;
    size_t n = *cap ? *cap : 64;
    while (n <= i)
        n *= 2;
    rs_pickle **bigger = RS_NEW_N(m->arena, rs_pickle *, n);
    if (!bigger)
        return false;
    if (*cap)
        memcpy(bigger, *array, *cap * sizeof(*bigger));
    *array = bigger;
    *cap = n;
    return true;
}

static rs_status push(struct machine *m, rs_pickle *v)
{
    if (m->depth >= MAX_STACK)
        return bad(m, "it nests too deeply");
    if (!reserve(m, &m->stack, &m->stack_cap, m->depth))
        return no_memory(m);
    m->stack[m->depth++] = v;
    return RS_OK;
}

static rs_pickle *new_value(struct machine *m, rs_pickle_kind kind)
{
    rs_pickle *v = m->values < RS_PICKLE_MAX_VALUES ? RS_NEW(m->arena, rs_pickle) : NULL;
    if (v) {
        m->values++;
        v->kind = kind;
    }
    return v;
}

static rs_status push_new(struct machine *m, rs_pickle_kind kind, int64_t integer)
{
    rs_pickle *v = new_value(m, kind);
    if (!v)
        return no_memory(m);
    v->integer = integer;
    return push(m, v);
}

/* The topmost value, which is taken off; NULL: none, or a mark. */
static rs_pickle *pop(struct machine *m)
{
    return m->depth && m->stack[m->depth - 1] ? m->stack[--m->depth] : NULL;
}

static rs_status append(struct machine *m, rs_pickle *to, const rs_pickle *item)
{
    rs_pickle *cell = new_value(m, RS_PICKLE_OTHER);
    if (!cell)
        return no_memory(m);
    cell->item = item;
    if (to->last)
        to->last->next = cell;
    else
        to->first = cell;
    to->last = cell;
    to->n++;
    return RS_OK;
}

/* Everything above the last mark is moved to the end of `to`; the mark goes. */
static rs_status append_marked(struct machine *m, rs_pickle *to, size_t mark)
{
    for (size_t i = mark + 1; i < m->depth; i++)
        RS_TRY(append(m, to, m->stack[i]));
    m->depth = mark;
    return RS_OK;
}

static bool find_mark(const struct machine *m, size_t *mark)
{
    for (size_t i = m->depth; i > 0; i--)
        if (!m->stack[i - 1]) {
            *mark = i - 1;
            return true;
        }
    return false;
}

static rs_status make_tuple(struct machine *m, size_t n)
{
    rs_pickle *v = new_value(m, RS_PICKLE_LIST);
    if (!v)
        return no_memory(m);
    for (size_t i = 0; i < n; i++)
        if (i >= m->depth || !m->stack[m->depth - 1 - i])
            return bad(m, "a tuple has too few items");
    for (size_t i = m->depth - n; i < m->depth; i++)
        RS_TRY(append(m, v, m->stack[i]));
    m->depth -= n;
    return push(m, v);
}

static rs_status make_marked_tuple(struct machine *m)
{
    size_t mark;
    rs_pickle *v = new_value(m, RS_PICKLE_LIST);
    if (!v)
        return no_memory(m);
    if (!find_mark(m, &mark))
        return bad(m, "a tuple without a start");
    RS_TRY(append_marked(m, v, mark));
    return push(m, v);
}

/* APPENDS and SETITEMS; a list of pairs is a dict's form. */
static rs_status extend_marked(struct machine *m, rs_pickle_kind kind)
{
    size_t mark;
    if (!find_mark(m, &mark) || mark == 0 || !m->stack[mark - 1])
        return bad(m, "items without a list or dict");
    rs_pickle *to = m->stack[mark - 1];
    if (to->kind == RS_PICKLE_OTHER) { /* a set or another object: its items are dropped */
        m->depth = mark;
        return RS_OK;
    }
    if (to->kind != kind || (kind == RS_PICKLE_DICT && (m->depth - mark - 1) % 2))
        return bad(m, "items that do not fit their list or dict");
    return append_marked(m, to, mark);
}

static rs_status extend_one(struct machine *m, rs_pickle_kind kind)
{
    rs_pickle *value = pop(m), *key = kind == RS_PICKLE_DICT ? pop(m) : value;
    rs_pickle *to = m->depth ? m->stack[m->depth - 1] : NULL;
    if (!value || !key || !to || (to->kind != kind && to->kind != RS_PICKLE_OTHER))
        return bad(m, "an item without a list or dict");
    if (to->kind == RS_PICKLE_OTHER)
        return RS_OK;
    if (kind == RS_PICKLE_DICT)
        RS_TRY(append(m, to, key));
    return append(m, to, value);
}

static rs_status push_text(struct machine *m, size_t n)
{
    const uint8_t *p = take(m, n);
    if (!p)
        return bad(m, "a text goes beyond its end");
    rs_pickle *v = new_value(m, memchr(p, 0, n) ? RS_PICKLE_OTHER : RS_PICKLE_TEXT);
    if (!v || !(v->text = rs_arena_strndup(m->arena, (const char *)p, n)))
        return no_memory(m);
    return push(m, v);
}

static rs_status push_global(struct machine *m, const char *module, size_t n_module, const char *name,
                             size_t n_name)
{
    rs_pickle *v = new_value(m, RS_PICKLE_GLOBAL);
    if (!v)
        return no_memory(m);
    for (size_t i = 0; i < sizeof(globals) / sizeof(*globals); i++)
        if (strlen(globals[i].module) == n_module && memcmp(globals[i].module, module, n_module) == 0 &&
            strlen(globals[i].name) == n_name && memcmp(globals[i].name, name, n_name) == 0) {
            v->global = &globals[i];
            return push(m, v);
        }
    return RS_FAIL(m->err, RS_E_UNSUPPORTED, "'%s' names the Python object '%.*s.%.*s', which is not "
                   "weights; the file may be harmful: get it as .safetensors", m->file,
                   (int)(n_module < 60 ? n_module : 60), module, (int)(n_name < 60 ? n_name : 60), name);
}

/* GLOBAL: two lines. */
static rs_status read_global(struct machine *m)
{
    const char *line[2];
    size_t n[2];
    for (int i = 0; i < 2; i++) {
        line[i] = (const char *)m->data + m->at;
        const char *end = memchr(line[i], '\n', m->size - m->at);
        if (!end)
            return bad(m, "a name goes beyond its end");
        n[i] = (size_t)(end - line[i]);
        m->at += n[i] + 1;
    }
    return push_global(m, line[0], n[0], line[1], n[1]);
}

static rs_status stack_global(struct machine *m)
{
    const rs_pickle *name = pop(m), *module = pop(m);
    if (!name || !module || name->kind != RS_PICKLE_TEXT || module->kind != RS_PICKLE_TEXT)
        return bad(m, "a name that is no text");
    return push_global(m, module->text, strlen(module->text), name->text, strlen(name->text));
}

/* Item i of a tuple, or NULL. */
static const rs_pickle *item(const rs_pickle *list, size_t i)
{
    const rs_pickle *c = list && list->kind == RS_PICKLE_LIST ? list->first : NULL;
    while (c && i--)
        c = c->next;
    return c ? c->item : NULL;
}

/* ('storage', torch.FloatStorage, key, location, numel): what torch's persistent
 * ids are made of. */
static rs_status push_storage(struct machine *m)
{
    const rs_pickle *id = pop(m), *type = item(id, 1), *key = item(id, 2), *numel = item(id, 4);
    rs_pickle *v = new_value(m, RS_PICKLE_STORAGE);
    if (!v)
        return no_memory(m);
    if (!type || type->kind != RS_PICKLE_GLOBAL || type->global->role != ROLE_STORAGE || !key ||
        key->kind != RS_PICKLE_TEXT || !numel || numel->kind != RS_PICKLE_INT || numel->integer < 0)
        return bad(m, "a tensor's storage is not described as torch does");
    v->text = key->text;
    v->dtype = type->global->dtype;
    v->integer = numel->integer;
    v->next = m->storages;
    m->storages = v;
    return push(m, v);
}

static bool read_axes(const rs_pickle *list, int64_t *out, int *rank)
{
    if (!list || list->kind != RS_PICKLE_LIST || list->n > RS_MAX_RANK)
        return false;
    *rank = 0;
    for (const rs_pickle *c = list->first; c; c = c->next) {
        if (c->item->kind != RS_PICKLE_INT || c->item->integer < 0)
            return false;
        out[(*rank)++] = c->item->integer;
    }
    return true;
}

/* (storage, offset, shape, stride, ...) */
static rs_status push_tensor(struct machine *m, const rs_pickle *args)
{
    const rs_pickle *storage = item(args, 0), *offset = item(args, 1);
    rs_pickle *v = new_value(m, RS_PICKLE_TENSOR);
    rs_pickle_view *view = RS_NEW(m->arena, rs_pickle_view);
    int strides = 0;
    if (!v || !view)
        return no_memory(m);
    if (!storage || storage->kind != RS_PICKLE_STORAGE || !offset || offset->kind != RS_PICKLE_INT ||
        offset->integer < 0 || !read_axes(item(args, 2), view->shape, &view->rank) ||
        !read_axes(item(args, 3), view->stride, &strides) || strides != view->rank)
        return bad(m, "a tensor is not described as torch does");
    view->storage = storage;
    view->offset = offset->integer;
    v->view = view;
    return push(m, v);
}

static rs_status push_parameter(struct machine *m, const rs_pickle *tensor)
{
    if (!tensor || tensor->kind != RS_PICKLE_TENSOR)
        return bad(m, "a parameter that is no tensor");
    RS_TRY(push_new(m, RS_PICKLE_TENSOR, 0));
    m->stack[m->depth - 1]->view = tensor->view;
    return RS_OK;
}

/* REDUCE calls a function, NEWOBJ makes an object: here both by role. */
static rs_status reduce(struct machine *m)
{
    const rs_pickle *args = pop(m), *f = pop(m);
    if (!args || !f)
        return bad(m, "a call without a function");
    switch (f->kind == RS_PICKLE_GLOBAL ? f->global->role : ROLE_INERT) {
    case ROLE_DICT: return push_new(m, RS_PICKLE_DICT, 0);
    case ROLE_TENSOR: return push_tensor(m, args);
    case ROLE_PARAMETER: return push_parameter(m, item(args, 0));
    default: return push_new(m, RS_PICKLE_OTHER, 0);
    }
}

/* BUILD: the attributes of an object that nothing is known of are kept as a DICT. */
static rs_status build(struct machine *m)
{
    const rs_pickle *state = pop(m);
    rs_pickle *to = m->depth ? m->stack[m->depth - 1] : NULL;
    if (!state || !to)
        return bad(m, "attributes without an object");
    if (to->kind == RS_PICKLE_OTHER && state->kind == RS_PICKLE_DICT) {
        to->kind = RS_PICKLE_DICT;
        to->first = state->first;
        to->last = state->last;
        to->n = state->n;
    }
    return RS_OK;
}

static rs_status put(struct machine *m, uint64_t i)
{
    if (!m->depth || !m->stack[m->depth - 1] || i >= MAX_MEMO)
        return bad(m, "nothing to remember");
    if (!reserve(m, &m->memo, &m->memo_cap, (size_t)i))
        return no_memory(m);
    m->memo[i] = m->stack[m->depth - 1];
    m->memo_next = (size_t)i + 1;
    return RS_OK;
}

static rs_status get(struct machine *m, uint64_t i)
{
    if (i >= m->memo_cap || !m->memo[i])
        return bad(m, "it refers to what it did not remember");
    return push(m, m->memo[i]);
}

/* LONG1: little endian, two's complement; longer ones than 8 bytes are not used. */
static rs_status push_long(struct machine *m, size_t n)
{
    uint64_t v;
    if (n > 8) {
        if (!take(m, n))
            return bad(m, "a number goes beyond its end");
        return push_new(m, RS_PICKLE_OTHER, 0);
    }
    if (!take_le(m, n, &v))
        return bad(m, "a number goes beyond its end");
    if (n > 0 && n < 8 && v >> (8 * n - 1))
        v |= ~(uint64_t)0 << (8 * n);
    return push_new(m, RS_PICKLE_INT, (int64_t)v);
}

static rs_status pop_mark(struct machine *m)
{
    size_t mark;
    if (!find_mark(m, &mark))
        return bad(m, "no mark to go back to");
    m->depth = mark;
    return RS_OK;
}

/* Opcodes with a number behind them, of `n` bytes; see pickletools in Python. */
static rs_status step_number(struct machine *m, uint8_t op)
{
    static const struct {
        uint8_t op, n;
    } sizes[] = { { 0x80, 1 }, { 'q', 1 }, { 'h', 1 }, { 'r', 4 }, { 'j', 4 }, { 'K', 1 }, { 'M', 2 },
                  { 'J', 4 }, { 'X', 4 }, { 0x8c, 1 }, { 0x8d, 8 }, { 'U', 1 }, { 'T', 4 }, { 'C', 1 },
                  { 'B', 4 }, { 0x8a, 1 }, { 0x95, 8 }, { 'G', 8 } };
    uint64_t v = 0;
    size_t k = 0;
    while (k < sizeof(sizes) / sizeof(*sizes) && sizes[k].op != op)
        k++;
    if (k == sizeof(sizes) / sizeof(*sizes))
        return RS_FAIL(m->err, RS_E_UNSUPPORTED, "'%s': pickle code 0x%02x at byte %zu is none that torch "
                       "writes", m->file, op, m->at - 1);
    if (!take_le(m, sizes[k].n, &v))
        return bad(m, "it ends too early");
    switch (op) {
    case 0x80: return v <= 5 ? RS_OK : bad(m, "unknown version");
    case 0x95: return RS_OK; /* FRAME */
    case 'q': case 'r': return put(m, v);
    case 'h': case 'j': return get(m, v);
    case 'K': case 'M': return push_new(m, RS_PICKLE_INT, (int64_t)v);
    case 'J': return push_new(m, RS_PICKLE_INT, (int32_t)(uint32_t)v);
    case 0x8a: return push_long(m, (size_t)v);
    case 'G': return push_new(m, RS_PICKLE_OTHER, 0); /* a float: never of use here */
    default: return v <= m->size ? push_text(m, (size_t)v) : bad(m, "a text goes beyond its end");
    }
}

static rs_status step(struct machine *m, uint8_t op)
{
    switch (op) {
    case '(': return push(m, NULL);
    case ')': case ']': return push_new(m, RS_PICKLE_LIST, 0);
    case '}': return push_new(m, RS_PICKLE_DICT, 0);
    case 0x8f: return push_new(m, RS_PICKLE_OTHER, 0); /* EMPTY_SET */
    case 'N': return push_new(m, RS_PICKLE_OTHER, 0);
    case 0x88: case 0x89: return push_new(m, RS_PICKLE_INT, op == 0x88);
    case 't': return make_marked_tuple(m);
    case 0x85: case 0x86: case 0x87: return make_tuple(m, (size_t)op - 0x84);
    case 'e': case 0x90: return extend_marked(m, RS_PICKLE_LIST);
    case 'u': return extend_marked(m, RS_PICKLE_DICT);
    case 'a': return extend_one(m, RS_PICKLE_LIST);
    case 's': return extend_one(m, RS_PICKLE_DICT);
    case 'c': return read_global(m);
    case 0x93: return stack_global(m);
    case 'Q': return push_storage(m);
    case 'R': case 0x81: return reduce(m);
    case 'b': return build(m);
    case 0x94: return put(m, m->memo_next);
    case '0': return pop(m) ? RS_OK : bad(m, "nothing to drop");
    case '1': return pop_mark(m);
    default: return step_number(m, op);
    }
}

rs_status rs_pickle_read(rs_arena *arena, const char *file, const uint8_t *data, size_t size, size_t *at,
                         const rs_pickle **out, const rs_pickle **storages, rs_err *err)
{
    struct machine m = { .arena = arena, .file = file, .data = data, .size = size, .at = *at, .err = err };
    for (const uint8_t *op; (op = take(&m, 1)) != NULL;) {
        if (*op == '.') {
            const rs_pickle *v = pop(&m);
            if (!v)
                return bad(&m, "it holds nothing");
            *at = m.at;
            *out = v;
            *storages = m.storages;
            return RS_OK;
        }
        RS_TRY(step(&m, *op));
    }
    return bad(&m, "it ends too early");
}

const rs_pickle *rs_pickle_get(const rs_pickle *dict, const char *key)
{
    if (!dict || dict->kind != RS_PICKLE_DICT)
        return NULL;
    for (const rs_pickle *c = dict->first; c && c->next; c = c->next->next)
        if (c->item->kind == RS_PICKLE_TEXT && strcmp(c->item->text, key) == 0)
            return c->next->item;
    return NULL;
}
