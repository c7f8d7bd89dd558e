/* How large a picture is, by its header alone. */
#ifndef RS_MEDIA_STILL_SIZE_H
#define RS_MEDIA_STILL_SIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "restyle/size.h"

/* Of a PNG, JPEG, TIFF, WebP or BMP as it is to be seen: a JPEG's EXIF orientation is
 * minded. False when the header does not tell. data: the file, or its beginning. */
bool rs_still_size(const uint8_t *data, size_t size, rs_size *out);

#endif
