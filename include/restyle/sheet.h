/* Contact sheets: some frames of a clip under every combination of some settings.
 *
 *     const char *vary[] = { "strength=0.3,0.5,0.7", "cfg_scale=5,9" };
 *     rs_sheet_options o;
 *     rs_sheet_defaults(&o);
 *     o.vary = vary;
 *     o.n_vary = 2;
 *     rs_sheet_make(&source, &o, NULL, NULL, NULL, &report, &err);
 */
#ifndef RESTYLE_SHEET_H
#define RESTYLE_SHEET_H

#include <stddef.h>

#include "restyle/job.h"
#include "restyle/pipeline.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { RS_SHEET_MAX_AXES = 3, RS_SHEET_MAX_FRAMES = 64 };

typedef struct rs_sheet_options {
    const char *output; /* a PNG; "sheet.png" */
    /* Columns, rows, and blocks of them, as "KEY=VALUE,VALUE": a key of the pipeline, where img2img.
     * may be left out, or prompt_sr, which replaces its first value by each value in the prompts.
     * Values as in CSV ("a, b" is one), or as A1111's X/Y/Z plot has them: 1-5, 1-5 (+2), 0-1 [3]. */
    const char *const *vary;
    size_t n_vary;      /* at most RS_SHEET_MAX_AXES */
    int frames;         /* 4: representative ones, spread over the clip and unlike each other */
    int cell;           /* 256: longer side of a picture on the sheet, in pixels */
} rs_sheet_options;

void rs_sheet_defaults(rs_sheet_options *options);

/* Opens the pipeline of source once for each combination (its output is not used), so that all
 * problems are told before the first picture; restyles the frames, each by itself without
 * loopback, and shows them as the output would: with square pixels, behind filters.after and exec,
 * unless these need more than one frame, which is told. Writes the sheet, and puts a table of measured
 * times, with the estimate for the whole clip, into report (may be NULL). events: progress counts
 * pictures as frames; temporary is not called; may be NULL, as log and failed. */
rs_status rs_sheet_make(const rs_pipeline_source *source, const rs_sheet_options *options,
                        const rs_job_events *events, const rs_log *log, rs_job_part *failed,
                        const rs_text_sink *report, rs_err *err);

#ifdef __cplusplus
}
#endif
#endif
