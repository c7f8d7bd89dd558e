/* A fuzz target: define LLVMFuzzerTestOneInput and include this file last.
 * The program replays every file of the corpus folder argv[1]; built with
 * -DRS_LIBFUZZER -fsanitize=fuzzer, libFuzzer brings its own main. */
#ifndef RS_TESTS_FUZZ_H
#define RS_TESTS_FUZZ_H

#ifndef RS_LIBFUZZER

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

static void fuzz_replay(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        return;
    enum { MAX = 4 << 20 };
    uint8_t *data = malloc(MAX);
    if (!data)
        abort();
    const size_t size = fread(data, 1, MAX, f);
    fclose(f);
    /* Exactly as long as the input, so that a sanitizer sees a read behind it. */
    uint8_t *exact = realloc(data, size ? size : 1);
    LLVMFuzzerTestOneInput(exact, size);
    free(exact);
}

int main(int argc, char **argv)
{
    DIR *dir = argc > 1 ? opendir(argv[1]) : NULL;
    int n = 0;
    if (!dir) {
        fprintf(stderr, "usage: %s CORPUS_FOLDER\n", argv[0]);
        return 1;
    }
    for (const struct dirent *e; (e = readdir(dir));) {
        char path[4096];
        if (e->d_name[0] == '.')
            continue;
        snprintf(path, sizeof(path), "%s/%s", argv[1], e->d_name);
        fuzz_replay(path);
        n++;
    }
    closedir(dir);
    printf("%d inputs\n", n);
    return n == 0;
}

#endif
#endif
