/* SPDX-License-Identifier: MIT */
/* about.c - what is known of a trace as a whole: META, MODULES, the list of gaps. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/reader_int.h"

enum { META_MAX = 1000, ARGS_MAX = 1000, MODULES_MAX = 10000, PATH_LEN_MAX = 4096 };

const char *wf_gap_cause_name(enum wf_gap_cause cause)
{
    static const char *const names[] = { [WF_GAP_DROPPED] = "dropped",
                                         [WF_GAP_DAMAGED] = "damaged",
                                         [WF_GAP_MISSING] = "missing",
                                         [WF_GAP_TRUNCATED] = "truncated",
                                         [WF_GAP_UNPLACED] = "unplaced" };
    return names[cause];
}

/* {varint length, bytes} as a string; a NUL within ends it. */
static const uint8_t *get_text(const uint8_t *r, const uint8_t *end, char **out)
{
    uint64_t n;

    *out = NULL;
    r = wf_varint_get(r, end, &n);
    if (!r || n > (size_t)(end - r))
        return NULL;
    *out = strndup((const char *)r, n);
    return *out ? r + n : NULL;
}

/* --- command: ["program","argument",...] ------------------------------------------ */

static char *put_utf8(char *to, unsigned c)
{
    if (c < 0x80) {
        *to++ = (char)c;
    } else if (c < 0x800) {
        *to++ = (char)(0xc0 | c >> 6);
        *to++ = (char)(0x80 | (c & 0x3f));
    } else {
        *to++ = (char)(0xe0 | c >> 12);
        *to++ = (char)(0x80 | (c >> 6 & 0x3f));
        *to++ = (char)(0x80 | (c & 0x3f));
    }
    return to;
}

/* A JSON string that begins at s, into to; what follows it, NULL: none. */
static const char *get_json(const char *s, char *to)
{
    static const char from[] = "bfnrt\"\\/", is[] = "\b\f\n\r\t\"\\/";

    for (s++; *s && *s != '"'; s++) {
        const char *at;
        if (*s != '\\') {
            *to++ = *s;
        } else if (*++s == 'u') {
            char hex[5] = "";
            for (int i = 0; i < 4 && s[1]; i++)
                hex[i] = *++s;
            to = put_utf8(to, (unsigned)strtoul(hex, NULL, 16));
        } else if (*s && (at = strchr(from, *s))) {
            *to++ = is[at - from];
        } else {
            return NULL;
        }
    }
    *to = '\0';
    return *s ? s + 1 : NULL;
}

static int set_command(struct wf_trace_info *info, const char *json)
{
    char *word = malloc(strlen(json) + 1), **grown;

    if (!word)
        return -ENOMEM;
    json += *json == '[';
    while (json && *json == '"' && info->ncommand < ARGS_MAX) {
        json = get_json(json, word);
        if (!json)
            break;
        grown = realloc(info->command, (info->ncommand + 1) * sizeof(char *));
        if (!grown)
            break;
        info->command = grown;
        grown[info->ncommand] = strdup(word);
        if (!grown[info->ncommand])
            break;
        info->ncommand++;
        json += *json == ',';
        json += strspn(json, " ");
    }
    free(word);
    return 0;
}

static void copy(char *to, size_t size, const char *from)
{
    size_t n = strnlen(from, size - 1);

    memcpy(to, from, n);
    to[n] = '\0';
}

static int keep_meta(struct wf_trace_info *info, char *key, char *value)
{
    struct wf_meta *grown;

    for (size_t i = 0; i < info->nmeta; i++) {
        if (strcmp(info->meta[i].key, key) == 0) { /* repeated after rotation */
            free(key);
            free(value);
            return 0;
        }
    }
    grown = info->nmeta < META_MAX
                ? realloc(info->meta, (info->nmeta + 1) * sizeof *grown)
                : NULL;
    if (!grown) {
        free(key);
        free(value);
        return info->nmeta < META_MAX ? -ENOMEM : 0;
    }
    info->meta = grown;
    grown[info->nmeta++] = (struct wf_meta){ key, value };
    if (strcmp(key, "host") == 0)
        copy(info->host, sizeof info->host, value);
    else if (strcmp(key, "version") == 0)
        copy(info->version, sizeof info->version, value);
    else if (strcmp(key, "command") == 0)
        return set_command(info, value);
    return 0;
}

int wf_about_meta(struct wf_trace_info *info, const uint8_t *r, const uint8_t *end)
{
    while (r && r < end) {
        char *key = NULL, *value = NULL;
        int err;
        r = get_text(r, end, &key);
        if (r)
            r = get_text(r, end, &value);
        if (!r) {
            free(key);
            return -EBADMSG;
        }
        err = keep_meta(info, key, value);
        if (err)
            return err;
    }
    return 0;
}

/* --- modules ---------------------------------------------------------------------- */

static const uint8_t *get_module(const uint8_t *r, const uint8_t *end,
                                 struct wf_module *m)
{
    uint64_t n;

    r = wf_varint_get(r, end, &m->base);
    r = wf_varint_get(r, end, &m->size);
    r = wf_varint_get(r, end, &m->offset);
    r = wf_varint_get(r, end, &n);
    if (!r || n > sizeof m->id || n > (size_t)(end - r))
        return NULL;
    m->id_len = (size_t)n;
    memcpy(m->id, r, m->id_len);
    r = get_text(r + n, end, &m->path);
    if (r && strlen(m->path) > PATH_LEN_MAX)
        m->path[PATH_LEN_MAX] = '\0';
    return r;
}

static bool is_there(const struct wf_modules *m, const struct wf_module *one)
{
    for (size_t i = 0; i < m->n; i++)
        if (m->row[i].base == one->base && m->row[i].size == one->size &&
            strcmp(m->row[i].path, one->path) == 0)
            return true;
    return false;
}

int wf_about_modules(struct wf_modules *m, const uint8_t *r, const uint8_t *end)
{
    while (r < end) {
        struct wf_module one = { 0 };
        r = get_module(r, end, &one);
        if (!r) {
            free(one.path);
            return -EBADMSG;
        }
        if (m->n == MODULES_MAX || is_there(m, &one)) {
            free(one.path);
            continue;
        }
        if (m->n == m->size) {
            size_t size = m->size ? m->size * 2 : 16;
            void *grown = realloc(m->row, size * sizeof *m->row);
            if (!grown) {
                free(one.path);
                return -ENOMEM;
            }
            m->row = grown;
            m->size = size;
        }
        m->row[m->n++] = one;
    }
    return 0;
}

/* --- gaps ------------------------------------------------------------------------- */

void wf_about_gap(struct wf_trace_info *info, const struct wf_gap *gap)
{
    for (size_t i = info->ngaps; i-- > 0 && i + 16 > info->ngaps;) {
        struct wf_gap *g = &info->gaps[i];
        if (g->m == gap->m && g->cause == gap->cause && gap->from <= g->to) {
            g->to = gap->to > g->to ? gap->to : g->to;
            g->events += gap->events;
            return;
        }
    }
    if (info->ngaps == WF_GAPS_MAX) {
        info->more_gaps++;
        return;
    }
    if (!info->gaps)
        info->gaps = malloc(WF_GAPS_MAX * sizeof *info->gaps);
    if (info->gaps)
        info->gaps[info->ngaps++] = *gap;
}

void wf_modules_fini(struct wf_modules *m)
{
    for (size_t i = 0; i < m->n; i++)
        free(m->row[i].path);
    free(m->row);
}

void wf_about_fini(struct wf_trace_info *info)
{
    for (size_t i = 0; i < info->ncommand; i++)
        free(info->command[i]);
    for (size_t i = 0; i < info->nmeta; i++) {
        free(info->meta[i].key);
        free(info->meta[i].value);
    }
    free(info->command);
    free(info->meta);
    free(info->gaps);
}
