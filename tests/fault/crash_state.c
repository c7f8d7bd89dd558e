/* What a disk may hold after power loss: replays a log of record.c up to a call, and writes the tree
 * of then, less what had not been brought to the disk.
 *
 *     crash_state LOG BASE calls            each call as "NUMBER NAME PATH"
 *     crash_state LOG BASE list MIXES       "NUMBER STATE" for every state that differs from all before
 *     crash_state LOG BASE make NUMBER STATE FOLDER   one of them, into an empty FOLDER
 *
 * BASE is the tree before the first call, all of it on the disk. NUMBER: so many calls were made. STATE:
 *
 *     whole   nothing is lost: as the processes saw it
 *     lost    files as of their last fsync, folders as of theirs; what was never synced is not there
 *     empty   all names are there; files as of their last fsync, new ones empty
 *     zeros   all names and sizes are there; data behind the last fsync's end are zeros
 *     mixN    of every name and every file another of its states since the last fsync, by chance (seed
 *             N and NUMBER): names before or after any of their changes, files old, new, as in `zeros`,
 *             cut anywhere behind the last fsync's end, or sector by sector new or as in `zeros`
 *
 * That is POSIX and no more: fsync of a file keeps its contents, not its name; fsync of a folder keeps
 * its names, not what is in them; nothing else has an order, and the two names of a rename are two
 * changes. Of names only, a change is whole or not at all. Real file systems keep more of it (ext4
 * keeps its metadata in order); where they differ is what ALICE looks for (Pillai et al., "All File
 * Systems Are Not Created Equal", OSDI 2014, section 3), whose states these are. */
#define _POSIX_C_SOURCE 200809L
#define _DEFAULT_SOURCE /* alphasort */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/fault/record.h"

enum { SECTOR = 512, MAX_STATES = 1 << 16 };

typedef struct node node;

/* A name and what it means from now on; NULL: nothing. */
typedef struct entry {
    char *name;
    node *to;
} entry;

typedef struct entries {
    entry *at;
    size_t n;
} entries;

typedef struct bytes {
    uint8_t *at;
    size_t n;
} bytes;

struct node {
    bool is_dir;
    entries names, kept;   /* of a folder: as seen, and as of its last fsync; sorted */
    entries changes;       /* since then, in order */
    bytes data, synced;    /* of a file: the same two */
    struct timespec when;  /* of BASE's, which is no news for anybody; tv_sec 0: changed */
};

typedef enum state { WHOLE, LOST, EMPTY, ZEROS, MIX } state;

static _Noreturn void fail(const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    vfprintf(stderr, format, ap);
    va_end(ap);
    fputs("\n", stderr);
    exit(2);
}

static void *grown(void *old, size_t n)
{
    void *p = realloc(old, n ? n : 1);
    if (!p)
        fail("no memory");
    return p;
}

static void resize(bytes *b, size_t n)
{
    b->at = grown(b->at, n);
    if (n > b->n)
        memset(b->at + b->n, 0, n - b->n);
    b->n = n;
}

static void copy_bytes(bytes *to, const bytes *from)
{
    resize(to, from->n);
    memcpy(to->at, from->at, from->n);
}

static node *new_node(bool is_dir)
{
    node *n = grown(NULL, sizeof(*n));
    *n = (node){ .is_dir = is_dir };
    return n;
}

static void append(entries *e, const char *name, node *to)
{
    e->at = grown(e->at, (e->n + 1) * sizeof(*e->at));
    e->at[e->n++] = (entry){ strdup(name), to };
}

/* Where name is, or belongs. */
static size_t find(const entries *e, const char *name)
{
    size_t i = 0;
    while (i < e->n && strcmp(e->at[i].name, name) < 0)
        i++;
    return i;
}

static node *get(const entries *e, const char *name)
{
    const size_t i = find(e, name);
    return i < e->n && strcmp(e->at[i].name, name) == 0 ? e->at[i].to : NULL;
}

static void set(entries *e, const char *name, node *to)
{
    const size_t i = find(e, name);
    const bool there = i < e->n && strcmp(e->at[i].name, name) == 0;
    if (!there) {
        append(e, name, to);
        const entry last = e->at[e->n - 1];
        memmove(e->at + i + 1, e->at + i, (e->n - 1 - i) * sizeof(*e->at));
        e->at[i] = last;
    }
    e->at[i].to = to; /* a name without a node is not there; kept for its place */
}

static void copy_entries(entries *to, const entries *from)
{
    *to = (entries){ 0 };
    for (size_t i = 0; i < from->n; i++)
        append(to, from->at[i].name, from->at[i].to);
}

static void change(node *dir, const char *name, node *to)
{
    set(&dir->names, name, to);
    append(&dir->changes, name, to);
}

static void sync_node(node *n)
{
    if (n->is_dir) {
        copy_entries(&n->kept, &n->names);
        n->changes.n = 0;
    } else {
        copy_bytes(&n->synced, &n->data);
    }
}

static void read_data(const char *path, bytes *b)
{
    FILE *f = fopen(path, "rb");
    struct stat st;
    if (!f || fstat(fileno(f), &st) != 0)
        fail("cannot read '%s'", path);
    resize(b, (size_t)st.st_size);
    if (fread(b->at, 1, b->n, f) != b->n)
        fail("cannot read '%s'", path);
    fclose(f);
}

static node *read_tree(const char *path)
{
    struct stat st;
    struct dirent **list;
    if (stat(path, &st) != 0)
        fail("there is no '%s'", path);
    node *n = new_node(S_ISDIR(st.st_mode));
    n->when = st.st_mtim;
    if (!n->is_dir)
        read_data(path, &n->data);
    const int count = n->is_dir ? scandir(path, &list, NULL, alphasort) : 0;
    for (int i = 0; i < count; i++) {
        char below[PATH_MAX];
        snprintf(below, sizeof(below), "%s/%s", path, list[i]->d_name);
        if (strcmp(list[i]->d_name, ".") != 0 && strcmp(list[i]->d_name, "..") != 0)
            set(&n->names, list[i]->d_name, read_tree(below));
    }
    sync_node(n);
    return n;
}

/* The folder of a path, as seen, and *name in it. */
static node *folder_of(node *root, const char *path, const char **name)
{
    const char *slash;
    for (; (slash = strchr(path, '/')) != NULL; path = slash + 1) {
        char part[NAME_MAX + 1];
        snprintf(part, sizeof(part), "%.*s", (int)(slash - path), path);
        root = get(&root->names, part);
        if (!root || !root->is_dir)
            fail("the log is of another folder: there is no '%s'", path);
    }
    *name = path;
    return root;
}

static node *node_at(node *root, const char *path)
{
    const char *name;
    node *dir = folder_of(root, path, &name);
    node *n = *name ? get(&dir->names, name) : dir;
    if (!n)
        fail("the log is of another folder: there is no '%s'", path);
    return n;
}

typedef struct call {
    enum record_call what;
    char *path, *other;
    const uint8_t *data;
    size_t n;
    int64_t at;
} call;

static const char *const call_names[] = {
    [RECORD_CREATE] = "create", [RECORD_WRITE] = "write",   [RECORD_TRUNCATE] = "truncate",
    [RECORD_SYNC] = "fsync",    [RECORD_MKDIR] = "mkdir",   [RECORD_RENAME] = "rename",
    [RECORD_LINK] = "link",     [RECORD_REMOVE] = "remove",
};

static void write_data(node *n, const call *c)
{
    const size_t at = (size_t)c->at;
    if (at + c->n > n->data.n)
        resize(&n->data, at + c->n);
    memcpy(n->data.at + at, c->data, c->n);
    n->when.tv_sec = 0;
}

static void replay(node *root, const call *c)
{
    const char *name, *new_name;
    node *dir = folder_of(root, c->path, &name), *to, *n;
    switch (c->what) {
    case RECORD_CREATE: change(dir, name, new_node(false)); break;
    case RECORD_MKDIR: change(dir, name, new_node(true)); break;
    case RECORD_REMOVE: change(dir, name, NULL); break;
    case RECORD_WRITE: write_data(node_at(root, c->path), c); break;
    case RECORD_SYNC: sync_node(node_at(root, c->path)); break;
    case RECORD_TRUNCATE:
        n = node_at(root, c->path);
        resize(&n->data, (size_t)c->at);
        n->when.tv_sec = 0;
        break;
    case RECORD_RENAME:
    case RECORD_LINK:
        n = node_at(root, c->path);
        to = folder_of(root, c->other, &new_name);
        change(to, new_name, n);
        if (c->what == RECORD_RENAME)
            change(dir, name, NULL);
        break;
    }
}

/* The tree of a state, made anew for each: names and bytes only. */
typedef struct chooser {
    state kind;
    uint64_t random; /* SplitMix64's */
} chooser;

static uint64_t draw(chooser *c, uint64_t below)
{
    uint64_t z = c->random += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (z ^ (z >> 31)) % below;
}

/* Of every name the state behind a random number of its changes. */
static void mix_names(chooser *c, const node *dir, entries *out)
{
    copy_entries(out, &dir->kept);
    for (size_t i = 0; i < dir->changes.n; i++) {
        const char *name = dir->changes.at[i].name;
        size_t n = 0;
        for (size_t k = 0; k < i; k++)
            n += strcmp(dir->changes.at[k].name, name) == 0;
        if (n) /* seen at its first change */
            continue;
        for (size_t k = i; k < dir->changes.n; k++)
            n += strcmp(dir->changes.at[k].name, name) == 0;
        uint64_t left = draw(c, n + 1);
        for (size_t k = i; k < dir->changes.n && left; k++)
            if (strcmp(dir->changes.at[k].name, name) == 0) {
                set(out, name, dir->changes.at[k].to);
                left--;
            }
    }
}

static void names_of(chooser *c, const node *dir, entries *out)
{
    switch (c->kind) {
    case LOST: copy_entries(out, &dir->kept); break;
    case MIX: mix_names(c, dir, out); break;
    case WHOLE:
    case EMPTY:
    case ZEROS: copy_entries(out, &dir->names); break;
    }
}

static void zeros(const node *f, bytes *out)
{
    const size_t kept = f->synced.n < f->data.n ? f->synced.n : f->data.n;
    resize(out, 0);
    resize(out, f->data.n);
    memcpy(out->at, f->synced.at, kept);
}

static void mix_sectors(chooser *c, const node *f, bytes *out)
{
    zeros(f, out);
    for (size_t at = 0; at < out->n; at += SECTOR) {
        const size_t n = out->n - at < SECTOR ? out->n - at : SECTOR;
        if (draw(c, 2))
            memcpy(out->at + at, f->data.at + at, n);
    }
}

static void mix_data(chooser *c, const node *f, bytes *out)
{
    switch (draw(c, 5)) {
    case 0: copy_bytes(out, &f->synced); break;
    case 1: copy_bytes(out, &f->data); break;
    case 2: zeros(f, out); break;
    case 3:
        copy_bytes(out, &f->data);
        if (f->data.n > f->synced.n)
            resize(out, f->synced.n + (size_t)draw(c, f->data.n - f->synced.n));
        break;
    default: mix_sectors(c, f, out); break;
    }
}

static void data_of(chooser *c, const node *f, bytes *out)
{
    const bool same = f->data.n == f->synced.n && memcmp(f->data.at, f->synced.at, f->data.n) == 0;
    if (c->kind == WHOLE || same)
        copy_bytes(out, &f->data);
    else if (c->kind == ZEROS)
        zeros(f, out);
    else if (c->kind == MIX)
        mix_data(c, f, out);
    else
        copy_bytes(out, &f->synced);
}

/* FNV-1a, 64 bits. */
static uint64_t hash(uint64_t h, const void *data, size_t n)
{
    const uint8_t *p = data;
    for (size_t i = 0; i < n; i++)
        h = (h ^ p[i]) * 0x100000001b3u;
    return h;
}

static uint64_t write_file(const char *path, const node *f, const bytes *b, uint64_t h)
{
    if (path) {
        FILE *out = fopen(path, "wb");
        if (!out || fwrite(b->at, 1, b->n, out) != b->n || fclose(out) != 0)
            fail("cannot write '%s'", path);
        const struct timespec times[2] = { f->when, f->when };
        if (f->when.tv_sec && utimensat(AT_FDCWD, path, times, 0) != 0)
            fail("cannot write '%s'", path);
    }
    return hash(hash(h, "f", 1), b->at, b->n);
}

/* Into path, unless that is NULL; continues the hash of names and bytes. */
static uint64_t put_tree(chooser *c, const node *n, const char *path, uint64_t h)
{
    if (!n->is_dir) {
        bytes b = { 0 };
        data_of(c, n, &b);
        h = write_file(path, n, &b, h);
        free(b.at);
        return h;
    }
    entries e;
    names_of(c, n, &e);
    if (path && mkdir(path, 0777) != 0 && access(path, W_OK) != 0)
        fail("cannot create '%s'", path);
    for (size_t i = 0; i < e.n; i++) {
        char below[PATH_MAX];
        if (!e.at[i].to)
            continue;
        snprintf(below, sizeof(below), "%s/%s", path ? path : "", e.at[i].name);
        h = hash(h, e.at[i].name, strlen(e.at[i].name) + 1);
        h = put_tree(c, e.at[i].to, path ? below : NULL, h);
    }
    for (size_t i = 0; i < e.n; i++)
        free(e.at[i].name);
    free(e.at);
    return hash(h, "/", 1);
}

static uint64_t put_state(const node *root, state kind, int mix, size_t number, const char *path)
{
    chooser c = { kind, (uint64_t)mix << 32 | number };
    return put_tree(&c, root, path, 0xcbf29ce484222325u);
}

static char *text_at(const uint8_t **p, size_t n)
{
    char *s = grown(NULL, n + 1);
    memcpy(s, *p, n);
    s[n] = '\0';
    *p += n;
    return s;
}

static call *read_log(const char *path, size_t *n)
{
    bytes b = { 0 };
    call *calls = NULL;
    read_data(path, &b);
    const uint8_t *p = b.at, *end = b.at + b.n;
    for (*n = 0; p < end; ++*n) {
        struct record_head h;
        if ((size_t)(end - p) < sizeof(h))
            fail("'%s' ends in a record", path);
        memcpy(&h, p, sizeof(h));
        p += sizeof(h);
        if ((size_t)(end - p) < (size_t)h.n_path + h.n_other + h.n_data || h.call > RECORD_REMOVE || h.at < 0)
            fail("'%s' is no log", path);
        calls = grown(calls, (*n + 1) * sizeof(*calls));
        call *c = &calls[*n];
        *c = (call){ .what = (enum record_call)h.call, .at = h.at, .n = h.n_data };
        c->path = text_at(&p, h.n_path);
        c->other = text_at(&p, h.n_other);
        c->data = p;
        p += h.n_data;
    }
    return calls;
}

static void print_calls(const call *calls, size_t n)
{
    for (size_t i = 0; i < n; i++)
        printf("%zu %s %s%s%s\n", i + 1, call_names[calls[i].what], calls[i].path,
               calls[i].other[0] ? " " : "", calls[i].other);
}

static void print_if_new(const node *root, state kind, int mix, size_t number, uint64_t *seen, size_t *n)
{
    static const char *const names[] = { "whole", "lost", "empty", "zeros", "mix" };
    const uint64_t h = put_state(root, kind, mix, number, NULL);
    for (size_t i = 0; i < *n; i++)
        if (seen[i] == h)
            return;
    if (*n == MAX_STATES)
        fail("too many states");
    seen[(*n)++] = h;
    printf(mix ? "%zu %s%d\n" : "%zu %s\n", number, names[kind], mix);
}

static void print_states(node *root, const call *calls, size_t n, int mixes)
{
    uint64_t *seen = grown(NULL, MAX_STATES * sizeof(*seen));
    size_t n_seen = 0;
    for (size_t i = 0; i <= n; i++) {
        if (i)
            replay(root, &calls[i - 1]);
        for (state kind = LOST; kind <= ZEROS; kind++)
            print_if_new(root, kind, 0, i, seen, &n_seen);
        for (int mix = 1; mix <= mixes; mix++)
            print_if_new(root, MIX, mix, i, seen, &n_seen);
    }
    free(seen);
}

static void make(node *root, const call *calls, size_t n, const char *number, const char *name,
                 const char *path)
{
    static const char *const names[] = { "whole", "lost", "empty", "zeros" };
    const size_t end = strtoul(number, NULL, 10);
    state kind = WHOLE;
    while (kind < MIX && strcmp(names[kind], name) != 0)
        kind++;
    const int mix = kind == MIX && strncmp(name, "mix", 3) == 0 ? (int)strtol(name + 3, NULL, 10) : 0;
    if (end > n || (kind == MIX && mix < 1))
        fail("there is no state '%s %s'", number, name);
    for (size_t i = 0; i < end; i++)
        replay(root, &calls[i]);
    put_state(root, kind, mix, end, path);
}

int main(int argc, char **argv)
{
    size_t n;
    if (argc < 4)
        fail("crash_state LOG BASE calls | list MIXES | make NUMBER STATE FOLDER");
    const call *calls = read_log(argv[1], &n);
    node *root = read_tree(argv[2]);
    if (strcmp(argv[3], "calls") == 0)
        print_calls(calls, n);
    else if (strcmp(argv[3], "list") == 0 && argc == 5)
        print_states(root, calls, n, (int)strtol(argv[4], NULL, 10));
    else if (strcmp(argv[3], "make") == 0 && argc == 7)
        make(root, calls, n, argv[4], argv[5], argv[6]);
    else
        fail("what is '%s'?", argv[3]);
    return 0;
}
