/* What a file or a folder holds, in a few letters: enough to notice that it is not the same
 * any more. */
#ifndef RS_MEDIA_PATH_IDENTITY_H
#define RS_MEDIA_PATH_IDENTITY_H

#include "base/err.h"
#include "media/folder.h"

enum { RS_IDENTITY_SIZE = 33 };

/* 32 hex digits and a zero: MurmurHash3. Files of up to 64 MB count with all their bytes;
 * larger ones with size, time of change and pieces from all over, since a model would take
 * seconds to read. A folder counts with the names and contents of what is in it, also in
 * its folders; hidden files do not count. */
rs_status rs_path_identity(const char *path, char hex[RS_IDENTITY_SIZE], rs_err *err);

/* Of these pictures alone, whatever else lies in their folder. */
rs_status rs_pictures_identity(const rs_folder *pictures, char hex[RS_IDENTITY_SIZE], rs_err *err);

#endif
