/* The EXIF block that tells in JPEG and WebP files how a picture was made: a TIFF structure, as a
 * TIFF file itself is. Its Exif directory has the parameters as UserComment (EXIF 2.3, tag 0x9286),
 * where A1111 has them, and the pipeline as MakerNote (0x927c), which is for whatever the maker
 * wants to record: "restyle" and a zero, then UTF-8. */
#ifndef RS_MEDIA_EXIF_H
#define RS_MEDIA_EXIF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "media/picture_text.h"

/* The parameters as a comment marked UNICODE, in UTF-16 with the high byte first: what A1111 writes
 * through piexif. *data is released with rs_free. */
rs_status rs_exif_make(const rs_picture_text *text, uint8_t **data, size_t *size, rs_err *err);

/* A TIFF file as FFmpeg makes it, its directory behind the picture, with text put in. *out is
 * released with rs_free. */
rs_status rs_tiff_add_text(const uint8_t *tiff, size_t size, const rs_picture_text *text, uint8_t **out,
                           size_t *out_size, rs_err *err);

/* The texts of any such block or file; what is not there, or damaged, is NULL. UTF-16 of either
 * byte order is told apart by its zero bytes. */
rs_status rs_exif_text(rs_arena *arena, const uint8_t *data, size_t size, rs_picture_text *text, rs_err *err);

/* What the first directory of a TIFF file, or of an EXIF block, says; 0: nothing. */
typedef struct rs_tiff_facts {
    uint32_t width, height;
    unsigned orientation; /* 1 to 8; from 5 on the picture is to be turned on its side */
} rs_tiff_facts;

/* False: no TIFF structure. */
bool rs_tiff_look(const uint8_t *data, size_t size, rs_tiff_facts *facts);

#endif
