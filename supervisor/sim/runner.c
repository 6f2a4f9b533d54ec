#include "sim/runner.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sim/ops.h"
#include "sim/scenario.h"
#include "sim/shrink.h"

#define JOBS_MAX 64
#define SHOWN    3 /* failures that are shrunk and printed */

const char *const verdict_names[VERDICTS] = {"ok", "S1", "S2", "S3", "liveness", "expect"};

static double seconds_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* What has happened, in all runs, and in how many of them. */
struct tally {
    uint64_t events[STATS];
    uint64_t runs[STATS];
};

static void count(struct tally *t, const struct stats *s)
{
    for (int k = 0; k < STATS; k++) {
        t->events[k] += s->count[k];
        t->runs[k] += s->count[k] > 0;
    }
}

static void print_tally(const struct tally *t)
{
    static const char *const names[STATS] = {
        [STAT_STARTS] = "guests begin to run, or go on",
        [STAT_TAKEOVERS] = "takeovers timed",
        [STAT_COPIES] = "migrations copied",
        [STAT_COLDS] = "eras that a node saw end",
        [STAT_WATCHDOG] = "hosts reset by the watchdog",
        [STAT_SELF] = "hosts reset by relevod",
        [STAT_FENCED] = "hosts switched off by fencing",
        [STAT_FROZEN] = "writes frozen",
        [STAT_ALONE] = "writes to one side",
    };
    printf("%-30s %10s %8s\n", "", "times", "in runs");
    for (int k = 0; k < STATS; k++)
        if (k >= OP_KINDS || t->events[k] > 0)
            printf("%-30s %10llu %8llu\n", k < OP_KINDS ? op_info[k].name : names[k],
                   (unsigned long long)t->events[k], (unsigned long long)t->runs[k]);
}

/* One process's share: every jobs-th seed. Says on the pipe what failed, what happened, and how
 * many were run. */
static void share(const struct campaign *c, int job, FILE *to)
{
    static struct plan plan;
    struct world *w = world_new();
    double begin = seconds_now();
    uint64_t runs = 0;
    struct tally t = {{0}, {0}};
    for (uint64_t seed = c->first + (uint64_t)job; seed <= c->last; seed += (uint64_t)c->jobs) {
        if (c->seconds != 0 && seconds_now() - begin > c->seconds)
            break;
        plan_random(&plan, seed, 0);
        runs++;
        if (world_run(w, &plan) != RUN_OK)
            fprintf(to, "failed %llu %s %s\n", (unsigned long long)seed, verdict_names[w->verdict],
                    w->text);
        count(&t, &w->stats);
        fflush(to);
    }
    for (int k = 0; k < STATS; k++)
        fprintf(to, "tally %d %llu %llu\n", k, (unsigned long long)t.events[k],
                (unsigned long long)t.runs[k]);
    fprintf(to, "runs %llu\n", (unsigned long long)runs);
    world_free(w);
}

static void show_failure(uint64_t seed)
{
    static struct plan plan;
    struct world *w = world_new();
    plan_random(&plan, seed, 0);
    shrink(w, &plan);
    printf("# seed %llu, shrunk; breaks %s: %s\n", (unsigned long long)seed,
           verdict_names[w->verdict], w->text);
    scenario_print(stdout, &plan);
    world_free(w);
}

static void write_junit(const struct campaign *c, uint64_t runs, int failed, const char *first)
{
    FILE *f = c->junit != NULL ? fopen(c->junit, "w") : NULL;
    if (f == NULL)
        return;
    fprintf(f,
            "<testsuite name=\"sim-seeds\"><testcase classname=\"sim\" name=\"seeds %llu-%llu\">",
            (unsigned long long)c->first, (unsigned long long)(c->first + runs - 1));
    if (failed > 0)
        fprintf(f, "<failure message=\"%d failed, first: %s\"/>", failed, first);
    fprintf(f, "</testcase></testsuite>\n");
    fclose(f);
}

static FILE *fork_share(const struct campaign *c, int job)
{
    int ends[2];
    if (pipe(ends) != 0)
        return NULL;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        FILE *to = fdopen(ends[1], "w");
        if (to != NULL) {
            share(c, job, to);
            fclose(to);
        }
        _exit(to != NULL ? 0 : 1);
    }
    close(ends[1]);
    if (child < 0) {
        close(ends[0]);
        return NULL;
    }
    return fdopen(ends[0], "r");
}

static void add_tally(struct tally *t, const char *numbers)
{
    char *end;
    unsigned long k = strtoul(numbers, &end, 10);
    if (k >= STATS)
        return;
    t->events[k] += strtoull(end, &end, 10);
    t->runs[k] += strtoull(end, NULL, 10);
}

int run_seeds(const struct campaign *c)
{
    FILE *from[JOBS_MAX];
    double begin = seconds_now();
    for (int k = 0; k < c->jobs; k++)
        from[k] = fork_share(c, k);
    uint64_t runs = 0;
    int failed = 0;
    int lost = 0;
    char first[512] = "";
    struct tally t = {{0}, {0}};
    for (int k = 0; k < c->jobs; k++) {
        char line[512];
        bool done = false;
        while (from[k] != NULL && fgets(line, sizeof(line), from[k]) != NULL) {
            line[strcspn(line, "\n")] = '\0';
            if (strncmp(line, "runs ", 5) == 0) {
                runs += strtoull(line + 5, NULL, 10);
                done = true;
                continue;
            }
            if (strncmp(line, "tally ", 6) == 0) {
                add_tally(&t, line + 6);
                continue;
            }
            printf("%s\n", line);
            if (failed++ == 0)
                memcpy(first, line, sizeof(first));
            if (failed <= SHOWN && strncmp(line, "failed ", 7) == 0)
                show_failure(strtoull(line + 7, NULL, 10));
        }
        lost += !done;
        if (from[k] != NULL)
            fclose(from[k]);
    }
    while (wait(NULL) > 0)
        ;
    double took = seconds_now() - begin;
    if (lost > 0)
        printf("%d of %d processes ended without a result\n", lost, c->jobs);
    if (c->stats)
        print_tally(&t);
    printf("%llu seeds, %d failed, %.0f s, %.0f a second\n", (unsigned long long)runs, failed, took,
           (double)runs / took);
    write_junit(c, runs, failed + lost, first);
    return failed + lost;
}
