/* SPDX-License-Identifier: MIT */
/*
 * base/map.h - a map from non-zero 64-bit keys to fixed-size values, open addressing.
 * Values move when the map grows: a pointer from wf_map_get or _put is good until the
 * next put or remove.
 */
#ifndef WF_BASE_MAP_H
#define WF_BASE_MAP_H
#include <stddef.h>
#include <stdint.h>

struct wf_map {
    size_t n, size; /* size: slots, a power of two or 0 */
    size_t value_size;
    uint64_t *keys; /* 0: free */
    unsigned char *values;
};

void wf_map_init(struct wf_map *map, size_t value_size);
void wf_map_fini(struct wf_map *map);
/* NULL when there is none. */
void *wf_map_get(const struct wf_map *map, uint64_t key);
/* The value for key, zeroed if it was not there; NULL: no memory, or key 0. */
void *wf_map_put(struct wf_map *map, uint64_t key);
void wf_map_remove(struct wf_map *map, uint64_t key);
/* The next slot in use from *at on (begin with 0), which is moved behind it; its key is
 * in *key.  NULL at the end. */
void *wf_map_next(const struct wf_map *map, size_t *at, uint64_t *key);
#endif /* WF_BASE_MAP_H */
