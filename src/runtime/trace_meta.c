/* SPDX-License-Identifier: MIT */
/*
 * trace_meta.c - blocks that hold for the whole file: what was traced, how its events
 * look, which code its addresses are in.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <weft/version.h>

#include "runtime/stack.h"
#include "runtime/trace_int.h"

/* ---- a payload in the making ---- */

struct payload {
    unsigned char *bytes;
    size_t n, size;
    bool full; /* no memory, or more than a block may hold */
};

static unsigned char *need(struct payload *p, size_t n)
{
    if (p->full || p->n + n > WF_PAYLOAD_MAX) {
        p->full = true;
        return NULL;
    }
    if (p->n + n > p->size) {
        size_t size = p->n + n + 4096;
        unsigned char *grown = realloc(p->bytes, size);
        if (!grown) {
            p->full = true;
            return NULL;
        }
        p->bytes = grown;
        p->size = size;
    }
    return p->bytes + p->n;
}

static void put_number(struct payload *p, uint64_t v)
{
    unsigned char *at = need(p, WF_VARINT_MAX);
    if (at)
        p->n = (size_t)(wf_varint_put(at, v) - p->bytes);
}

static void put_bytes(struct payload *p, const void *bytes, size_t n)
{
    unsigned char *at = need(p, n);
    if (!at || !n)
        return;
    memcpy(at, bytes, n);
    p->n += n;
}

static void put_text(struct payload *p, const char *text)
{
    put_number(p, strlen(text));
    put_bytes(p, text, strlen(text));
}

static void write_payload(struct payload *p, unsigned type)
{
    if (p->n && !p->full)
        wf_writer_put(type, 0, p->bytes, p->n);
    free(p->bytes);
}

/* ---- SCHEMA ---- */

static void write_schema(void)
{
    struct payload p = { 0 };
    for (unsigned id = 0; id < 256; id++) {
        const struct wf_event_info *info = &wf_event_info[id];
        uint8_t byte = (uint8_t)id;
        size_t n = 0;
        if (!info->name)
            continue;
        while (info->args[n].kind != WF_END)
            n++;
        put_bytes(&p, &byte, 1);
        put_text(&p, info->name);
        put_number(&p, n);
        for (size_t i = 0; i < n; i++) {
            put_bytes(&p, &info->args[i].kind, 1);
            put_text(&p, info->args[i].name);
        }
    }
    write_payload(&p, WF_BLOCK_SCHEMA);
}

/* ---- META ---- */

static void put_meta(struct payload *p, const char *key, const char *value)
{
    put_text(p, key);
    put_text(p, value);
}

static void quote(FILE *out, const char *text)
{
    fputc('"', out);
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            fprintf(out, "\\%c", c);
        else if (c < 0x20 || c == 0x7f)
            fprintf(out, "\\u%04x", c);
        else
            fputc(c, out);
    }
    fputc('"', out);
}

/* The program's arguments as a JSON array. */
static void put_command(struct payload *p)
{
    char args[4096], *json = NULL;
    size_t size;
    int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, args, sizeof args - 1);
    if (fd >= 0)
        close(fd);
    FILE *out = open_memstream(&json, &size);
    if (!out)
        return;
    args[n > 0 ? n : 0] = 0;
    fputc('[', out);
    for (const char *arg = args; arg < args + n; arg += strlen(arg) + 1) {
        fputs(arg == args ? "" : ",", out);
        quote(out, arg);
    }
    fputc(']', out);
    fclose(out);
    put_meta(p, "command", json);
    free(json);
}

/* How each type of knob is shown: as weft.conf would take it. */
static void show_int(FILE *out, const void *field)
{
    fprintf(out, "%d", *(const int *)field);
}
static void show_auto_int(FILE *out, const void *field)
{
    int n = *(const int *)field;
    n == WEFT_AUTO ? fputs("auto", out) : fprintf(out, "%d", n);
}
static void show_size(FILE *out, const void *field)
{
    fprintf(out, "%zu", *(const size_t *)field);
}
static void show_guard(FILE *out, const void *field)
{
    static const char *const names[] = { "auto", "madvise", "mprotect", "none" };
    fputs(names[*(const int *)field & 3], out);
}
static void show_preempt(FILE *out, const void *field)
{
    int64_t ns = *(const int64_t *)field;
    ns ? fprintf(out, "%lldns", (long long)ns) : fputs("off", out);
}
static void show_range(FILE *out, const void *field)
{
    const int64_t *ns = field;
    fprintf(out, "%lldns..%lldns", (long long)ns[0], (long long)ns[1]);
}
static void show_onoff(FILE *out, const void *field)
{
    fputs(*(const bool *)field ? "on" : "off", out);
}
static void show_path(FILE *out, const void *field)
{
    fputs(field, out);
}
static void show_mode(FILE *out, const void *field)
{
    fputs(*(const int *)field == WEFT_TRACE_OFF ? "off" : "file", out);
}
static void show_stacks(FILE *out, const void *field)
{
    static const char *const names[] = { "none", "block", "create", "block,create" };
    fputs(names[*(const unsigned *)field & 3], out);
}
static void show_log(FILE *out, const void *field)
{
    static const char *const names[] = { "auto",  "debug", "info", "warn",
                                         "error", "off",   NULL };
    unsigned n = (unsigned)*(const int *)field + 1;
    fputs(names[n < 6 ? n : 0], out);
}
static void show_debug(FILE *out, const void *field)
{
    const weft_config *c = wf_container(field, weft_config, schedtrace);
    if (c->schedtrace)
        fprintf(out, "schedtrace=%lld%s%s", (long long)(c->schedtrace / WF_NS_PER_MS),
                c->scheddetail ? ",scheddetail=1" : "", c->fuzz ? "," : "");
    if (c->fuzz)
        fprintf(out, "fuzz=%lld", (long long)c->fuzz);
}
#define show_procs      show_auto_int
#define show_hogs       show_auto_int
#define show_threads    show_int
#define show_cache      show_int
#define show_stack_size show_size
#define show_buffer     show_size

static const struct {
    const char *key;
    void (*show)(FILE *out, const void *field);
    size_t offset;
} knobs[] = {
#define KNOB(name, VARIABLE, type, field, std, accepted, doc)                          \
    { "knob." #name, show_##type, offsetof(weft_config, field) },
#include "runtime/knobs.def"
};

static void put_shown(struct payload *p, const char *key,
                      void (*show)(FILE *out, const void *field), const void *field)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return;
    show(out, field);
    fclose(out);
    put_meta(p, key, text);
    free(text);
}

static void put_machine(struct payload *p)
{
    struct utsname u;
    char text[256];
    if (uname(&u) < 0)
        return;
    put_meta(p, "host", u.nodename);
    snprintf(text, sizeof text, "%s %s %s", u.sysname, u.release, u.machine);
    put_meta(p, "kernel", text);
}

static void write_meta(const weft_config *config)
{
    struct payload p = { 0 };
    struct wf_stack_stats stacks = { .guard = "none" };

    wf_stack_stats(&stacks);
    put_command(&p);
    put_meta(&p, "version", weft_version());
    put_machine(&p);
    put_meta(&p, "stack_guard", stacks.guard);
    put_shown(&p, "stack_size", show_size, &config->stack_size);
    put_meta(&p, "retake",
             !config->preempt   ? "off"
             : wf_rt.need_fence ? "fence"
                                : "membarrier");
    put_shown(&p, "trace_stacks", show_stacks, &config->trace_stacks);
    for (size_t i = 0; i < sizeof knobs / sizeof *knobs; i++)
        put_shown(&p, knobs[i].key, knobs[i].show,
                  (const char *)config + knobs[i].offset);
    write_payload(&p, WF_BLOCK_META);
}

/* ---- MODULES ---- */

static unsigned long long modules_seen; /* dl_iterate_phdr's counts, added up */

struct build_id {
    const unsigned char *bytes;
    size_t n;
};

static struct build_id find_build_id(const struct dl_phdr_info *info)
{
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *ph = &info->dlpi_phdr[i];
        if (ph->p_type != PT_NOTE)
            continue;
        const char *at = (const char *)(info->dlpi_addr + ph->p_vaddr);
        const char *end = at + ph->p_memsz;
        while (end - at >= (ptrdiff_t)sizeof(ElfW(Nhdr))) {
            const ElfW(Nhdr) *note = (const void *)at;
            size_t name = (note->n_namesz + 3u) & ~3u;
            size_t desc = (note->n_descsz + 3u) & ~3u;
            at += sizeof *note;
            if (name + desc > (size_t)(end - at))
                break;
            if (note->n_type == NT_GNU_BUILD_ID && note->n_namesz == 4 &&
                !memcmp(at, "GNU", 4))
                return (struct build_id){ (const unsigned char *)at + name,
                                          note->n_descsz };
            at += name + desc;
        }
    }
    return (struct build_id){ NULL, 0 };
}

static const char *module_path(const struct dl_phdr_info *info, char exe[4096])
{
    if (info->dlpi_name && info->dlpi_name[0])
        return info->dlpi_name;
    ssize_t n = readlink("/proc/self/exe", exe, 4095);
    exe[n > 0 ? n : 0] = 0;
    return exe;
}

/* One record for each executable segment. */
static int put_module(struct dl_phdr_info *info, size_t size, void *arg)
{
    struct payload *p = arg;
    struct build_id id = find_build_id(info);
    char exe[4096];
    (void)size;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *ph = &info->dlpi_phdr[i];
        if (ph->p_type != PT_LOAD || !(ph->p_flags & PF_X))
            continue;
        put_number(p, info->dlpi_addr + ph->p_vaddr);
        put_number(p, ph->p_memsz);
        put_number(p, ph->p_offset);
        put_number(p, id.n);
        put_bytes(p, id.bytes, id.n);
        put_text(p, module_path(info, exe));
    }
    return 0;
}

static int count_modules(struct dl_phdr_info *info, size_t size, void *arg)
{
    (void)size;
    *(unsigned long long *)arg = info->dlpi_adds + info->dlpi_subs;
    return 1;
}

void wf_modules_write(void)
{
    unsigned long long count = 0;
    struct payload p = { 0 };
    dl_iterate_phdr(count_modules, &count);
    if (count == modules_seen)
        return;
    modules_seen = count;
    dl_iterate_phdr(put_module, &p);
    write_payload(&p, WF_BLOCK_MODULES);
}

void wf_meta_write(const weft_config *config)
{
    write_schema();
    write_meta(config);
    modules_seen = 0;
    wf_modules_write();
}
