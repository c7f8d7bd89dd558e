/* The version of the library and of the program. */
#ifndef RESTYLE_VERSION_H
#define RESTYLE_VERSION_H

#define RS_VERSION_MAJOR 0
#define RS_VERSION_MINOR 1
#define RS_VERSION_PATCH 0
#define RS_VERSION "0.1.0"

#endif
