/* The version of the library and of the program. */
#ifndef RESTYLE_VERSION_H
#define RESTYLE_VERSION_H

#ifdef __cplusplus
extern "C" {
#endif

#define RS_VERSION_MAJOR 0
#define RS_VERSION_MINOR 1
#define RS_VERSION_PATCH 0

/* Raised whenever the same pipeline gives other pixels than before: a job that one version
 * has begun is not continued by another. */
#define RS_NUMERIC_VERSION 1

/* "major.minor.patch" of the library that was linked; the macros are those of
 * the headers that were compiled with. */
const char *rs_version(void);

#ifdef __cplusplus
}
#endif
#endif
