/* The few compiler extensions the project uses, named in one place. */
#ifndef RS_BASE_COMPILER_H
#define RS_BASE_COMPILER_H

#define RS_PRINTF(fmt, first) __attribute__((format(printf, fmt, first)))
#define RS_UNUSED __attribute__((unused))
#define RS_ALWAYS_INLINE inline __attribute__((always_inline))
/* Before a loop of at most 16 rounds whose arrays must live in registers. */
#define RS_UNROLL _Pragma("GCC unroll 16")
#define RS_PREFETCH(p) __builtin_prefetch(p)
#define RS_ALIGN 64 /* cache line, and the width of an AVX-512 register */

#if defined(__SANITIZE_ADDRESS__)
#define RS_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define RS_ASAN 1
#endif
#endif

#endif
