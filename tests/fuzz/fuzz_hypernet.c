/* Any bytes as a hypernetwork: no crash, and what is accepted can be applied to a context of
 * each of its widths. */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kernel/kern.h"
#include "nn/hypernet.h"
#include "tensor/gemm.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void apply(const rs_exec *ex, const rs_hypernet *net)
{
    const rs_hypernets nets = { net, 1 };
    for (int i = 0; i < net->n; i++) {
        rs_tensor context, k, v;
        if (rs_tensor_alloc(ex->scratch, 1, 1, 2, net->sizes[i].width, &context, NULL) != RS_OK)
            return;
        memset(context.data, 0, rs_tensor_count(&context) * sizeof(float));
        if (rs_hypernets_apply(ex, &nets, &context, &k, &v, NULL) == RS_OK &&
            (k.c != context.c || v.c != context.c))
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    rs_pool *pool = NULL;
    rs_arena *arena = rs_arena_open(1 << 16), *scratch = rs_arena_open(1 << 16);
    rs_hypernet net = { 0 }, checked = { 0 };
    rs_err err = { 0 };
    const int fd = memfd_create("hypernet", MFD_CLOEXEC);
    if (!arena || !scratch || fd < 0 || write(fd, data, size) != (ssize_t)size ||
        rs_pool_open(1, &pool, NULL) != RS_OK)
        abort();
    rs_gemm_init();
    const rs_exec ex = { .pool = pool, .kern = rs_kern_active(), .scratch = scratch };
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    const rs_status s = rs_hypernet_load(&ex, arena, path, &net, &err);
    if (s == RS_OK) {
        if (rs_hypernet_check(arena, path, &checked, NULL) != RS_OK || checked.n != net.n)
            abort(); /* what loads is found right before */
        apply(&ex, &net);
    } else if (!err.msg[0]) {
        abort();
    }
    rs_pool_close(&pool);
    rs_arena_close(&scratch);
    rs_arena_close(&arena);
    close(fd);
    return 0;
}

#include "tests/lib/fuzz.h"
