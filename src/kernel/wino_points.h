/* The finite interpolation points of the Winograd transforms besides 0, a < b;
 * see ref/winograd_ref.c. Their powers up to the third are exact in float. */
#ifndef RS_KERNEL_WINO_POINTS_H
#define RS_KERNEL_WINO_POINTS_H

#define WINO_A 0.75
#define WINO_B 1.5

#endif
