/* SPDX-License-Identifier: MIT */
/* symbols_dw.c - lines and inlined calls, by libdw if weft was built with it. */
#include "model/symbols_dw.h"

#include "config.h"

#ifdef HAVE_DW
#include <dwarf.h>
#include <elfutils/libdwfl.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct wf_dw {
    Dwfl *dwfl;
    Dwfl_Module *module;
    GElf_Addr bias;
    char debug_path[128]; /* where a distribution puts what it took out */
};

/* Only what stands under the build-id in the one usual place: nothing is fetched. */
static int find_debuginfo(Dwfl_Module *module, void **user, const char *name,
                          Dwarf_Addr base, const char *file, const char *link,
                          GElf_Word crc, char **found)
{
    struct wf_dw *d = *user;
    int fd;

    (void)module, (void)name, (void)base, (void)file, (void)link, (void)crc;
    fd = d && d->debug_path[0] ? open(d->debug_path, O_RDONLY | O_CLOEXEC | O_NOCTTY)
                               : -1;
    if (fd >= 0)
        *found = strdup(d->debug_path);
    return fd;
}

static int find_elf(Dwfl_Module *module, void **user, const char *name, Dwarf_Addr base,
                    char **file, Elf **elf)
{
    (void)module, (void)user, (void)name, (void)base, (void)file, (void)elf;
    return -1;
}

static void set_debug_path(struct wf_dw *d, const unsigned char *id, size_t id_len)
{
    int n = snprintf(d->debug_path, sizeof d->debug_path,
                     "/usr/lib/debug/.build-id/%02x/", id[0]);

    for (size_t i = 1; i < id_len && n + 10 < (int)sizeof d->debug_path; i++)
        n += sprintf(d->debug_path + n, "%02x", id[i]);
    snprintf(d->debug_path + n, sizeof d->debug_path - (size_t)n, ".debug");
}

static bool open_dwfl(struct wf_dw *d, int fd)
{
    static const Dwfl_Callbacks callbacks = {
        .find_elf = find_elf,
        .find_debuginfo = find_debuginfo,
        .section_address = dwfl_offline_section_address
    };
    int own = dup(fd);
    void **user;

    d->dwfl = dwfl_begin(&callbacks);
    if (!d->dwfl || own < 0) {
        close(own);
        return false;
    }
    dwfl_report_begin(d->dwfl);
    d->module = dwfl_report_offline(d->dwfl, "module", "module", own);
    dwfl_report_end(d->dwfl, NULL, NULL);
    if (!d->module) {
        close(own);
        return false;
    }
    if (dwfl_module_info(d->module, &user, NULL, NULL, NULL, NULL, NULL, NULL))
        *user = d;
    return dwfl_module_getelf(d->module, &d->bias) != NULL;
}

struct wf_dw *wf_dw_open(int fd, const unsigned char *id, size_t id_len)
{
    struct wf_dw *d = calloc(1, sizeof *d);
    Dwarf_Addr bias;

    if (!d)
        return NULL;
    if (id_len)
        set_debug_path(d, id, id_len);
    if (!open_dwfl(d, fd) || !dwfl_module_getdwarf(d->module, &bias)) {
        wf_dw_close(d);
        return NULL;
    }
    return d;
}

void wf_dw_close(struct wf_dw *d)
{
    if (!d)
        return;
    if (d->dwfl)
        dwfl_end(d->dwfl);
    free(d);
}

static const char *last_part(const char *path)
{
    const char *slash = path ? strrchr(path, '/') : NULL;

    return slash ? slash + 1 : path ? path : "";
}

static const char *name_of(Dwarf_Die *die)
{
    Dwarf_Attribute attr;
    const char *name = dwarf_formstring(
        dwarf_attr_integrate(die, DW_AT_linkage_name, &attr));
    const char *plain = dwarf_diename(die);

    return plain ? plain : name;
}

/* From where an inlined function was called. */
static void set_call(Dwarf_Die *cu, Dwarf_Die *inlined, struct wf_frame *f)
{
    Dwarf_Attribute attr;
    Dwarf_Word file, line;
    Dwarf_Files *files;
    size_t nfiles;

    f->file = "";
    f->line = 0;
    if (dwarf_formudata(dwarf_attr(inlined, DW_AT_call_file, &attr), &file) ||
        dwarf_formudata(dwarf_attr(inlined, DW_AT_call_line, &attr), &line) ||
        dwarf_getsrcfiles(cu, &files, &nfiles) || file >= nfiles)
        return;
    f->file = last_part(dwarf_filesrc(files, (size_t)file, NULL, NULL));
    f->line = (unsigned)line;
}

/* Names of the functions that scopes, innermost first, belong to. */
static size_t add_scopes(Dwarf_Die *cu, Dwarf_Die *scopes, int n,
                         struct wf_frame *frames, size_t max)
{
    size_t at = 0;

    for (int i = 0; i < n; i++) {
        int tag = dwarf_tag(&scopes[i]);
        const char *name;
        if (tag != DW_TAG_subprogram && tag != DW_TAG_inlined_subroutine)
            continue;
        name = name_of(&scopes[i]);
        if (name)
            frames[at].function = name;
        if (tag == DW_TAG_subprogram || at + 1 == max)
            break;
        frames[at + 1] = (struct wf_frame){ .pc = frames[0].pc, .function = "" };
        set_call(cu, &scopes[i], &frames[++at]);
    }
    return at + 1;
}

size_t wf_dw_find(struct wf_dw *d, uint64_t at, struct wf_frame *frames, size_t max)
{
    Dwarf_Addr bias = 0;
    GElf_Addr here = at + d->bias;
    Dwarf_Die *cu = dwfl_module_addrdie(d->module, here, &bias), *scopes = NULL, die;
    Dwfl_Line *line = dwfl_module_getsrc(d->module, here);
    size_t found = 1;
    int n, number = 0;

    if (line) {
        frames[0].file = last_part(
            dwfl_lineinfo(line, NULL, &number, NULL, NULL, NULL));
        frames[0].line = (unsigned)number;
    }
    if (!cu)
        return found;
    n = dwarf_getscopes(cu, here - bias, &scopes);
    if (n > 0) {
        die = scopes[0];
        free(scopes);
        scopes = NULL;
        n = dwarf_getscopes_die(&die, &scopes);
    }
    if (n > 0)
        found = add_scopes(cu, scopes, n, frames, max);
    free(scopes);
    return found;
}

#else
struct wf_dw *wf_dw_open(int fd, const unsigned char *id, size_t id_len)
{
    (void)fd, (void)id, (void)id_len;
    return NULL;
}

size_t wf_dw_find(struct wf_dw *d, uint64_t at, struct wf_frame *frames, size_t max)
{
    (void)d, (void)at, (void)frames, (void)max;
    return 1;
}

void wf_dw_close(struct wf_dw *d)
{
    (void)d;
}
#endif
