/* SPDX-License-Identifier: MIT */
/*
 * pair.c - two tables, one above the other; moving past an end goes to the other.
 */
#include "tui/app.h"

enum { SECOND_LEAST = 4 };

void wf_pair_place(struct wf_pair *p, int x, int y, int w, int h)
{
    int want = (int)p->tb[1].nshown + 2;
    int second = h < 12                ? 0
                 : want > h / 2        ? h / 2
                 : want < SECOND_LEAST ? SECOND_LEAST
                                       : want;

    if (second == 0 && p->focus == 1) { /* no room for both: the one in use */
        wf_table_place(&p->tb[0], x, y, w, 0);
        wf_table_place(&p->tb[1], x, y, w, h);
        return;
    }
    wf_table_place(&p->tb[0], x, y, w, second ? h - second - 1 : h);
    wf_table_place(&p->tb[1], x, y + h - second, w, second);
}

void wf_pair_draw(const struct wf_pair *p, const struct wf_tui *t, struct wf_area a)
{
    for (int i = 0; i < 2; i++) {
        const struct wf_table *tb = &p->tb[i];
        if (tb->h > 0)
            wf_table_draw(tb, t, wf_area_sub(a, tb->x - a.x, tb->y - a.y, tb->w, tb->h),
                          p->focus == i);
    }
}

void wf_pair_close(void *self)
{
    struct wf_pair *p = self;
    wf_table_fini(&p->tb[0]);
    wf_table_fini(&p->tb[1]);
}

struct wf_table *wf_pair_table(void *self)
{
    struct wf_pair *p = self;
    return &p->tb[p->focus];
}

bool wf_pair_flow(void *self, int step)
{
    struct wf_pair *p = self;
    int to = step > 0 ? 1 : 0;

    if (to == p->focus || p->tb[to].nshown == 0)
        return false;
    p->focus = to;
    wf_table_move(&p->tb[to], to ? -(long)p->tb[to].selected : (long)p->tb[to].nshown);
    return true;
}
