/* NAME.job beside an output: all that a later run needs to go on.
 *
 *     lock, journal               who is at work; what is done (job/journal.h)
 *     shard-2-of-8.lock, .journal the same of a part of the frames, or of the scenes
 *     frames/00000017.png         what the encoder, or filters.after, get; a folder as output keeps
 *                                 its own, unless something changes them on their way there
 *     chain-0, chain-1            what the two newest frames hand on (loopback, crop box); a shard's
 *                                 are shard-2-of-8.chain-0 and -1
 *     NAME.mp4                    the output, until it is complete
 *
 * A frame counts once its record is on the disk, which is written after its file. */
#ifndef RS_JOB_JOB_FOLDER_H
#define RS_JOB_JOB_FOLDER_H

#include "job/chain.h"
#include "job/done_frames.h"
#include "job/journal.h"
#include "job/lock.h"
#include "media/media.h"
#include "restyle/job.h"

/* What to do with a frame. */
typedef enum rs_frame_plan {
    RS_FRAME_MAKE,
    RS_FRAME_FETCH, /* it is there */
    RS_FRAME_SKIP,  /* another shard's */
    RS_FRAME_MISSING /* to be joined, but not there */
} rs_frame_plan;

/* Zero it before open; the caller sets the first nine. */
typedef struct rs_job_folder {
    const rs_pipeline_spec *spec;
    rs_job_options options;
    const rs_log *log;
    const rs_stop *stop; /* ends waiting for others; may be NULL */
    bool to_folder;     /* the output is a folder */
    bool in_place;      /* whose pictures are the frames that are kept */
    int64_t n_frames;   /* of the source; 0: unknown */
    bool chained;       /* a frame depends on the one before it in its scene */
    bool by_scene;      /* shards share the scenes out, not the frames */

    rs_arena *arena;    /* NULL: there is no folder, and the frames are only passed through */
    rs_arena *writer_arena; /* of rs_job_folder_keep, in the writer's thread */
    const char *dir, *frames_dir;
    const char *shown;  /* of dir, for messages */
    const char *sink_path; /* what the sink writes to */
    const char *chain;  /* what its own frames hand on, for rs_chain_path */
    int64_t chain_at;   /* the last of them whose chain is there: those before it that are made anew
                           keep theirs to themselves. -1: none */
    bool ours;          /* locked, and of our identity */
    bool unreadable;    /* opening failed because of a file that the pipeline reads */
    bool resumed;       /* frames of earlier runs, or of other shards, may be there */
    bool finished;      /* the output is complete: there is nothing to do */
    rs_done_frames done;
    rs_lock lock, shard_lock;
    rs_journal journal;
    int64_t n_kept;     /* by this run; the writer's */
} rs_job_folder;

/* A frame on its way to the writer. */
typedef struct rs_made_frame {
    bool fetched;       /* from the folder: it is kept already */
    uint64_t seed;
    double seconds;     /* it took */
    rs_chain chain;     /* what it hands on; only of a chained job */
    rs_strbuf text;     /* of a fetched one's picture */
} rs_made_frame;

void rs_made_frame_release(rs_made_frame *made);

/* Takes the lock, compares what is there with spec, and finds the frames that are done. With
 * options.restart everything is thrown away first. A job that another process works on, or of
 * another identity, is refused. */
rs_status rs_job_folder_open(rs_job_folder *f, rs_err *err);

/* frame: with its index and scene. */
rs_frame_plan rs_job_folder_plan(const rs_job_folder *f, const rs_frame *frame);
/* The picture of a frame whose plan is FETCH (none of one in place), with its text in made, and what
 * it hands on where the loop is taken up, into *chain. */
rs_status rs_job_folder_fetch(const rs_job_folder *f, rs_frame *frame, rs_made_frame *made, rs_chain *chain,
                              rs_err *err);
/* Keeps a frame that was made, of which the sink gets samples of `bits` bits. The image becomes
 * what was kept. In place it must have been written there. */
rs_status rs_job_folder_keep(rs_job_folder *f, rs_frame *frame, const rs_made_frame *made, int bits,
                             rs_err *err);

/* The sink has completed sink_path: gives it its name, and removes the folder unless it is to
 * be kept. */
rs_status rs_job_folder_finish(rs_job_folder *f, rs_err *err);
/* Removes what keep_done has left of the job of this output; one that is not done stays. */
void rs_job_folder_forget(const char *output);

/* cause: why the job stopped; NULL or RS_E_CANCELLED: nothing is noted. A folder without a
 * frame is removed. One that is not open is fine. */
void rs_job_folder_close(rs_job_folder *f, const rs_err *cause);

#endif
