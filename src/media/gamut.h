/* Matrices between sets of primaries, for light (not for coded samples). */
#ifndef RS_MEDIA_GAMUT_H
#define RS_MEDIA_GAMUT_H

#include <stdbool.h>

typedef struct rs_matrix {
    double m[3][3]; /* [row][column]: out = m * in */
} rs_matrix;

rs_matrix rs_matrix_product(const rs_matrix *a, const rs_matrix *b);

/* From RGB of H.273's primaries `code` (BT.709, BT.2020, DCI-P3 or Display P3) to BT.709's: white
 * becomes white, by Bradford's transform. y: the weights of luminance, [3]. False: another code. */
bool rs_gamut_to_709(int code, rs_matrix *to, double y[3]);

/* From XYZ seen under D50, which is how ICC profiles give colours, to RGB of BT.709. */
rs_matrix rs_gamut_709_of_d50(void);

#endif
