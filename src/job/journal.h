/* What a job has done so far, as lines of text that are only ever appended:
 *
 *     5d6f0c1a job 1
 *     ........ key img2img.seed: 42
 *     ........ begin 1795370000 240 1234 host
 *     ........ frame 17 42 512 512 481234 89abcdef - 2 + 12345 1795370012 00000017.png
 *     ........ error 1795370020 cannot write 'x': No space left on device
 *     ........ done 1795370900 2345678 0123abcd
 *
 * Each line begins with the CRC-32 of what follows the blank. A damaged or torn line is passed
 * over: what it told is then not known, never wrong. */
#ifndef RS_JOB_JOURNAL_H
#define RS_JOB_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/line_file.h"
#include "base/strbuf.h"

#define RS_JOURNAL_FORMAT 2

typedef enum rs_record_kind {
    RS_RECORD_JOB,   /* the format; the first record, before the keys */
    RS_RECORD_KEY,   /* text: "name: value", a part of the job's identity */
    RS_RECORD_BEGIN, /* a process takes up the job; text: the host's name */
    RS_RECORD_FRAME, /* text: the name of its file */
    RS_RECORD_ERROR, /* text: why the process stopped */
    RS_RECORD_DONE   /* the output is complete; size and crc of its file, 0 of a folder's */
} rs_record_kind;

typedef struct rs_record {
    rs_record_kind kind;
    int64_t format;
    int64_t when;        /* seconds since 1970 */
    int64_t n_frames;    /* to be made; 0: unknown */
    int64_t pid;
    int64_t index;       /* of the frame, from 0 */
    uint64_t seed;
    int64_t width, height;
    int64_t size;        /* of its file, or of the output */
    uint32_t crc;
    bool has_chain;      /* what it hands on to the next frame is kept, too */
    uint32_t chain_crc;
    int64_t scene;       /* it belongs to, from 0 */
    bool scene_last;     /* "." instead of "+": the next frame is another scene's, or there is none */
    int64_t milliseconds; /* that making it took */
    const char *text;    /* not terminated; of the parsed bytes, or the caller's */
    size_t len;
} rs_record;

/* The next whole record at or behind *pos, which moves behind it; false: there is none. */
bool rs_record_next(const uint8_t *data, size_t size, size_t *pos, rs_record *record);
/* Appends its line; control characters of the text become blanks. */
void rs_record_put(rs_strbuf *sb, const rs_record *record);

/* A journal that is being written. Zero it before open. */
typedef rs_line_file rs_journal;

/* A torn last line is cut off; name and folders are on the disk when this returns. path must outlive
 * the journal. */
rs_status rs_journal_open(rs_journal *journal, const char *path, rs_err *err);
/* The record is on the disk when this returns; after a failure nothing of it is there. */
rs_status rs_journal_add(rs_journal *journal, const rs_record *record, rs_err *err);
void rs_journal_close(rs_journal *journal); /* one that is not open is fine */

#endif
