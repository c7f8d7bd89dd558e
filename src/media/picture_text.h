/* What a picture's file says about how it was made. */
#ifndef RS_MEDIA_PICTURE_TEXT_H
#define RS_MEDIA_PICTURE_TEXT_H

/* UTF-8; NULL: nothing. */
typedef struct rs_picture_text {
    const char *parameters; /* A1111's text, for everybody */
    const char *pipeline;   /* restyle's own, in YAML: also what the other cannot say */
} rs_picture_text;

#endif
