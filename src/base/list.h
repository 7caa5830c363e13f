/* SPDX-License-Identifier: MIT */
/*
 * base/list.h - doubly linked, circular, intrusive: a head and its members are the
 * same struct.  A member that is on no list points at itself after wf_list_remove.
 */
#ifndef WF_BASE_LIST_H
#define WF_BASE_LIST_H
#include <stdbool.h>
#include <stddef.h>

struct wf_list {
    struct wf_list *next, *prev;
};

#define WF_LIST_INIT(head)                                                             \
    {                                                                                  \
        &(head), &(head)                                                               \
    }

/* The struct of the given type whose member is at ptr. */
#define wf_container(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))

/* it visits each member; the list must not change meanwhile. */
#define wf_list_each(it, head)                                                         \
    for (struct wf_list *it = (head)->next; it != (head); it = it->next)

/* The same, but it may be removed from the list and freed. */
#define wf_list_each_safe(it, head)                                                    \
    for (struct wf_list *it = (head)->next, *it##_next = it->next; it != (head);       \
         it = it##_next, it##_next = it->next)

static inline void wf_list_init(struct wf_list *head)
{
    head->next = head->prev = head;
}

static inline bool wf_list_empty(const struct wf_list *head)
{
    return head->next == head;
}

static inline void wf_list_insert(struct wf_list *prev, struct wf_list *item)
{
    item->prev = prev;
    item->next = prev->next;
    prev->next->prev = item;
    prev->next = item;
}

static inline void wf_list_push_back(struct wf_list *head, struct wf_list *item)
{
    wf_list_insert(head->prev, item);
}

static inline void wf_list_push_front(struct wf_list *head, struct wf_list *item)
{
    wf_list_insert(head, item);
}

static inline void wf_list_remove(struct wf_list *item)
{
    item->prev->next = item->next;
    item->next->prev = item->prev;
    wf_list_init(item);
}

static inline struct wf_list *wf_list_peek(const struct wf_list *head)
{
    return wf_list_empty(head) ? NULL : head->next;
}

/* The oldest of a list filled by wf_list_push_back; NULL if there is none. */
static inline struct wf_list *wf_list_pop(struct wf_list *head)
{
    struct wf_list *item = wf_list_peek(head);
    if (item)
        wf_list_remove(item);
    return item;
}

#endif /* WF_BASE_LIST_H */
