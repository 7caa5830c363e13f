/* SPDX-License-Identifier: MIT */
/*
 * symbols_elf.c - the build-id, segments and function symbols of one ELF file.
 * Read by offset and checked: the file may be anything, and may change under us.
 */
#include "model/symbols_elf.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/symbols_dw.h"

enum { SEGMENTS_MAX = 1000 };

struct function {
    uint64_t at, size;
    const char *name;
};

struct wf_elf {
    int fd;
    uint64_t size;
    Elf64_Phdr *segments;
    size_t nsegments;
    struct function *functions; /* by address */
    size_t nfunctions;
    char *names;
    struct wf_dw *dw;
};

/* n bytes at offset, to free; NULL when they are not all there. */
static void *get(const struct wf_elf *e, uint64_t offset, uint64_t n)
{
    char *to;

    if (!n || offset > e->size || n > e->size - offset)
        return NULL;
    to = malloc(n + 1);
    if (to && pread(e->fd, to, n, (off_t)offset) != (ssize_t)n) {
        free(to);
        return NULL;
    }
    if (to)
        to[n] = '\0';
    return to;
}

static bool note_has(const unsigned char *note, uint64_t n, const unsigned char *id,
                     size_t id_len)
{
    while (n >= sizeof(Elf64_Nhdr)) {
        Elf64_Nhdr h;
        memcpy(&h, note, sizeof h);
        uint64_t name = ((uint64_t)h.n_namesz + 3) & ~UINT64_C(3);
        uint64_t desc = ((uint64_t)h.n_descsz + 3) & ~UINT64_C(3);
        uint64_t whole = sizeof h + name + desc;
        if (h.n_descsz > desc || whole > n)
            return false;
        if (h.n_type == NT_GNU_BUILD_ID && h.n_namesz == 4 && h.n_descsz == id_len &&
            memcmp(note + sizeof h, "GNU", 4) == 0 &&
            memcmp(note + sizeof h + name, id, id_len) == 0)
            return true;
        note += whole;
        n -= whole;
    }
    return false;
}

static bool has_id(const struct wf_elf *e, const unsigned char *id, size_t id_len)
{
    for (size_t i = 0; i < e->nsegments; i++) {
        unsigned char *note;
        bool found;
        if (e->segments[i].p_type != PT_NOTE)
            continue;
        note = get(e, e->segments[i].p_offset, e->segments[i].p_filesz);
        found = note && note_has(note, e->segments[i].p_filesz, id, id_len);
        free(note);
        if (found)
            return true;
    }
    return false;
}

static int by_address(const void *a, const void *b)
{
    const struct function *x = a, *y = b;

    return x->at < y->at ? -1 : x->at > y->at;
}

static void take_symbols(struct wf_elf *e, const Elf64_Shdr *table,
                         const Elf64_Shdr *names)
{
    Elf64_Sym *sym = get(e, table->sh_offset, table->sh_size);
    size_t n = table->sh_size / sizeof *sym;

    e->names = get(e, names->sh_offset, names->sh_size);
    e->functions = sym && e->names ? calloc(n + 1, sizeof *e->functions) : NULL;
    for (size_t i = 0; e->functions && i < n; i++)
        if (ELF64_ST_TYPE(sym[i].st_info) == STT_FUNC && sym[i].st_shndx != SHN_UNDEF &&
            sym[i].st_name < names->sh_size)
            e->functions[e->nfunctions++] = (struct function){
                sym[i].st_value, sym[i].st_size, e->names + sym[i].st_name
            };
    if (e->nfunctions)
        qsort(e->functions, e->nfunctions, sizeof *e->functions, by_address);
    free(sym);
}

static void read_symbols(struct wf_elf *e, const Elf64_Ehdr *h)
{
    const Elf64_Shdr *best = NULL;
    Elf64_Shdr *s;

    if (h->e_shentsize != sizeof *s || !h->e_shnum)
        return;
    s = get(e, h->e_shoff, (uint64_t)h->e_shnum * sizeof *s);
    for (size_t i = 0; s && i < h->e_shnum; i++)
        if ((s[i].sh_type == SHT_SYMTAB || (s[i].sh_type == SHT_DYNSYM && !best)) &&
            s[i].sh_link < h->e_shnum)
            best = &s[i];
    if (best)
        take_symbols(e, best, &s[best->sh_link]);
    free(s);
}

static bool read_elf(struct wf_elf *e, const unsigned char *id, size_t id_len)
{
    Elf64_Ehdr *h = get(e, 0, sizeof *h);
    bool ok = false;

    if (h && memcmp(h->e_ident, ELFMAG, SELFMAG) == 0 &&
        h->e_ident[EI_CLASS] == ELFCLASS64 && h->e_ident[EI_DATA] == ELFDATA2LSB &&
        h->e_phentsize == sizeof(Elf64_Phdr) && h->e_phnum <= SEGMENTS_MAX) {
        e->segments = get(e, h->e_phoff, (uint64_t)h->e_phnum * sizeof(Elf64_Phdr));
        e->nsegments = e->segments ? h->e_phnum : 0;
        ok = has_id(e, id, id_len);
    }
    if (ok)
        read_symbols(e, h);
    free(h);
    return ok;
}

struct wf_elf *wf_elf_open(int fd, const unsigned char *id, size_t id_len)
{
    struct wf_elf *e;
    struct stat st;

    if (fd < 0)
        return NULL;
    e = calloc(1, sizeof *e);
    if (!e) {
        close(fd);
        return NULL;
    }
    e->fd = fd;
    e->size = fstat(fd, &st) ? 0 : (uint64_t)st.st_size;
    if (!read_elf(e, id, id_len)) {
        wf_elf_close(e);
        return NULL;
    }
    e->dw = wf_dw_open(fd, id, id_len);
    return e;
}

void wf_elf_close(struct wf_elf *e)
{
    if (!e)
        return;
    wf_dw_close(e->dw);
    free(e->segments);
    free(e->functions);
    free(e->names);
    close(e->fd);
    free(e);
}

/* The address that the file itself gives to what stands at an offset. */
static bool address_of(const struct wf_elf *e, uint64_t offset, uint64_t *at)
{
    for (size_t i = 0; i < e->nsegments; i++) {
        const Elf64_Phdr *s = &e->segments[i];
        if (s->p_type == PT_LOAD && offset >= s->p_offset &&
            offset - s->p_offset < s->p_filesz) {
            *at = s->p_vaddr + (offset - s->p_offset);
            return true;
        }
    }
    return false;
}

static const struct function *function_at(const struct wf_elf *e, uint64_t at)
{
    size_t low = 0, high = e->nfunctions;

    while (low < high) {
        size_t mid = (low + high) / 2;
        if (e->functions[mid].at <= at)
            low = mid + 1;
        else
            high = mid;
    }
    /* Of several at one address, one with a size is best. */
    for (; low > 0; low--) {
        const struct function *f = &e->functions[low - 1];
        if (at - f->at < f->size)
            return f;
        if (f->at != e->functions[low > 1 ? low - 2 : 0].at)
            return f->size ? NULL : f;
    }
    return NULL;
}

size_t wf_elf_find(struct wf_elf *e, uint64_t offset, struct wf_frame *frames,
                   size_t max)
{
    const struct function *f;
    uint64_t at;
    size_t n = 1;

    frames[0].function = frames[0].file = "";
    if (!address_of(e, offset, &at))
        return n;
    f = function_at(e, at - 1);
    if (f) {
        frames[0].function = f->name;
        frames[0].offset = at - f->at;
    }
    if (e->dw)
        n = wf_dw_find(e->dw, at - 1, frames, max);
    return n;
}
