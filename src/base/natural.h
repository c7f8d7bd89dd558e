/* The order a person expects of numbered files. */
#ifndef RS_BASE_NATURAL_H
#define RS_BASE_NATURAL_H

/* Runs of digits compare as numbers of any length (2 before 10), letters without
 * regard to ASCII case; equal so far, byte by byte. A total order. */
int rs_natural_cmp(const char *a, const char *b);

#endif
