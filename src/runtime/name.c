/* SPDX-License-Identifier: MIT */
/*
 * name.c - texts that are kept for ever, each once.
 * Looking one up takes no lock: chains only grow at their head.
 */
#include <stdlib.h>
#include <string.h>

#include "runtime/runtime.h"

enum { BUCKETS = 1024, NAME_MAX_BYTES = 63, NAMES_MAX = 1 << 20 };

struct name {
    struct name *next;
    uint32_t hash;
    char text[];
};

static struct {
    struct wf_lock lock; /* rank NAMES: guards the adding */
    uint32_t n;
    _Atomic(struct name *) bucket[BUCKETS];
} names = { .lock = WF_LOCK_INIT(NAMES) };

static uint32_t hash_of(const char *text, size_t len)
{
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < len; i++)
        h = (h ^ (unsigned char)text[i]) * 16777619u;
    return h;
}

static const char *find(uint32_t hash, const char *text, size_t len)
{
    struct name *n = atomic_load_explicit(&names.bucket[hash % BUCKETS],
                                          memory_order_acquire);
    for (; n; n = n->next)
        if (n->hash == hash && !memcmp(n->text, text, len) && !n->text[len])
            return n->text;
    return NULL;
}

/* With the lock held. */
static const char *add(uint32_t hash, const char *text, size_t len)
{
    _Atomic(struct name *) *bucket = &names.bucket[hash % BUCKETS];
    struct name *n = names.n < NAMES_MAX ? calloc(1, sizeof *n + NAME_MAX_BYTES + 1)
                                         : NULL;
    if (!n)
        return NULL;
    n->hash = hash;
    memcpy(n->text, text, len);
    n->next = atomic_load_explicit(bucket, memory_order_relaxed);
    atomic_store_explicit(bucket, n, memory_order_release);
    names.n++;
    return n->text;
}

const char *wf_name_intern(const char *name)
{
    size_t len = strnlen(name, NAME_MAX_BYTES);
    uint32_t hash = hash_of(name, len);
    const char *text = find(hash, name, len);
    if (text)
        return text;
    wf_lock_acquire(&names.lock);
    text = find(hash, name, len);
    if (!text)
        text = add(hash, name, len);
    wf_lock_release(&names.lock);
    return text;
}
