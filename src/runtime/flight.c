/* SPDX-License-Identifier: MIT */
/*
 * flight.c - calls made once for all who ask at a time.
 * A call stands in the table under its key from its beginning until its end, or until it
 * is forgotten.  Each that leads or follows has a reference; the last frees it.
 */
#include <weft/group.h>

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <weft/sync.h>
#include <xxhash.h>

#include "runtime/dump.h"
#include "runtime/runtime.h"

enum { FIRST_ROOM = 16 };

struct call {
    struct call *next; /* in its chain */
    uint64_t hash;
    uint32_t refs;    /* leader and followers */
    bool listed;      /* in the table */
    bool ended, lost; /* lost: the leader was cancelled, begin again */
    uint32_t sharers; /* with ended */
    int err;
    void *value;
    weft_wait_group wg; /* 1 until it has ended */
    char key[];
};

struct weft_flight {
    weft_mutex lock;  /* guards all below, and calls but for wg */
    uint32_t n, room; /* room: a power of two */
    uint32_t calling; /* in weft_flight_do */
    struct call **chains;
};

int weft_flight_new(weft_flight **out)
{
    weft_flight *f = calloc(1, sizeof *f);
    struct call **chains = f ? calloc(FIRST_ROOM, sizeof *chains) : NULL;
    if (!chains) {
        free(f);
        return -ENOMEM;
    }
    f->lock = (weft_mutex)WEFT_MUTEX_INIT;
    f->chains = chains;
    f->room = FIRST_ROOM;
    *out = f;
    return 0;
}

/* ---- the table; with the lock held ---- */

static struct call **chain(weft_flight *f, uint64_t hash)
{
    return &f->chains[hash & (f->room - 1)];
}

static struct call **find(weft_flight *f, const char *key, uint64_t hash)
{
    struct call **at = chain(f, hash);
    while (*at && ((*at)->hash != hash || strcmp((*at)->key, key) != 0))
        at = &(*at)->next;
    return at;
}

/* Longer chains do as well, if there is no memory for more. */
static void grow(weft_flight *f)
{
    struct call **old = f->chains, **chains = calloc(2 * f->room, sizeof *chains);
    uint32_t n = f->room;
    if (!chains)
        return;
    f->chains = chains;
    f->room = 2 * n;
    for (uint32_t i = 0; i < n; i++)
        for (struct call *c = old[i], *next; c; c = next) {
            next = c->next;
            c->next = *chain(f, c->hash);
            *chain(f, c->hash) = c;
        }
    free(old);
}

static void unlist(weft_flight *f, struct call **at)
{
    struct call *c = *at;
    *at = c->next;
    c->listed = false;
    f->n--;
}

static struct call *add(weft_flight *f, const char *key, uint64_t hash)
{
    size_t size = strlen(key) + 1;
    struct call *c = calloc(1, sizeof *c + size);
    if (!c)
        return NULL;
    if (f->n >= f->room)
        grow(f);
    memcpy(c->key, key, size);
    c->hash = hash;
    c->refs = 1;
    c->listed = true;
    c->wg = (weft_wait_group)WEFT_WAIT_GROUP_INIT;
    weft_wait_group_add(&c->wg, 1);
    c->next = *chain(f, hash);
    *chain(f, hash) = c;
    f->n++;
    return c;
}

static void drop(struct call *c)
{
    if (--c->refs)
        return;
    weft_wait_group_fini(&c->wg);
    free(c);
}

/* ---- who leads and who follows ---- */

struct wish {
    int (*fn)(void *, void **);
    void *arg;
    int64_t deadline;
    void **value;
    uint32_t *sharers;
};

static int take_result(struct call *c, const struct wish *w)
{
    *w->value = c->value;
    *w->sharers = c->sharers;
    return c->err;
}

/* All with the lock held, which is dropped meanwhile. */
static int lead(weft_flight *f, struct call *c, const struct wish *w)
{
    void *value = NULL;
    weft_mutex_unlock(&f->lock);
    int err = w->fn(w->arg, &value);
    bool cancelled = err && weft_ctx_err(weft_ctx_current());
    weft_mutex_lock(&f->lock);
    if (c->listed)
        unlist(f, find(f, c->key, c->hash));
    c->lost = cancelled;
    c->err = err;
    c->value = value;
    c->sharers = cancelled ? 1 : c->refs;
    c->ended = true;
    weft_wait_group_done(&c->wg);
    return take_result(c, w);
}

static int follow(weft_flight *f, struct call *c, const struct wish *w, bool *again)
{
    c->refs++;
    weft_mutex_unlock(&f->lock);
    int err = weft_wait_group_wait(&c->wg, w->deadline);
    weft_mutex_lock(&f->lock);
    *again = c->ended && c->lost;
    /* Ended, perhaps after we had given up: then we were counted. */
    return c->ended && !c->lost ? take_result(c, w) : err;
}

static int call_once(weft_flight *f, const char *key, uint64_t hash,
                     const struct wish *w)
{
    for (;;) {
        bool again = false;
        struct call *c = *find(f, key, hash);
        bool leads = !c;
        if (leads && !(c = add(f, key, hash)))
            return -ENOMEM;
        int err = leads ? lead(f, c, w) : follow(f, c, w, &again);
        drop(c);
        if (!again)
            return err;
    }
}

/* Seeded, so that nobody outside can choose keys that fall together. */
static uint64_t hash_of(const weft_flight *f, const char *key)
{
    return XXH3_64bits_withSeed(key, strlen(key), (uintptr_t)f);
}

int weft_flight_do(weft_flight *f, const char *key, int (*fn)(void *arg, void **value),
                   void *arg, int64_t deadline, void **value, uint32_t *sharers)
{
    void *nowhere;
    uint32_t uncounted;
    struct wish w = { fn, arg, deadline, value ? value : &nowhere,
                      sharers ? sharers : &uncounted };
    *w.sharers = 0;
    if (!wf_m())
        return -EPERM;
    uint64_t hash = hash_of(f, key);
    weft_mutex_lock(&f->lock);
    f->calling++;
    int err = call_once(f, key, hash, &w);
    f->calling--;
    weft_mutex_unlock(&f->lock);
    return err;
}

void weft_flight_forget(weft_flight *f, const char *key)
{
    uint64_t hash = hash_of(f, key);
    weft_mutex_lock(&f->lock);
    struct call **at = find(f, key, hash);
    if (*at)
        unlist(f, at);
    weft_mutex_unlock(&f->lock);
}

void weft_flight_free(weft_flight *f)
{
    if (!f)
        return;
    if (f->calling)
        WF_BREACH("%u coroutines are calling", f->calling);
    weft_mutex_fini(&f->lock);
    free(f->chains);
    free(f);
}
