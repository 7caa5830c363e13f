/* SPDX-License-Identifier: MIT */
/*
 * trace_writer.c - the thread that appends what is full to the file, and ends it.
 * It also makes the file, turns the generations over and closes all: nobody else waits
 * for a disk, and a signal for a file that grew too large finds it deaf.
 */
#include <errno.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <weft/trace.h>

#include "runtime/trace_int.h"

enum { WRITER_STACK = 256 * 1024, CRASH_WAIT_MS = 1000 };

static struct {
    struct wf_tfile file;
    pthread_t thread;
    const weft_config *config; /* until started */
    struct wf_clock_snap begin;
    _Atomic uint32_t started; /* futex: 1 begun, or failed with err */
    _Atomic uint32_t done;    /* futex: 1 the thread ends */
    _Atomic bool stop, crash;
    int err;
    uint64_t file_seq;
    /* read by weft_trace_stats */
    _Atomic uint64_t events, blocks, bytes, lost_events, lost_batches;
} writer;

static _Atomic bool active; /* a trace is being written, or about to */

/* ---- blocks ---- */

static void add(_Atomic uint64_t *to, uint64_t n)
{
    atomic_store_explicit(to, atomic_load_explicit(to, memory_order_relaxed) + n,
                          memory_order_relaxed);
}

static void count_lost(const struct wf_block_head *head)
{
    add(&writer.lost_batches, 1);
    add(&writer.lost_events, head->nevents);
}

void wf_writer_block(struct wf_block_head *head, uint32_t payload_len)
{
    unsigned char *payload = (unsigned char *)(head + 1);
    uint32_t pad = -payload_len & 7;

    if (writer.file.failed) {
        count_lost(head);
        return;
    }
    head->file_seq = writer.file_seq;
    memset(payload + payload_len, 0, pad);
    wf_block_seal(head, payload, payload_len);
    size_t size = sizeof *head + payload_len + pad;
    int err = writer.file.sink.write(&writer.file.sink, head, size);
    if (err) {
        wf_tfile_error(&writer.file, err);
        count_lost(head);
        return;
    }
    writer.file_seq++;
    add(&writer.blocks, 1);
    add(&writer.bytes, size);
    add(&writer.events, head->nevents);
}

bool wf_writer_put(unsigned type, uint32_t gen, const void *payload, size_t size)
{
    struct wf_block_head *head = calloc(1, sizeof *head + size + 8);
    if (!head || size > WF_PAYLOAD_MAX) {
        wf_tfile_error(&writer.file, -ENOMEM);
        free(head);
        return false;
    }
    memcpy(head + 1, payload, size);
    head->type = (uint8_t)type;
    head->generation = gen;
    head->first_ts = head->last_ts = wf_now_units();
    wf_writer_block(head, (uint32_t)size);
    free(head);
    return !writer.file.failed;
}

/* A slot that its writer is through with. */
static void write_slot(struct wf_slot_head *h)
{
    struct wf_block_head *block = &h->block;
    uint32_t size = atomic_load_explicit(&h->committed, memory_order_acquire);
    block->nevents = atomic_load_explicit(&h->nevents, memory_order_relaxed);
    block->last_ts = atomic_load_explicit(&h->last_ts, memory_order_relaxed);
    if (block->type == WF_BLOCK_EVENTS && block->stream < WF_STREAM_OTHER)
        wf_digest_until(h, block->last_ts);
    if (size)
        wf_writer_block(block, size);
}

void wf_writer_drain(void)
{
    struct wf_slot_head *next;
    for (struct wf_slot_head *h = wf_slots_take(); h; h = next) {
        next = wf_slot_next(h);
        write_slot(h);
        wf_slot_free(h);
    }
}

uint64_t wf_writer_bytes(void)
{
    return atomic_load_explicit(&writer.bytes, memory_order_relaxed);
}

/* ---- the end ---- */

static uint64_t lost_events(void)
{
    return atomic_load_explicit(&writer.lost_events, memory_order_relaxed) +
           atomic_load_explicit(&wf_trace_lost, memory_order_relaxed);
}

static void put_end(void)
{
    struct wf_loss_total loss = { lost_events(), writer.lost_batches };
    wf_writer_put(WF_BLOCK_LOSS, 0, &loss, sizeof loss);
    uint64_t off = (uint64_t)writer.file.sink.off;
    struct wf_end end = { .events = writer.events,
                          .blocks = writer.blocks,
                          .bytes = writer.bytes,
                          .lost_events = loss.events,
                          .lost_batches = loss.batches,
                          .last_ts = wf_gen_end().tick,
                          .generations = wf_gen_number() };
    if (wf_writer_put(WF_BLOCK_END, 0, &end, sizeof end))
        writer.file.header.index_off = off;
}

/* Everybody has left the last generation: nothing is written to slots any more. */
static void finish(void)
{
    wf_slots_unmap();
    wf_tfile_free_pool(&writer.file);
    wf_gen_put_clocks();
    put_end();
    wf_tfile_close(&writer.file);
    wf_tables_fini();
}

/* ---- the thread ---- */

static void begin(void)
{
    wf_tclock_init();
    writer.begin = wf_tclock_snap();
    writer.err = wf_tfile_open(&writer.file, &writer.begin, writer.config->trace,
                               writer.config->trace_buffer);
    if (!writer.err) {
        wf_meta_write(writer.config);
        if (writer.file.failed) {
            writer.err = writer.file.failed;
            wf_slots_unmap();
            wf_tfile_abandon(&writer.file);
        }
    }
    if (!writer.err) {
        wf_trace_since = writer.begin.tick;
        wf_gen_first(writer.begin, writer.config->trace_buffer);
    }
    atomic_store(&writer.started, 1);
    syscall(SYS_futex, &writer.started, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void *run(void *arg)
{
    (void)arg;
    pthread_setname_np(pthread_self(), "weft-trace");
    begin();
    while (!writer.err && !atomic_load(&writer.stop)) {
        wf_writer_drain();
        if (!writer.file.failed)
            wf_gen_turn();
        if (writer.file.failed) /* the rest of the file is for what it has */
            atomic_store_explicit(&wf_trace_flag, 0, memory_order_relaxed);
        if (!atomic_load(&writer.stop))
            wf_slots_wait(writer.file.failed ? WF_NS_PER_S : wf_gen_wait());
    }
    if (!writer.err &&
        wf_gen_close(atomic_load(&writer.crash) ? CRASH_WAIT_MS / 2 : -1))
        finish();
    atomic_store(&writer.done, 1);
    syscall(SYS_futex, &writer.done, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
    return NULL;
}

static void await(_Atomic uint32_t *word, int64_t ns)
{
    struct timespec ts = wf_ns_timespec(ns);
    int64_t until = wf_clock_now() + ns;
    while (!atomic_load(word) && wf_clock_now() < until)
        syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, 0, &ts, NULL, 0);
}

static int start_thread(void)
{
    pthread_attr_t attr;
    sigset_t all, old;
    int err = pthread_attr_init(&attr);
    if (err)
        return -err;
    pthread_attr_setstacksize(&attr, WRITER_STACK);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    err = pthread_create(&writer.thread, &attr, run, NULL);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    pthread_attr_destroy(&attr);
    return -err;
}

/* ---- life ---- */

int wf_trace_init(const struct weft_config *config)
{
    if (!config->trace[0] || config->trace_mode == WEFT_TRACE_OFF)
        return 0;
    if (atomic_exchange(&active, true))
        return -EBUSY;
    memset(&writer, 0, sizeof writer);
    atomic_store(&wf_trace_lost, 0);
    writer.config = config;
    wf_trace_stacks = (uint8_t)config->trace_stacks;
    int err = start_thread();
    if (err) {
        dprintf(STDERR_FILENO, "weft: cannot trace: no thread to write: %s\n",
                strerror(-err));
        atomic_store(&active, false);
        return err;
    }
    while (!atomic_load(&writer.started))
        await(&writer.started, WF_NS_PER_S);
    if (writer.err) {
        err = writer.err;
        pthread_join(writer.thread, NULL);
        atomic_store(&active, false);
    }
    return err;
}

static bool stop_once(void)
{
    if (!atomic_load(&active) || atomic_exchange(&writer.stop, true))
        return false;
    wf_slots_poke();
    return true;
}

int wf_trace_stop(void)
{
    if (!stop_once())
        return -ENOENT;
    pthread_join(writer.thread, NULL);
    atomic_store(&active, false);
    return writer.file.error;
}

void wf_trace_crash(void)
{
    struct wf_m *m = wf_m();
    if (!atomic_load(&active) || pthread_equal(pthread_self(), writer.thread))
        return;
    if (m) /* this one writes no more */
        wf_trace_quiet(m);
    atomic_store(&writer.crash, true);
    stop_once();
    await(&writer.done, CRASH_WAIT_MS * WF_NS_PER_MS);
}

void wf_trace_forked(void)
{
    atomic_store(&wf_trace_flag, 0);
    atomic_store(&active, false);
}

void weft_trace_stats(struct weft_trace_stats *out)
{
    memset(out, 0, sizeof *out);
    memcpy(out->path, writer.file.path, sizeof out->path);
    out->events = atomic_load_explicit(&writer.events, memory_order_relaxed);
    out->bytes = atomic_load_explicit(&writer.bytes, memory_order_relaxed);
    out->blocks = atomic_load_explicit(&writer.blocks, memory_order_relaxed);
    out->lost_events = lost_events();
    out->error = writer.file.error;
    out->lost_batches = atomic_load_explicit(&writer.lost_batches,
                                             memory_order_relaxed);
}
