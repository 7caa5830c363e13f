/* SPDX-License-Identifier: MIT */
/* base/map.c - linear probing; removal moves later keys back, so that no tombs are left. */
#include "base/map.h"

#include <stdlib.h>
#include <string.h>

void wf_map_init(struct wf_map *map, size_t value_size)
{
    memset(map, 0, sizeof *map);
    map->value_size = value_size;
}

void wf_map_fini(struct wf_map *map)
{
    free(map->keys);
    free(map->values);
    wf_map_init(map, map->value_size);
}

static size_t home(const struct wf_map *map, uint64_t key)
{
    return (size_t)(key * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (map->size - 1);
}

/* The slot of key, or the free one where it would go. */
static size_t find(const struct wf_map *map, uint64_t key)
{
    size_t i = home(map, key);

    while (map->keys[i] && map->keys[i] != key)
        i = (i + 1) & (map->size - 1);
    return i;
}

void *wf_map_get(const struct wf_map *map, uint64_t key)
{
    if (!map->size || !key)
        return NULL;
    size_t i = find(map, key);
    return map->keys[i] ? map->values + i * map->value_size : NULL;
}

static int grow(struct wf_map *map)
{
    struct wf_map old = *map;

    map->size = old.size ? old.size * 2 : 16;
    map->keys = calloc(map->size, sizeof *map->keys);
    map->values = malloc(map->size * map->value_size);
    if (!map->keys || !map->values) {
        free(map->keys);
        free(map->values);
        *map = old;
        return -1;
    }
    for (size_t i = 0; i < old.size; i++) {
        if (!old.keys[i])
            continue;
        size_t to = find(map, old.keys[i]);
        map->keys[to] = old.keys[i];
        memcpy(map->values + to * map->value_size, old.values + i * map->value_size,
               map->value_size);
    }
    free(old.keys);
    free(old.values);
    return 0;
}

void *wf_map_put(struct wf_map *map, uint64_t key)
{
    size_t i = map->size ? find(map, key) : 0;

    if (!key)
        return NULL;
    if (map->size && map->keys[i])
        return map->values + i * map->value_size;
    if (map->n * 4 >= map->size * 3 && grow(map))
        return NULL;
    i = find(map, key);
    map->keys[i] = key;
    map->n++;
    return memset(map->values + i * map->value_size, 0, map->value_size);
}

void wf_map_remove(struct wf_map *map, uint64_t key)
{
    size_t mask = map->size - 1, hole;

    if (!wf_map_get(map, key))
        return;
    hole = find(map, key);
    for (size_t i = (hole + 1) & mask; map->keys[i]; i = (i + 1) & mask) {
        /* A key may move into the hole if its home does not lie behind it. */
        if (((i - home(map, map->keys[i])) & mask) >= ((i - hole) & mask)) {
            map->keys[hole] = map->keys[i];
            memcpy(map->values + hole * map->value_size,
                   map->values + i * map->value_size, map->value_size);
            hole = i;
        }
    }
    map->keys[hole] = 0;
    map->n--;
}

void *wf_map_next(const struct wf_map *map, size_t *at, uint64_t *key)
{
    for (; *at < map->size; ++*at) {
        if (map->keys[*at]) {
            *key = map->keys[*at];
            return map->values + (*at)++ * map->value_size;
        }
    }
    return NULL;
}
