/* The transfer curve of sRGB, IEC 61966-2-1. */
#ifndef RS_BASE_SRGB_H
#define RS_BASE_SRGB_H

/* A coded value from 0 to 1 as linear light, and back; in double, rounded once. */
float rs_srgb_to_linear(float coded);
float rs_srgb_from_linear(float linear);

#endif
