/* Words in pictures: a small fixed-width font, drawn for this program. */
#ifndef RS_MEDIA_LABEL_H
#define RS_MEDIA_LABEL_H

#include "restyle/image.h"

/* In pixels at scale 1: a character with the gap behind it, and a line. */
enum { RS_LABEL_W = 6, RS_LABEL_H = 8 };

/* Pixels that text takes; UTF-8, characters outside ASCII count as one each. */
int rs_label_width(const char *text, int scale);

/* Draws text in black with its top left corner at x, y; what lies outside is cut off.
 * Characters outside ASCII become question marks. */
void rs_label_draw(const rs_image *image, int x, int y, int scale, const char *text);

#endif
