/* The only doors to malloc and free, and overflow-checked size arithmetic. */
#ifndef RS_BASE_MEM_H
#define RS_BASE_MEM_H

#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>

/* Memory aligned to RS_ALIGN bytes, uninitialised; NULL when out of memory.
 * size 0 gives a valid pointer. */
void *rs_alloc(size_t size);
void *rs_calloc(size_t size);

/* Grows or shrinks; old may be NULL; old_size is how much of it is kept. On
 * failure returns NULL and old stays valid. */
void *rs_realloc(void *old, size_t old_size, size_t size);

void rs_free(void *ptr); /* NULL is fine */

/* Address space for large blocks, straight from the system: memory is taken when a
 * page is first written to, in huge pages where there are any (a page costs more to
 * get than to fill, so 2 MB at a time saves seconds in loading a model). Aligned to
 * 2 MB and uninitialised; NULL when there is no room. */
void *rs_pages_alloc(size_t size);
void rs_pages_free(void *pages, size_t size);

/* a*b or a+b into *out; false on overflow, *out untouched. */
bool rs_mul_size(size_t a, size_t b, size_t *out);
bool rs_add_size(size_t a, size_t b, size_t *out);

/* a / b rounded up, a rounded up to a multiple of b, for b > 0 and a + b that is no
 * overflow; and the smaller one. */
static inline size_t rs_div_up(size_t a, size_t b)
{
    return (a + b - 1) / b;
}

static inline size_t rs_round_up(size_t a, size_t b)
{
    return rs_div_up(a, b) * b;
}

static inline size_t rs_least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* For tests: the number of allocations so far, and a countdown after which
 * every allocation fails (0: the next one; negative: never). */
size_t rs_alloc_count(void);
void rs_alloc_fail_after(long n);

#endif
