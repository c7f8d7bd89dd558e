/* Parts of the texts of rs_bench_write, for its further files. */
#ifndef RS_BENCH_WRITE_H
#define RS_BENCH_WRITE_H

#include "base/strbuf.h"
#include "restyle/bench.h"

#define RS_BENCH_MAX_TEXT ((size_t)1 << 20)

static inline double rs_bench_rate(double amount, double seconds)
{
    return seconds > 0 ? amount / seconds : 0;
}

/* name with blanks for underscores, in buf. */
const char *rs_bench_spaced(const char *name, char *buf, size_t size);

void rs_bench_write_summary(rs_strbuf *sb, const rs_bench *b);
/* Without the newline after it. */
void rs_bench_write_json(rs_strbuf *sb, const rs_bench *b);

/* part->split as tables, and as further members of an object. */
void rs_bench_write_split(rs_strbuf *sb, const rs_bench_part *part);
void rs_bench_write_split_json(rs_strbuf *sb, const rs_bench_part *part);

/* Sends the text and releases sb; fails when sb did. */
rs_status rs_bench_put(rs_strbuf *sb, const rs_text_sink *sink, rs_err *err);

#endif
