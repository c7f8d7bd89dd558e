#define _DEFAULT_SOURCE /* madvise, MAP_ANONYMOUS */
#include "base/mem.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/compiler.h"

#define HUGE ((size_t)2 << 20)

static atomic_size_t n_allocs;
static atomic_long fail_after = -1;

static bool must_fail(void)
{
    atomic_fetch_add_explicit(&n_allocs, 1, memory_order_relaxed);
    const long left = atomic_load_explicit(&fail_after, memory_order_relaxed);
    if (left < 0)
        return false;
    if (left == 0)
        return true;
    atomic_fetch_sub_explicit(&fail_after, 1, memory_order_relaxed);
    return false;
}

void *rs_alloc(size_t size)
{
    if (must_fail() || size > SIZE_MAX - RS_ALIGN)
        return NULL;
    const size_t rounded = rs_round_up(size, RS_ALIGN);
    return aligned_alloc(RS_ALIGN, rounded ? rounded : RS_ALIGN);
}

void *rs_calloc(size_t size)
{
    void *p = rs_alloc(size);
    if (p)
        memset(p, 0, size);
    return p;
}

void *rs_realloc(void *old, size_t old_size, size_t size)
{
    void *p = rs_alloc(size);
    if (!p)
        return NULL;
    if (old) {
        memcpy(p, old, old_size < size ? old_size : size);
        rs_free(old);
    }
    return p;
}

void rs_free(void *ptr)
{
    free(ptr);
}

static size_t whole_pages(size_t size)
{
    return rs_round_up(size, HUGE);
}

#ifdef RS_ASAN

/* From the heap, where the sanitizer knows every byte. */
void *rs_pages_alloc(size_t size)
{
    if (must_fail() || size > SIZE_MAX - HUGE)
        return NULL;
    return aligned_alloc(HUGE, size ? whole_pages(size) : HUGE);
}

void rs_pages_free(void *pages, size_t size)
{
    (void)size;
    free(pages);
}

#else

void *rs_pages_alloc(size_t size)
{
    if (must_fail() || size > SIZE_MAX - 3 * HUGE)
        return NULL;
    const size_t want = size ? whole_pages(size) : HUGE, room = want + HUGE;
    uint8_t *p = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
                      0);
    if (p == MAP_FAILED)
        return NULL;
    const size_t head = (HUGE - (uintptr_t)p % HUGE) % HUGE;
    if (head)
        munmap(p, head);
    if (room - head > want)
        munmap(p + head + want, room - head - want);
    (void)madvise(p + head, want, MADV_HUGEPAGE); /* refused where there are none: small pages do */
    return p + head;
}

void rs_pages_free(void *pages, size_t size)
{
    if (pages)
        munmap(pages, size ? whole_pages(size) : HUGE);
}

#endif

bool rs_mul_size(size_t a, size_t b, size_t *out)
{
    if (a && b > SIZE_MAX / a)
        return false;
    *out = a * b;
    return true;
}

bool rs_add_size(size_t a, size_t b, size_t *out)
{
    if (b > SIZE_MAX - a)
        return false;
    *out = a + b;
    return true;
}

size_t rs_alloc_count(void)
{
    return atomic_load(&n_allocs);
}

void rs_alloc_fail_after(long n)
{
    atomic_store(&fail_after, n);
}
