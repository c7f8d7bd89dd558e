/* Bump arenas: memory with the lifetime of the arena, freed all at once.
 *
 * A pointer lives as long as the arena it was taken from; nothing taken from
 * an arena is freed by itself. Scratch arenas are rewound to a mark, and keep
 * their blocks, so a second identical pass allocates nothing. Not thread safe:
 * one arena belongs to one thread at a time. Under AddressSanitizer there is a poisoned gap
 * between objects and behind a rewind. */
#ifndef RS_BASE_ARENA_H
#define RS_BASE_ARENA_H

#include <stddef.h>

typedef struct rs_arena rs_arena;
typedef struct rs_arena_mark {
    void *block;
    size_t used;
} rs_arena_mark;

/* block_size: granularity of growth in bytes; larger requests get a block of
 * their own. Blocks from 2 MB on are address space until they are written to (see
 * rs_pages_alloc), so it may be generous. NULL when out of memory. */
rs_arena *rs_arena_open(size_t block_size);
void rs_arena_close(rs_arena **arena); /* NULL and *NULL are fine */

/* Aligned to RS_ALIGN, uninitialised; NULL when out of memory. */
void *rs_arena_alloc(rs_arena *arena, size_t size);
/* n elements of size bytes, zeroed; NULL also when n*size overflows. */
void *rs_arena_calloc(rs_arena *arena, size_t n, size_t size);
char *rs_arena_strdup(rs_arena *arena, const char *s);
char *rs_arena_strndup(rs_arena *arena, const char *s, size_t n);

#define RS_NEW(arena, type) ((type *)rs_arena_calloc((arena), 1, sizeof(type)))
#define RS_NEW_N(arena, type, n) ((type *)rs_arena_calloc((arena), (n), sizeof(type)))

rs_arena_mark rs_arena_save(const rs_arena *arena);
void rs_arena_rewind(rs_arena *arena, rs_arena_mark mark);

/* Bytes handed out now, and the most there ever were. */
size_t rs_arena_used(const rs_arena *arena);
size_t rs_arena_peak(const rs_arena *arena);

#endif
