/* The EXIF block that carries a picture's parameters in JPEG and WebP files: a
 * TIFF structure whose Exif directory has a UserComment (EXIF 2.3, tag 0x9286). */
#ifndef RS_MEDIA_EXIF_H
#define RS_MEDIA_EXIF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

/* text (UTF-8) as a comment marked UNICODE, in UTF-16 with the high byte first:
 * what A1111 writes through piexif. *data is released with rs_free. */
rs_status rs_exif_make(const char *text, uint8_t **data, size_t *size, rs_err *err);

/* The comment of any such block in UTF-8, or *text = NULL when it has none or is
 * damaged. UTF-16 of either byte order is told apart by its zero bytes. */
rs_status rs_exif_comment(rs_arena *arena, const uint8_t *data, size_t size, const char **text,
                          rs_err *err);

/* What the first directory of a TIFF file, or of an EXIF block, says; 0: nothing. */
typedef struct rs_tiff_facts {
    uint32_t width, height;
    unsigned orientation; /* 1 to 8; from 5 on the picture is to be turned on its side */
} rs_tiff_facts;

/* False: no TIFF structure. */
bool rs_tiff_look(const uint8_t *data, size_t size, rs_tiff_facts *facts);

#endif
