/* Ten lines of assertions for tests: print file:line, what was got and wanted,
 * and stop. A test program is a main() that calls its cases with TEST_RUN. */
#ifndef RS_TESTS_TEST_H
#define RS_TESTS_TEST_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEST_FAIL(...)                                        \
    do {                                                      \
        fprintf(stderr, "%s:%d: ", __FILE__, __LINE__);       \
        fprintf(stderr, __VA_ARGS__);                         \
        fputc('\n', stderr);                                  \
        exit(1);                                              \
    } while (0)

#define CHECK(cond)                                           \
    do {                                                      \
        if (!(cond))                                          \
            TEST_FAIL("failed: %s", #cond);                   \
    } while (0)

#define CHECK_INT(got, want)                                                      \
    do {                                                                          \
        const long long g_ = (long long)(got), w_ = (long long)(want);            \
        if (g_ != w_)                                                             \
            TEST_FAIL("%s: got %lld, want %lld", #got, g_, w_);                   \
    } while (0)

#define CHECK_STR(got, want)                                                      \
    do {                                                                          \
        const char *g_ = (got), *w_ = (want);                                     \
        if (!g_ || strcmp(g_, w_) != 0)                                           \
            TEST_FAIL("%s: got \"%s\", want \"%s\"", #got, g_ ? g_ : "(null)", w_); \
    } while (0)

#define CHECK_NEAR(got, want, tol)                                                \
    do {                                                                          \
        const double g_ = (double)(got), w_ = (double)(want);                     \
        if (!(fabs(g_ - w_) <= (double)(tol)))                                    \
            TEST_FAIL("%s: got %.9g, want %.9g +- %g", #got, g_, w_, (double)(tol)); \
    } while (0)

/* For a call that takes rs_err *err as its last argument. */
#define CHECK_OK(call)                                                            \
    do {                                                                          \
        if ((call) != 0)                                                          \
            TEST_FAIL("%s: %s", #call, err.msg);                                  \
    } while (0)

#define TEST_RUN(fn)                                                              \
    do {                                                                          \
        fn();                                                                     \
        printf("ok %s\n", #fn);                                                   \
    } while (0)

#endif
