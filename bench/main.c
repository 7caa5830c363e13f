/* SPDX-License-Identifier: MIT */
/*
 * main.c - weft-bench: rows of figures of the installed library, for weft bench.
 * Each row runs in a child process, so that none finds what another left warm.
 */
#include <errno.h>
#include <getopt.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

static const struct row {
    const char *name;
    int64_t n;
    void (*run)(struct bench *b);
} rows[] = {
#define ROW(name, n, doc) { #name, n, bench_##name },
#include "rows.def"
};
enum { NROWS = sizeof rows / sizeof *rows };

enum form { TEXT, TSV, JSON };
struct asked {
    int procs; /* 0: as many as weft chooses */
    int64_t n;
    enum form form;
    bool any; /* a figure was printed */
};

void bench_die(const char *what, int err)
{
    fprintf(stderr, "weft-bench: %s: %s\n", what, strerror(-err));
    exit(4);
}

/* --- what rows put ---------------------------------------------------------------- */

void bench_put(struct bench *b, const char *name, double value, const char *unit)
{
    fprintf(b->out, "%s %d %.17g %s\n", name, b->procs, value, unit);
    fflush(b->out);
}

void bench_per_op(struct bench *b, const char *name, int64_t begin, int64_t ops)
{
    bench_put(b, name, (double)(weft_now() - begin) / (double)ops, "ns/op");
}

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

void bench_latencies(struct bench *b, const char *name, int64_t *ns, int64_t n)
{
    static const struct {
        const char *name;
        double share;
    } quantiles[] = {
        { "p50", 0.5 }, { "p99", 0.99 }, { "p999", 0.999 }, { "max", 1 }
    };
    char full[80];
    qsort(ns, (size_t)n, sizeof *ns, by_size);
    for (size_t i = 0; i < sizeof quantiles / sizeof *quantiles; i++) {
        int64_t at = (int64_t)(quantiles[i].share * (double)n);
        snprintf(full, sizeof full, "%s_%s", name, quantiles[i].name);
        bench_put(b, full, (double)ns[at < n ? at : n - 1] / 1e3, "us");
    }
}

static void crew_member(void *arg)
{
    struct bench_crew *crew = arg;
    crew->fn(crew->arg);
    weft_wait_group_done(&crew->all);
}

void bench_crew_start(struct bench_crew *crew, int64_t n, void (*fn)(void *), void *arg)
{
    *crew = (struct bench_crew){ .all = WEFT_WAIT_GROUP_INIT, .fn = fn, .arg = arg };
    weft_wait_group_add(&crew->all, n);
    for (int64_t i = 0; i < n; i++)
        bench_must(weft_go(crew_member, crew), "weft_go");
}

void bench_crew_wait(struct bench_crew *crew)
{
    weft_wait_group_wait(&crew->all, WEFT_FOREVER);
}

/* --- running one ------------------------------------------------------------------ */

struct task {
    struct bench *b;
    const struct row *row;
};

static void on_main(void *arg)
{
    struct task *t = arg;
    t->b->procs = weft_procs();
    t->row->run(t->b);
    fflush(t->b->out);
    _exit(0); /* what hogs still run, ends with us */
}

static _Noreturn void child(const struct row *row, const struct asked *asked, int fd)
{
    struct bench b = { row->name, 0, asked->n ? asked->n : row->n, fdopen(fd, "w") };
    struct task task = { &b, row };
    char error[WEFT_ERROR_MAX];
    weft_config config;
    weft_config_init(&config);
    if (!b.out || weft_config_load(&config, error)) {
        fprintf(stderr, "weft-bench: %s\n", b.out ? error : strerror(errno));
        _exit(2);
    }
    if (asked->procs)
        config.procs = asked->procs;
    bench_die("weft_run", weft_run(&config, on_main, &task));
}

/* "name procs value unit", as the form wants it. */
static void print(struct asked *asked, const char *line)
{
    char name[80], unit[16];
    double value;
    int procs;
    if (sscanf(line, "%79s %d %lf %15s", name, &procs, &value, unit) != 4)
        return;
    if (asked->form == TSV)
        printf("%s_p%d\tweft\t%.4g\t%s\n", name, procs, value, unit);
    else if (asked->form == JSON)
        printf(
            "%s\n  {\"row\": \"%s\", \"procs\": %d, \"value\": %.6g, \"unit\": \"%s\"}",
            asked->any ? "," : "", name, procs, value, unit);
    else
        printf("%-28s %3d %12.4g  %s\n", name, procs, value, unit);
    fflush(stdout);
    asked->any = true;
}

/* Exit status of the row. */
static int run(struct asked *asked, const struct row *row)
{
    char line[160];
    int fd[2], status;
    if (pipe(fd) < 0)
        bench_die("pipe", -errno);
    pid_t pid = fork();
    if (pid < 0)
        bench_die("fork", -errno);
    if (pid == 0) {
        close(fd[0]);
        child(row, asked, fd[1]);
    }
    close(fd[1]);
    FILE *in = fdopen(fd[0], "r");
    while (in && fgets(line, sizeof line, in))
        print(asked, line);
    if (in)
        fclose(in);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (WIFSIGNALED(status))
        fprintf(stderr, "weft-bench: %s: ended by signal %d\n", row->name,
                WTERMSIG(status));
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* --- the command line ------------------------------------------------------------- */

static const struct row *find(const char *name)
{
    for (size_t i = 0; i < NROWS; i++)
        if (!strcmp(rows[i].name, name))
            return &rows[i];
    return NULL;
}

/* weft bench has read and judged the options before. */
static bool read_options(int argc, char **argv, struct asked *asked)
{
    static const struct option options[] = {
        { "procs", required_argument, NULL, 'p' },
        { "n", required_argument, NULL, 'n' },
        { "json", no_argument, NULL, 'j' },
        { "tsv", no_argument, NULL, 't' },
        { NULL, 0, NULL, 0 },
    };
    int c;
    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (c == 'p')
            asked->procs = atoi(optarg);
        else if (c == 'n')
            asked->n = atoll(optarg);
        else if (c == 'j' || c == 't')
            asked->form = c == 'j' ? JSON : TSV;
        else
            return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    struct asked asked = { 0 };
    int status = 0;
    if (!read_options(argc, argv, &asked))
        return 2;
    for (int i = optind; i < argc; i++)
        if (!find(argv[i])) {
            fprintf(stderr,
                    "weft-bench: %s: no such row (weft bench --list tells them)\n",
                    argv[i]);
            return 2;
        }
    if (asked.form == JSON)
        printf("[");
    for (int i = optind; i < argc; i++)
        status |= run(&asked, find(argv[i]));
    for (size_t i = 0; optind == argc && i < NROWS; i++)
        status |= run(&asked, &rows[i]);
    if (asked.form == JSON)
        printf("\n]\n");
    return status;
}
