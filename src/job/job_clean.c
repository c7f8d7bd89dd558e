#define _POSIX_C_SOURCE 200809L
#include "job/job_clean.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"

static bool ends(const char *name, const char *with)
{
    const size_t n = strlen(name), m = strlen(with);
    return n >= m && strcmp(name + n - m, with) == 0;
}

static bool is_partial(const char *name)
{
    return strstr(name, ".part-") != NULL;
}

/* Others may have files with such names in an output folder. */
static bool is_partial_frame(const char *name)
{
    return strncmp(name, ".frame.part-", 12) == 0;
}

static bool is_lock(const char *name)
{
    return strcmp(name, "lock") == 0 || (strncmp(name, "shard-", 6) == 0 && ends(name, ".lock"));
}

static bool is_shard_journal(const char *name)
{
    return strncmp(name, "shard-", 6) == 0 && ends(name, ".journal") && !is_partial(name);
}

bool rs_is_journal_name(const char *name)
{
    return strcmp(name, "journal") == 0 || is_shard_journal(name);
}

/* Of frames/: what we call them. */
static bool is_frame(const char *name)
{
    return strspn(name, "0123456789") >= 8 && ends(name, ".png");
}

static bool is_chain(const char *name)
{
    return (strncmp(name, "chain-", 6) == 0 || strncmp(name, "shard-", 6) == 0) &&
           (ends(name, "chain-0") || ends(name, "chain-1"));
}

static void remove_files(const char *dir, bool (*which)(const char *name))
{
    DIR *d = opendir(dir);
    struct stat st;
    for (const struct dirent *e; d && (e = readdir(d));)
        if (which(e->d_name) && fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISREG(st.st_mode))
            unlinkat(dirfd(d), e->d_name, 0);
    if (d)
        closedir(d);
}

void rs_job_clean_output(const char *folder)
{
    remove_files(folder, is_partial_frame);
}

void rs_job_clean_partial(const char *dir)
{
    char frames[4096];
    snprintf(frames, sizeof(frames), "%s/frames", dir);
    remove_files(frames, is_partial);
    remove_files(dir, is_partial);
}

/* The journal goes after what it tells of, and that of the whole job, which tells that the output is
 * complete, after those of shards: so a removal that is cut short, also by power loss, is seen. */
void rs_job_clean(const char *dir, const char *output, rs_job_rest rest)
{
    char frames[4096], journal[4096];
    snprintf(frames, sizeof(frames), "%s/frames", dir);
    rs_job_clean_partial(dir);
    remove_files(frames, is_frame);
    rmdir(frames);
    remove_files(dir, is_chain);
    unlink(output);
    if (rest == RS_JOB_REST_JOURNAL)
        return;
    remove_files(dir, is_shard_journal);
    snprintf(journal, sizeof(journal), "%s/journal", dir);
    rs_sync_folder(journal, NULL);
    unlinkat(AT_FDCWD, journal, 0);
    if (rest == RS_JOB_REST_LOCK)
        return;
    remove_files(dir, is_lock);
    rmdir(dir);
}
