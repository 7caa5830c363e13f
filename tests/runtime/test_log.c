/* SPDX-License-Identifier: MIT */
/*
 * Log lines: what is in them, that none is split or mixed, and what becomes of those
 * that nobody takes.  jansson reads what was written.
 */
#include "inside.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "trace_read.h"

static _Atomic int refused; /* how many calls for memory from now on fail */
void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);

void *__wrap_malloc(size_t size)
{
    if (refused > 0 && refused-- > 0)
        return NULL;
    return __real_malloc(size);
}

/* ---- a pipe for a sink ---- */

static int sink[2];

static int open_sink(void **state)
{
    (void)state;
    if (pipe2(sink, O_CLOEXEC) || fcntl(sink[0], F_SETFL, O_NONBLOCK) ||
        weft_log_to(sink[1]))
        return -1;
    weft_log_set_level(WEFT_LOG_INFO);
    return 0;
}

static int close_sink(void **state)
{
    (void)state;
    weft_log_to(STDERR_FILENO);
    close(sink[0]);
    close(sink[1]);
    return 0;
}

static char said[1 << 20];

/* All lines so far, how many bytes. */
static size_t drain(void)
{
    size_t n = 0;
    ssize_t got;
    while ((got = read(sink[0], said + n, sizeof said - 1 - n)) > 0)
        n += (size_t)got;
    said[n] = 0;
    return n;
}

static json_t *parsed(const char *line, size_t n)
{
    json_error_t why;
    json_t *json = json_loadb(line, n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &why);
    if (!json || n > WEFT_LOG_LINE)
        fail_msg("%s: %.*s", json ? "too long" : why.text, (int)n, line);
    return json;
}

/* The only line in the sink. */
static json_t *line(void)
{
    size_t n = drain();
    assert_true(n > 1 && n <= WEFT_LOG_LINE);
    assert_ptr_equal(memchr(said, '\n', n), said + n - 1);
    return parsed(said, n - 1);
}

static const char *text_in(json_t *json, const char *key)
{
    return json_string_value(json_object_get(json, key));
}

static json_t *field(json_t *json, const char *key)
{
    return json_object_get(json_object_get(json, "fields"), key);
}

/* ---- what is in a line ---- */

static void test_line_tells_time_level_and_message(void **state)
{
    struct tm tm = { 0 };
    (void)state;
    time_t before = time(NULL);
    assert_int_equal(WEFT_LOG(WEFT_LOG_WARN, "almost full"), 0);
    json_t *json = line();
    assert_int_equal(json_object_size(json), 3);
    assert_string_equal(text_in(json, "level"), "warn");
    assert_string_equal(text_in(json, "msg"), "almost full");
    const char *when = text_in(json, "time");
    assert_int_equal(strlen(when), strlen("2026-11-23T18:04:05.123456789Z"));
    const char *rest = strptime(when, "%Y-%m-%dT%H:%M:%S", &tm);
    assert_non_null(rest);
    assert_int_equal(rest[0], '.');
    assert_int_equal(strspn(rest + 1, "0123456789"), 9);
    assert_string_equal(rest + 10, "Z");
    assert_in_range(timegm(&tm), before, time(NULL));
    json_decref(json);
}

static void test_each_type_of_field_is_one_of_json(void **state)
{
    (void)state;
    WEFT_LOG(WEFT_LOG_INFO, "types", weft_log_int("int", INT64_MIN),
             weft_log_uint("uint", INT64_MAX), weft_log_float("float", -0.1),
             weft_log_float("whole", 2), weft_log_float("nan", 0.0 / 0.0),
             weft_log_float("inf", 1.0 / 0.0), weft_log_bool("yes", true),
             weft_log_bool("no", false), weft_log_str("text", "a"),
             weft_log_str("none", NULL), weft_log_bytes("bytes", "a\0b", 3),
             weft_log_error("fine", NULL));
    json_t *json = line();
    assert_int_equal(json_integer_value(field(json, "int")), INT64_MIN);
    assert_true(json_real_value(field(json, "float")) == -0.1);
    assert_true(json_number_value(field(json, "whole")) == 2);
    assert_string_equal(json_string_value(field(json, "nan")), "NaN");
    assert_string_equal(json_string_value(field(json, "inf")), "Infinity");
    assert_true(json_is_true(field(json, "yes")));
    assert_true(json_is_false(field(json, "no")));
    assert_string_equal(json_string_value(field(json, "text")), "a");
    assert_true(json_is_null(field(json, "none")));
    assert_int_equal(json_string_length(field(json, "bytes")), 3);
    assert_int_equal(json_integer_value(field(json, "uint")), INT64_MAX);
    assert_true(json_is_null(field(json, "fine")));
    json_decref(json);
    /* More than jansson reads. */
    WEFT_LOG(WEFT_LOG_INFO, "most", weft_log_uint("uint", UINT64_MAX));
    drain();
    assert_non_null(strstr(said, "\"fields\":{\"uint\":18446744073709551615}}\n"));
}

static void log_in_context(void *arg)
{
    weft_traceparent tp;
    weft_ctx *ctx;
    *(uint64_t *)arg = weft_self();
    weft_traceparent_parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                           &tp);
    weft_set_name("server");
    weft_ctx_with_traceparent(weft_ctx_current(), &tp, &ctx);
    memset(&tp, 0, sizeof tp);
    weft_ctx *before = weft_ctx_use(ctx);
    WEFT_LOG(WEFT_LOG_INFO, "in a coroutine");
    weft_ctx_release(weft_ctx_use(before));
}

static void test_line_tells_the_coroutine_and_its_trace(void **state)
{
    uint64_t id = 0;
    (void)state;
    run_inside(log_in_context, &id);
    json_t *json = line();
    assert_int_equal(json_integer_value(json_object_get(json, "coroutine")), id);
    assert_string_equal(text_in(json, "name"), "server");
    assert_string_equal(text_in(json, "trace"), "4bf92f3577b34da6a3ce929d0e0e4736");
    assert_string_equal(text_in(json, "span"), "00f067aa0ba902b7");
    json_decref(json);
}

static void test_error_is_shown_with_causes_and_stack(void **state)
{
    (void)state;
    weft_error *e = weft_error_wrap(weft_error_new(-ENOENT, "open a.conf"), "load");
    WEFT_LOG(WEFT_LOG_ERROR, "no settings", weft_log_error("error", e));
    json_t *json = line(), *error = field(json, "error");
    assert_int_equal(json_integer_value(json_object_get(error, "code")), -ENOENT);
    assert_string_equal(text_in(error, "name"), "ENOENT");
    assert_string_equal(text_in(error, "message"), "load");
    json_t *cause = json_array_get(json_object_get(error, "causes"), 0);
    assert_string_equal(text_in(cause, "message"), "open a.conf");
    assert_true(json_array_size(json_object_get(error, "stack")) > 0);
    json_decref(json);
    weft_error_release(e);
}

/* ---- hostile texts ---- */

static void test_any_bytes_are_one_line_of_valid_json(void **state)
{
    char bytes[300];
    unsigned seed = 1;
    (void)state;
    for (int round = 0; round < 2000; round++) {
        size_t n = below(&seed, sizeof bytes);
        for (size_t i = 0; i < n; i++)
            bytes[i] = (char)(round % 2 ? below(&seed, 256) : below(&seed, 40));
        bytes[n] = 0;
        assert_int_equal(WEFT_LOG(WEFT_LOG_INFO, bytes, weft_log_bytes("b", bytes, n),
                                  weft_log_str(bytes, bytes)),
                         0);
        json_decref(line());
    }
    WEFT_LOG(WEFT_LOG_INFO, "a\nb\xff\x1b[2J\xe2\x80\xae \xc3\xa4\x7f");
    json_t *json = line();
    assert_string_equal(text_in(json, "msg"),
                        "a\nb\\xff\x1b[2J\\xe2\\x80\\xae \xc3\xa4\\x7f");
    assert_null(strchr(said, '\x1b'));
    json_decref(json);
}

static uint64_t cut_so_far(void)
{
    struct weft_log_stats s;
    weft_log_stats(&s);
    return s.cut;
}

static void test_long_line_is_shortened_and_says_so(void **state)
{
    static char longer[20000];
    static const char *const fills[] = { "x", "\x01", "\xff", "\xc3\xa4",
                                         "\xf0\x9f\x98\x80" };
    (void)state;
    for (size_t f = 0; f < sizeof fills / sizeof *fills; f++) {
        size_t step = strlen(fills[f]), n = sizeof longer / step * step;
        for (size_t i = 0; i < n; i++)
            longer[i] = fills[f][i % step];
        for (size_t len = 0; len < n; len = len * 5 / 4 + step) {
            uint64_t before = cut_so_far();
            size_t whole = len / step * step;
            WEFT_LOG(WEFT_LOG_INFO, "long", weft_log_bytes("a", longer, whole),
                     weft_log_bytes("b", longer, whole), weft_log_int("c", 1),
                     weft_log_bytes("d", longer, whole), weft_log_int("e", 2));
            json_t *json = line();
            json_int_t cut = json_integer_value(json_object_get(json, "cut"));
            assert_int_equal(cut, cut_so_far() - before);
            if (whole < 100)
                assert_int_equal(cut, 0);
            if (whole > 5000)
                assert_true(cut > 0);
            json_decref(json);
        }
    }
}

static void test_long_message_and_error_leave_room_for_each_other(void **state)
{
    static char longer[6000];
    (void)state;
    memset(longer, '\x02', sizeof longer - 1);
    weft_error *e = weft_error_new(-EIO, "%s", longer);
    for (int i = 0; i < 40; i++)
        e = weft_error_wrap(e, "%s", longer + sizeof longer - 100);
    WEFT_LOG(WEFT_LOG_INFO, longer, weft_log_error("error", e), weft_log_error("e", e),
             weft_log_int("n", 1));
    json_t *json = line();
    assert_true(json_integer_value(json_object_get(json, "cut")) > 0);
    json_decref(json);
    weft_error_release(e);
}

/* ---- levels ---- */

static int computed;

static int64_t compute(void)
{
    return ++computed;
}

static void test_level_below_is_neither_written_nor_computed(void **state)
{
    (void)state;
    computed = 0;
    assert_int_equal(weft_log_get_level(), WEFT_LOG_INFO);
    WEFT_LOG(WEFT_LOG_DEBUG, "no", weft_log_int("n", compute()));
    assert_int_equal(computed, 0);
    weft_log_set_level(WEFT_LOG_DEBUG);
    WEFT_LOG(WEFT_LOG_DEBUG, "yes", weft_log_int("n", compute()));
    assert_int_equal(computed, 1);
    weft_log_set_level(WEFT_LOG_OFF);
    WEFT_LOG(WEFT_LOG_ERROR, "no", weft_log_int("n", compute()));
    assert_int_equal(computed, 1);
    json_t *json = line();
    assert_string_equal(text_in(json, "msg"), "yes");
    json_decref(json);
}

static void note_level(void *arg)
{
    *(int *)arg = weft_log_get_level();
}

static void test_knob_sets_the_level_unless_it_is_auto(void **state)
{
    int level = -1;
    char error[WEFT_ERROR_MAX];
    weft_config c = rt_config(1);
    (void)state;
    weft_log_set_level(WEFT_LOG_WARN);
    run_in_weft_with(&c, note_level, &level);
    assert_int_equal(level, WEFT_LOG_WARN);
    assert_int_equal(weft_config_set(&c, "log", "debug", error), 0);
    run_in_weft_with(&c, note_level, &level);
    assert_int_equal(level, WEFT_LOG_DEBUG);
}

/* ---- who does not take it ---- */

static struct weft_log_stats stats(void)
{
    struct weft_log_stats s;
    weft_log_stats(&s);
    return s;
}

static void test_full_pipe_costs_lines_which_the_next_one_counts(void **state)
{
    int dropped = 0;
    (void)state;
    struct weft_log_stats before = stats();
    while (!WEFT_LOG(WEFT_LOG_INFO, "fill"))
        ;
    for (dropped = 1; dropped < 10; dropped++)
        assert_int_equal(WEFT_LOG(WEFT_LOG_INFO, "lost"), -EAGAIN);
    assert_int_equal(stats().dropped - before.dropped, dropped);
    drain();
    assert_null(strstr(said, "lost"));
    assert_null(strstr(said, "dropped"));
    WEFT_LOG(WEFT_LOG_INFO, "room");
    json_t *json = line();
    assert_int_equal(json_integer_value(json_object_get(json, "dropped")), dropped);
    json_decref(json);
    WEFT_LOG(WEFT_LOG_INFO, "again");
    json = line();
    assert_null(json_object_get(json, "dropped"));
    json_decref(json);
}

static void test_without_memory_the_line_is_dropped(void **state)
{
    (void)state;
    refused = 1;
    assert_int_equal(WEFT_LOG(WEFT_LOG_INFO, "lost"), -ENOMEM);
    assert_int_equal(refused, 0);
    struct weft_log_stats before = stats();
    WEFT_LOG(WEFT_LOG_INFO, "next");
    json_t *json = line();
    assert_int_equal(json_integer_value(json_object_get(json, "dropped")), 1);
    assert_int_equal(stats().lines, before.lines + 1);
    json_decref(json);
}

static void log_to_nobody(void *arg)
{
    *(int *)arg = WEFT_LOG(WEFT_LOG_INFO, "to nobody");
}

static void test_closed_pipe_is_an_error_and_no_signal_to_coroutines(void **state)
{
    int err = 0, fds[2];
    (void)state;
    assert_int_equal(pipe(fds), 0);
    close(fds[0]);
    assert_int_equal(weft_log_to(fds[1]), 0);
    run_inside(log_to_nobody, &err);
    assert_int_equal(err, -EPIPE);
    close(fds[1]);
}

static void test_socket_that_is_full_costs_the_line(void **state)
{
    int fds[2];
    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
    assert_int_equal(weft_log_to(fds[1]), 0);
    while (!WEFT_LOG(WEFT_LOG_INFO, "fill"))
        ;
    assert_int_equal(WEFT_LOG(WEFT_LOG_INFO, "lost"), -EAGAIN);
    close(fds[0]);
    int err = WEFT_LOG(WEFT_LOG_INFO, "lost"); /* of what was sent before, or of now */
    assert_true(err == -EPIPE || err == -ECONNRESET);
    assert_int_equal(WEFT_LOG(WEFT_LOG_INFO, "lost"), -EPIPE);
    close(fds[1]);
}

static void test_no_descriptor_is_refused_and_none_is_fine(void **state)
{
    (void)state;
    assert_int_equal(weft_log_to(sink[0]), -EBADF);
    assert_int_equal(weft_log_to(9999), -EBADF);
    assert_int_equal(weft_log_to(-1), 0);
    assert_int_equal(WEFT_LOG(WEFT_LOG_INFO, "nowhere"), 0);
    assert_int_equal(drain(), 0);
}

/* The disk is full after half a line: what comes next begins a line of its own. */
static void test_half_a_line_ends_before_the_next_one(void **state)
{
    char path[] = "/tmp/weft-log.XXXXXX", text[4096] = "";
    struct rlimit was, small;
    (void)state;
    int fd = mkostemp(path, O_APPEND);
    assert_true(fd >= 0);
    unlink(path);
    assert_int_equal(weft_log_to(fd), 0);
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &was);
    small = (struct rlimit){ 30, was.rlim_max };
    setrlimit(RLIMIT_FSIZE, &small);
    int half = WEFT_LOG(WEFT_LOG_INFO, "half"), none = WEFT_LOG(WEFT_LOG_INFO, "none");
    setrlimit(RLIMIT_FSIZE, &was);
    assert_int_equal(half, -EAGAIN);
    assert_int_equal(none, -EFBIG);
    assert_int_equal(WEFT_LOG(WEFT_LOG_INFO, "whole"), 0);
    assert_true(pread(fd, text, sizeof text - 1, 0) > 0);
    close(fd);
    assert_int_equal(text[30], '\n');
    json_t *json = parsed(text + 31, strlen(text + 31) - 1);
    assert_string_equal(text_in(json, "msg"), "whole");
    assert_int_equal(json_integer_value(json_object_get(json, "dropped")), 2);
    json_decref(json);
}

/* ---- many at once ---- */

enum { WRITERS = 8, LINES = 400, THREADS = 2 };

struct crowd {
    _Atomic int left, seen[WRITERS + THREADS][LINES];
    int wrong, lines;
};

static void write_lines(int who)
{
    char pad[900];
    unsigned seed = (unsigned)who;
    memset(pad, 'a' + who, sizeof pad);
    for (int i = 0; i < LINES; i++)
        while (WEFT_LOG(WEFT_LOG_INFO, "crowd", weft_log_int("who", who),
                        weft_log_int("i", i),
                        weft_log_bytes("pad", pad, below(&seed, sizeof pad))))
            weft_yield();
}

struct writer {
    struct crowd *crowd;
    int who;
};

static void write_as_coroutine(void *arg)
{
    struct writer *w = arg;
    write_lines(w->who);
    w->crowd->left--;
}

static void *write_as_thread(void *arg)
{
    write_as_coroutine(arg);
    return NULL;
}

static void check_line(struct crowd *c, const char *text, size_t n)
{
    json_t *json = json_loadb(text, n, JSON_REJECT_DUPLICATES, NULL);
    json_int_t who = json_integer_value(field(json, "who"));
    json_int_t i = json_integer_value(field(json, "i"));
    const char *pad = json_string_value(field(json, "pad"));
    size_t len = json_string_length(field(json, "pad"));
    if (!json || !pad || who < 0 || who >= WRITERS + THREADS || i < 0 || i >= LINES)
        c->wrong++;
    else
        c->seen[who][i]++;
    for (size_t k = 0; pad && k < len; k++)
        c->wrong += pad[k] != 'a' + who;
    c->lines++;
    json_decref(json);
}

static void read_lines(struct crowd *c)
{
    size_t have = 0;
    while (c->lines < (WRITERS + THREADS) * LINES && !c->wrong) {
        ssize_t n = read(sink[0], said + have, sizeof said - have);
        if (n <= 0) {
            weft_yield();
            continue;
        }
        char *at = said, *end = said + have + n, *feed;
        for (; (feed = memchr(at, '\n', (size_t)(end - at))); at = feed + 1)
            check_line(c, at, (size_t)(feed - at));
        have = (size_t)(end - at);
        memmove(said, at, have);
    }
}

static void run_crowd(void *arg)
{
    struct crowd *c = arg;
    struct writer w[WRITERS + THREADS];
    pthread_t threads[THREADS];
    c->left = WRITERS + THREADS;
    for (int i = 0; i < WRITERS + THREADS; i++) {
        w[i] = (struct writer){ c, i };
        if (i < WRITERS)
            weft_go(write_as_coroutine, &w[i]);
        else
            pthread_create(&threads[i - WRITERS], NULL, write_as_thread, &w[i]);
    }
    read_lines(c);
    while (c->left)
        weft_yield();
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

static void test_lines_of_many_never_mix(void **state)
{
    (void)state;
    struct crowd *c = calloc(1, sizeof *c);
    run_inside(run_crowd, c);
    assert_int_equal(c->wrong, 0);
    for (int who = 0; who < WRITERS + THREADS; who++)
        for (int i = 0; i < LINES; i++)
            assert_int_equal(c->seen[who][i], 1);
    free(c);
}

/* ---- on the scheduler ---- */

struct still {
    int ran, seen, written, dropped;
};

static void run_beside(void *arg)
{
    struct still *s = arg;
    for (;;) {
        s->ran++;
        weft_yield();
    }
}

static void log_with_others_runnable(void *arg)
{
    struct still *s = arg;
    weft_go(run_beside, s);
    weft_yield();
    int before = s->ran;
    for (int i = 0; i < 2000; i++)
        *(WEFT_LOG(WEFT_LOG_INFO, "still") ? &s->dropped : &s->written) += 1;
    s->seen = s->ran - before;
}

/* One P that nobody takes away: nobody else runs meanwhile, also when the pipe is full. */
static void test_emit_never_lets_others_run(void **state)
{
    struct still s = { 0 };
    weft_config c = rt_config(1);
    (void)state;
    c.preempt = 0;
    run_in_weft_with(&c, log_with_others_runnable, &s);
    assert_true(s.ran > 0);
    assert_int_equal(s.seen, 0);
    assert_true(s.written > 0 && s.dropped > 0);
}

#if !defined(WF_ASAN) && !defined(WF_TSAN)
static void log_on_little(void *arg)
{
    weft_error *e = weft_error_wrap(weft_error_new(-EIO, "a %f", 1e300), "b");
    *(int *)arg = WEFT_LOG(WEFT_LOG_INFO, "c", weft_log_error("e", e),
                           weft_log_float("f", 1e-300), weft_log_str("s", "\xff"));
    weft_error_release(e);
}
#endif

static void test_line_with_an_error_fits_the_smallest_stack(void **state)
{
    (void)state;
#if defined(WF_ASAN) || defined(WF_TSAN)
    skip();
#else
    int err = -1;
    weft_config c = rt_config(1);
    c.stack_size = 16384;
    run_in_weft_with(&c, log_on_little, &err);
    assert_int_equal(err, 0);
    json_decref(line());
#endif
}

static void log_traced(void *arg)
{
    (void)arg;
    weft_log_set_level(WEFT_LOG_WARN);
    WEFT_LOG(WEFT_LOG_WARN, "written and traced", weft_log_int("port", 80));
    WEFT_LOG(WEFT_LOG_DEBUG, "only traced");
}

static void look_for_texts(void *arg, const struct wf_block_head *h,
                           const uint8_t *payload, uint32_t size)
{
    static const char *const texts[] = { "written and traced \"fields\":{\"port\":80}",
                                         "only traced" };
    bool *found = arg;
    for (int i = 0; h->type == WF_BLOCK_STRINGS && i < 2; i++)
        found[i] |= memmem(payload, size, texts[i], strlen(texts[i])) != NULL;
}

static void test_line_is_in_the_trace_whatever_its_level(void **state)
{
    bool found[2] = { false, false };
    char path[] = "/tmp/weft-log.XXXXXX";
    struct trace_reading r = { .block = look_for_texts, .arg = found };
    weft_config c = rt_config(1);
    (void)state;
    close(mkstemp(path));
    strcpy(c.trace, path);
    run_in_weft_with(&c, log_traced, NULL);
    trace_read(&r, path);
    unlink(path);
    assert_null(r.wrong);
    assert_int_equal(r.of_event[WF_EV_log], 2);
    assert_true(found[0] && found[1]);
    json_t *json = line();
    assert_string_equal(text_in(json, "msg"), "written and traced");
    json_decref(json);
}

/* ---- traceparent ---- */

static void test_traceparent_is_read_as_the_standard_wants(void **state)
{
    static const char good[] =
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    static const char *const bad[] = {
        "",
        "00",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01x",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01x",
        "0g-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736000f067aa0ba902b7-01",
    };
    char text[WEFT_TRACEPARENT_TEXT];
    weft_traceparent tp, untouched = { .flags = 77 };
    (void)state;
    assert_int_equal(weft_traceparent_parse(good, &tp), 0);
    assert_int_equal(tp.flags, 1);
    assert_string_equal(weft_traceparent_format(&tp, text), good);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(weft_traceparent_parse(bad[i], &untouched), -EINVAL);
        assert_int_equal(untouched.flags, 77);
    }
    /* A later version may say more. */
    snprintf(said, sizeof said, "cc%s-what-comes", good + 2);
    assert_int_equal(weft_traceparent_parse(said, &tp), 0);
}

static void test_child_is_a_new_span_of_the_same_trace(void **state)
{
    weft_traceparent a, b, c;
    char text[WEFT_TRACEPARENT_TEXT];
    (void)state;
    weft_traceparent_child(NULL, &a);
    weft_traceparent_child(&a, &b);
    weft_traceparent_child(NULL, &c);
    assert_memory_equal(a.trace, b.trace, sizeof a.trace);
    assert_memory_not_equal(a.span, b.span, sizeof a.span);
    assert_memory_not_equal(a.trace, c.trace, sizeof a.trace);
    assert_int_equal(weft_traceparent_parse(weft_traceparent_format(&b, text), &c), 0);
    assert_memory_equal(&b, &c, sizeof b);
}

static void test_context_knows_the_nearest_traceparent(void **state)
{
    weft_traceparent tp;
    weft_ctx *outer, *inner, *below;
    (void)state;
    assert_null(weft_ctx_traceparent(NULL));
    weft_traceparent_child(NULL, &tp);
    assert_int_equal(weft_ctx_with_traceparent(NULL, &tp, &outer), 0);
    weft_traceparent_child(&tp, &tp);
    assert_int_equal(weft_ctx_with_traceparent(outer, &tp, &inner), 0);
    assert_int_equal(weft_ctx_new(inner, WEFT_FOREVER, &below), 0);
    assert_memory_equal(weft_ctx_traceparent(below), &tp, sizeof tp);
    assert_memory_not_equal(weft_ctx_traceparent(outer), &tp, sizeof tp);
    weft_ctx_release(outer);
    weft_ctx_release(inner);
    weft_ctx_release(below);
}

#define with_sink(test) cmocka_unit_test_setup_teardown(test, open_sink, close_sink)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_sink(test_line_tells_time_level_and_message),
        with_sink(test_each_type_of_field_is_one_of_json),
        with_sink(test_line_tells_the_coroutine_and_its_trace),
        with_sink(test_error_is_shown_with_causes_and_stack),
        with_sink(test_any_bytes_are_one_line_of_valid_json),
        with_sink(test_long_line_is_shortened_and_says_so),
        with_sink(test_long_message_and_error_leave_room_for_each_other),
        with_sink(test_level_below_is_neither_written_nor_computed),
        with_sink(test_knob_sets_the_level_unless_it_is_auto),
        with_sink(test_full_pipe_costs_lines_which_the_next_one_counts),
        with_sink(test_without_memory_the_line_is_dropped),
        with_sink(test_closed_pipe_is_an_error_and_no_signal_to_coroutines),
        with_sink(test_socket_that_is_full_costs_the_line),
        with_sink(test_no_descriptor_is_refused_and_none_is_fine),
        with_sink(test_half_a_line_ends_before_the_next_one),
        with_sink(test_lines_of_many_never_mix),
        with_sink(test_emit_never_lets_others_run),
        with_sink(test_line_with_an_error_fits_the_smallest_stack),
        with_sink(test_line_is_in_the_trace_whatever_its_level),
        cmocka_unit_test(test_traceparent_is_read_as_the_standard_wants),
        cmocka_unit_test(test_child_is_a_new_span_of_the_same_trace),
        cmocka_unit_test(test_context_knows_the_nearest_traceparent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
