/* What every measured program prints: one line for the runner. */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

struct measure {
    double cpu, wall; /* seconds at the start */
};

static inline double
measure_cpu(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static inline double
measure_wall(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static inline void
measure_begin(struct measure *m)
{
    m->wall = measure_wall();
    m->cpu = measure_cpu();
}

/* CPU is user and system time of the process, memory its largest size. */
static inline void
measure_end(const struct measure *m, long operations)
{
    double cpu = measure_cpu() - m->cpu, wall = measure_wall() - m->wall;
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    printf("operations=%ld cpu=%.9f wall=%.9f kib=%ld\n", operations, cpu,
           wall, usage.ru_maxrss);
}

static inline void
measure_fail(const char *what)
{
    fprintf(stderr, "%s\n", what);
    exit(1);
}

#endif
