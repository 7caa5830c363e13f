/* SPDX-License-Identifier: MIT */
/*
 * weft/weft.h - all of weft.
 */
#ifndef WEFT_WEFT_H
#define WEFT_WEFT_H
#include <errno.h>

#include <weft/addr.h>
#include <weft/block.h>
#include <weft/chan.h>
#include <weft/coro.h>
#include <weft/ctx.h>
#include <weft/error.h>
#include <weft/group.h>
#include <weft/log.h>
#include <weft/net.h>
#include <weft/pool.h>
#include <weft/proc.h>
#include <weft/run.h>
#include <weft/select.h>
#include <weft/signal.h>
#include <weft/stats.h>
#include <weft/sync.h>
#include <weft/timer.h>
#include <weft/trace.h>
#include <weft/typed.h>
#include <weft/version.h>

/* A coroutine changes its thread under a compiler that thinks errno's address fixed. */
#undef errno
#define errno (*weft_errno_loc())

#endif /* WEFT_WEFT_H */
