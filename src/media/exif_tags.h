/* What the one who writes EXIF and the one who reads it agree on (EXIF 2.3). */
#ifndef RS_MEDIA_EXIF_TAGS_H
#define RS_MEDIA_EXIF_TAGS_H

enum {
    RS_EXIF_DIRECTORY = 0x8769, /* where the Exif directory is */
    RS_EXIF_MAKER_NOTE = 0x927c,
    RS_EXIF_USER_COMMENT = 0x9286,
    RS_EXIF_PREFIX = 8 /* bytes in front of a comment: its character code; of our note: its maker */
};

#define RS_EXIF_UNICODE "UNICODE\0"
#define RS_EXIF_MAKER "restyle\0"

#endif
