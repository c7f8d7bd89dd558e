/* What a PNG says of its colours. */
#ifndef RS_MEDIA_PNG_COLOUR_H
#define RS_MEDIA_PNG_COLOUR_H

#include <png.h>

#include "media/tone_map.h"
#include "restyle/image.h"

/* Before png_read_info: keeps the chunks that libpng may not know. */
void rs_png_colour_ask(png_structp png);
/* Behind it: prepares t for RS_COLOURS_CONVERTED, RS_COLOURS_PQ and RS_COLOURS_HLG. *nomem is
 * set when there is no memory. */
rs_image_colours rs_png_colour_read(png_structp png, png_infop info, rs_tone_map *t, bool *nomem);

#endif
