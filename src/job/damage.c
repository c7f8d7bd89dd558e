#include "job/damage.h"

/* A film full of holes needs no line for each. */
enum { MAX_WARNINGS = 16 };

static double seconds(const rs_source_info *info, int64_t pts)
{
    return (double)pts * info->time_base.num / info->time_base.den;
}

void rs_damage_note_frame(rs_job_result *result, const rs_source_info *info, const rs_frame *frame,
                          const rs_log *log)
{
    const long long number = (long long)frame->index + 1;
    if (!frame->held || ++result->held > MAX_WARNINGS + 1)
        return;
    if (result->held > MAX_WARNINGS)
        RS_WARN(log, "'%s' has more damage than that: from here on it is only counted", info->path);
    else if (frame->name)
        RS_WARN(log, "'%s' is damaged: a picture beside it stands in for frame %lld", frame->name, number);
    else
        RS_WARN(log, "'%s' is damaged at %.3f s: a picture beside it stands in for frame %lld", info->path,
                seconds(info, frame->pts), number);
}

void rs_damage_note_end(rs_job_result *result, const rs_source_info *info, const rs_log *log)
{
    const long long n = (long long)result->frames;
    result->truncated = info->truncated;
    if (info->truncated && info->n_frames_exact)
        RS_WARN(log, "'%s' is truncated: it ends after frame %lld of %lld", info->path, n,
                (long long)info->n_frames);
    else if (info->truncated)
        RS_WARN(log, "'%s' is truncated: it ends after frame %lld", info->path, n);
}
