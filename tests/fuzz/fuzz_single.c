/* Any bytes as a checkpoint in one file: no crash, whatever its tensors claim,
 * and what is missing is said. */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "restyle/inspect.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void count(void *cookie, const char *text)
{
    size_t *n = cookie;
    *n += text[0] != '\0';
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    rs_err err = { 0 };
    rs_model_info *info = NULL;
    const int fd = memfd_create("model", MFD_CLOEXEC);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        abort();
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    if (rs_model_inspect(path, NULL, &info, &err) == RS_OK) {
        size_t n = 0;
        rs_model_print(info, count, &n);
        if (n < 4)
            abort();
    } else if (!err.msg[0]) {
        abort();
    }
    rs_model_info_close(&info);
    close(fd);
    return 0;
}

#include "tests/lib/fuzz.h"
