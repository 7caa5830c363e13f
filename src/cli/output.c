/* SPDX-License-Identifier: MIT */
/*
 * output.c - files that are whole or not there.
 */
#include "cli/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* A name beside path that nobody has; its file is in *fd. */
static char *make_beside(const char *path, int *fd)
{
    char *name = NULL;

    for (unsigned try = 0; try < 100; try++) {
        if (asprintf(&name, "%s.%ld.%u.tmp", path, (long)getpid(), try) < 0)
            return NULL;
        *fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
        if (*fd >= 0 || errno != EEXIST)
            break;
        free(name);
        name = NULL;
    }
    return name;
}

int wf_output_open(struct wf_output *out, const char *path)
{
    struct stat st;
    char *beside = NULL;
    int fd = -1;

    if (!stat(path, &st) && !S_ISREG(st.st_mode))
        fd = open(path, O_WRONLY | O_CLOEXEC);
    else
        beside = make_beside(path, &fd);
    if (fd < 0) {
        int err = -errno;
        free(beside);
        return err;
    }
    FILE *file = fdopen(fd, "w");
    if (!file) {
        if (beside)
            unlink(beside);
        free(beside);
        close(fd);
        return -ENOMEM;
    }
    *out = (struct wf_output){ .file = file, .path = path, .beside = beside };
    return 0;
}

int wf_output_commit(struct wf_output *out)
{
    int err = 0;

    errno = EIO;
    if (ferror(out->file) | fflush(out->file))
        err = -errno;
    if (fclose(out->file) && !err)
        err = -errno;
    if (out->beside) {
        if (!err && rename(out->beside, out->path))
            err = -errno;
        if (err)
            unlink(out->beside);
        free(out->beside);
    }
    return err;
}
