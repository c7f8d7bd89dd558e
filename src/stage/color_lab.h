/* sRGB to CIELAB and back in 8 bits: the bytes of OpenCV's cvtColor (COLOR_RGB2LAB,
 * COLOR_LAB2RGB), which works in integers and tables and is the same on every machine.
 * Source of tables and formulas: OpenCV, modules/imgproc/src/color_lab.cpp. */
#ifndef RS_STAGE_COLOR_LAB_H
#define RS_STAGE_COLOR_LAB_H

#include <stdint.h>

enum { RS_LAB_CBRT = 3072, RS_LAB_XZ = 36864, RS_LAB_LINEAR = 4096 };

typedef struct rs_lab_tables {
    uint16_t linear[256];             /* sRGB byte to linear light, times 8 * 255 */
    uint16_t cbrt[RS_LAB_CBRT];       /* CIELAB's f of that scale, times 2^15 */
    int to_xyz[9], to_rgb[9];         /* over the white point, times 2^12 */
    uint16_t y[256], fy[256];         /* luminance of L, and its f, times 2^14 */
    int xz[RS_LAB_XZ];                /* the inverse of f */
    uint8_t srgb[RS_LAB_LINEAR];      /* linear light, times 2^12, to the byte */
} rs_lab_tables;

void rs_lab_init(rs_lab_tables *t);

/* L from 0 to 255, a and b around 128 */
void rs_lab_from_rgb(const rs_lab_tables *t, const uint8_t rgb[3], uint8_t lab[3]);
void rs_lab_to_rgb(const rs_lab_tables *t, const uint8_t lab[3], uint8_t rgb[3]);

#endif
