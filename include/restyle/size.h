/* Width and height in pixels. */
#ifndef RESTYLE_SIZE_H
#define RESTYLE_SIZE_H

typedef struct rs_size {
    int width, height; /* both 0: not given */
} rs_size;

#endif
