/* Blocks form a singly linked list in order of growth. Rewinding makes an
 * earlier block current again but keeps the later ones linked, where the next
 * growth finds and reuses the first that is large enough. */
#include "base/arena.h"

#include <stdint.h>
#include <string.h>

#include "base/compiler.h"
#include "base/mem.h"

#ifdef RS_ASAN
#include <sanitizer/asan_interface.h>
#define POISON(p, n) ASAN_POISON_MEMORY_REGION((p), (n))
#define UNPOISON(p, n) ASAN_UNPOISON_MEMORY_REGION((p), (n))
#define REDZONE ((size_t)RS_ALIGN)
#define MAX_BLOCK ((size_t)4 << 20) /* poisoning takes time and memory */
#else
#define POISON(p, n) ((void)(p), (void)(n))
#define UNPOISON(p, n) ((void)(p), (void)(n))
#define REDZONE ((size_t)0)
#define MAX_BLOCK SIZE_MAX
#endif
#define MIN_BLOCK ((size_t)1024)
#define LARGE ((size_t)2 << 20) /* blocks from here on are pages of their own */

struct block {
    struct block *next;
    size_t size, used;
    size_t before; /* bytes used in earlier blocks when this one became current */
    unsigned char *data;
};

struct rs_arena {
    struct block *first, *current;
    size_t block_size;
    size_t peak;
};

static struct block *block_open(size_t size)
{
    struct block *b = rs_alloc(sizeof(*b));
    if (!b)
        return NULL;
    *b = (struct block){ .size = size, .data = size < LARGE ? rs_alloc(size) : rs_pages_alloc(size) };
    if (!b->data) {
        rs_free(b);
        return NULL;
    }
    POISON(b->data, size);
    return b;
}

static void block_close(struct block *b)
{
    UNPOISON(b->data, b->size);
    if (b->size < LARGE)
        rs_free(b->data);
    else
        rs_pages_free(b->data, b->size);
    rs_free(b);
}

/* A block of the usual size if need fits, else, or where address space is short, one
 * of just this size. */
static struct block *block_for(const rs_arena *a, size_t need)
{
    struct block *b = need < a->block_size ? block_open(a->block_size) : NULL;
    return b ? b : block_open(need);
}

rs_arena *rs_arena_open(size_t block_size)
{
    rs_arena *a = rs_alloc(sizeof(*a));
    if (!a)
        return NULL;
    block_size = block_size < MAX_BLOCK ? block_size : MAX_BLOCK;
    *a = (rs_arena){ .block_size = block_size < MIN_BLOCK ? MIN_BLOCK : block_size };
    a->first = a->current = block_for(a, MIN_BLOCK);
    if (!a->first) {
        rs_free(a);
        return NULL;
    }
    return a;
}

void rs_arena_close(rs_arena **arena)
{
    if (!arena || !*arena)
        return;
    for (struct block *b = (*arena)->first, *next; b; b = next) {
        next = b->next;
        block_close(b);
    }
    rs_free(*arena);
    *arena = NULL;
}

/* Makes a block with `need` free bytes current: a kept one, or a new one
 * linked directly behind the current. */
static struct block *grow(rs_arena *a, size_t need)
{
    struct block *const cur = a->current;
    struct block *prev = cur;
    for (struct block *b = cur->next; b; prev = b, b = b->next) {
        if (b->size < need)
            continue;
        prev->next = b->next;
        b->next = cur->next;
        cur->next = b;
        goto found;
    }
    {
        struct block *b = block_for(a, need);
        if (!b)
            return NULL;
        b->next = cur->next;
        cur->next = b;
    }
found:
    cur->next->used = 0;
    cur->next->before = cur->before + cur->used;
    a->current = cur->next;
    return a->current;
}

void *rs_arena_alloc(rs_arena *arena, size_t size)
{
    size_t need;
    if (size > SIZE_MAX - RS_ALIGN)
        return NULL;
    size_t rounded = rs_round_up(size, RS_ALIGN);
    if (rounded == 0)
        rounded = RS_ALIGN;
    if (!rs_add_size(rounded, REDZONE, &need))
        return NULL;
    struct block *b = arena->current;
    if (need > b->size - b->used && !(b = grow(arena, need)))
        return NULL;
    void *p = b->data + b->used;
    b->used += need;
    UNPOISON(p, size);
    if (b->before + b->used > arena->peak)
        arena->peak = b->before + b->used;
    return p;
}

void *rs_arena_calloc(rs_arena *arena, size_t n, size_t size)
{
    size_t bytes;
    if (!rs_mul_size(n, size, &bytes))
        return NULL;
    void *p = rs_arena_alloc(arena, bytes);
    if (p)
        memset(p, 0, bytes);
    return p;
}

char *rs_arena_strndup(rs_arena *arena, const char *s, size_t n)
{
    if (n == SIZE_MAX)
        return NULL;
    char *p = rs_arena_alloc(arena, n + 1);
    if (!p)
        return NULL;
    memcpy(p, s, n);
    p[n] = '\0';
    return p;
}

char *rs_arena_strdup(rs_arena *arena, const char *s)
{
    return rs_arena_strndup(arena, s, strlen(s));
}

rs_arena_mark rs_arena_save(const rs_arena *arena)
{
    return (rs_arena_mark){ .block = arena->current, .used = arena->current->used };
}

void rs_arena_rewind(rs_arena *arena, rs_arena_mark mark)
{
    struct block *b = mark.block;
    arena->current = b;
    b->used = mark.used;
    POISON(b->data + b->used, b->size - b->used);
}

size_t rs_arena_used(const rs_arena *arena)
{
    return arena->current->before + arena->current->used;
}

size_t rs_arena_peak(const rs_arena *arena)
{
    return arena->peak;
}
