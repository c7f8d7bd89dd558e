/* The hash by which a file is known. */
#ifndef RS_MEDIA_FILE_HASH_H
#define RS_MEDIA_FILE_HASH_H

#include "base/err.h"

/* SHA-256 of the whole file, 64 hex digits and a zero; reads it once, in order. */
rs_status rs_file_sha256(const char *path, char hex[65], rs_err *err);
/* The same of what follows the header of a .safetensors file; of another file, of all. */
rs_status rs_tensors_sha256(const char *path, char hex[65], rs_err *err);

#endif
