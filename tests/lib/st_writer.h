/* Writes small safetensors files for tests, valid ones and hostile ones. */
#ifndef RS_TESTS_ST_WRITER_H
#define RS_TESTS_ST_WRITER_H

#include <stddef.h>
#include <stdint.h>

typedef struct st_writer st_writer;

st_writer *st_open(void);
/* Tensors lie in the file in the order of these calls. data is copied; NULL
 * stands for zeros. dtype as in the file: "F32", "F16", ... */
void st_add(st_writer *w, const char *name, const char *dtype, int rank, const int64_t *shape,
            const void *data, size_t bytes);
/* F32 values i * 2^-10, i = 0.. : finite and all different for small tensors. */
void st_add_ramp(st_writer *w, const char *name, int rank, const int64_t *shape);
void st_metadata(st_writer *w, const char *key, const char *value);
/* Writes the file, and releases the writer. */
void st_close(st_writer *w, const char *path);

/* A file with this header text, as it is, and n_data zero bytes behind it. */
void st_write_raw(const char *path, const char *header, size_t n_data);

#endif
