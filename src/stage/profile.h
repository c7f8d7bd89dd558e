/* The inside of a profile: events of a model on their way to the file. */
#ifndef RS_STAGE_PROFILE_H
#define RS_STAGE_PROFILE_H

#include "restyle/profile.h"
#include "tensor/prof.h"

/* Where a model's operations record themselves; NULL for NULL. */
rs_prof *rs_profile_prof(rs_profile *profile);

/* Writes what was recorded so far; nothing for NULL. Must be called before the
 * model that owns the names is closed. */
void rs_profile_flush(rs_profile *profile);

#endif
