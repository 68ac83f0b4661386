/* Forks, ends of the process, and a name server that takes its time: nothing
 * hangs, and nobody touches what belongs to another process. */
#include "spec/thread/drive.h"

#include <netdb.h>

#define SLOW_SECONDS 4

/* libcurl finds this one before the C library's. */
__attribute__((visibility("default"))) int
getaddrinfo(const char *restrict node, const char *restrict service,
            const struct addrinfo *restrict hints,
            struct addrinfo **restrict out)
{
    (void)service;
    (void)hints;
    *out = NULL;
    if (strcmp(node, "slow.test") == 0)
        sleep(SLOW_SECONDS);
    return EAI_NONAME;
}

static uint64_t
submit_slow(struct los_engine *e, int connect_ms)
{
    char url[64];
    struct los_transfer_options o = request(url, "n", 1);
    uint64_t id;

    o.url = str("http://slow.test/n/1");
    o.connect_ms = connect_ms;
    return los_engine_submit(e, &o, &id) == LOS_OK ? id : 0;
}

/* The exit status of a child, -1 when it does not end within ten seconds. */
static int
wait_for(pid_t child)
{
    int i, status;

    for (i = 0; i < 500; i++) {
        if (waitpid(child, &status, WNOHANG) == child)
            return WIFEXITED(status) ? WEXITSTATUS(status) : -2;
        usleep(20000);
    }
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    return -1;
}

/* ---- the end of the process with work left, nothing closed */

static void
leave(int thread, const char *path, int ms)
{
    struct los_engine *e = open_engine(thread, 8);
    int i;

    for (i = 0; i < 4; i++)
        submit(e, path, i, str("a body"));
    submit_slow(e, 0);
    submit_fed(e, "n", 9, -1);
    los_engine_poll(e, ms);
    exit(7);
}

static void
ends(void)
{
    static const char *const paths[] = {"n", "silent", "deaf"};
    int thread, ms;
    size_t i;

    for (thread = 0; thread < 2; thread++)
        for (i = 0; i < 3; i++)
            for (ms = 0; ms < 60; ms += 20) {
                pid_t child;

                fflush(stdout);
                child = fork();
                if (child == 0)
                    leave(thread, paths[i], ms);
                is_int(wait_for(child), 7, "exit, thread %d, %s, %d ms",
                       thread, paths[i], ms);
            }
}

/* ---- names */

static int64_t
since(int64_t began)
{
    return los_loop_now() - began;
}

static void
names(int thread)
{
    struct los_engine *e = open_engine(thread, 8);
    struct los_event event;
    int64_t began = los_loop_now();
    uint64_t id;

    submit_slow(e, 200);
    while (next_event(e, &event) && event.kind != LOS_EVENT_DONE)
        los_engine_shift(e);
    is_int(event.answer->error, LOS_E_CONNECT_TIMEOUT, "a limit holds");
    los_engine_shift(e);
    ok(since(began) < 3000, "in time: %d ms", (int)since(began));
    id = submit_slow(e, 0);
    los_engine_poll(e, 50);
    began = los_loop_now();
    los_engine_cancel(e, id);
    ok(since(began) < 1000, "cancel does not wait for a name");
    submit_slow(e, 0);
    los_engine_poll(e, 50);
    began = los_loop_now();
    los_engine_close(e);
    ok(since(began) < 1000, "nor does close");
}

/* ---- forks */

#if !defined(__SANITIZE_THREAD__) /* cannot fork a process with threads */

/* In the child: how many of the calls do what they should not. */
static int
use_inherited(struct los_engine *e, uint64_t id)
{
    struct los_event event;
    uint64_t other;
    int wrong = 0;

    wrong += los_engine_is_own(e);
    wrong += submit(e, "n", 1, str("x")) != 0;
    wrong += los_engine_poll(e, 1000) != LOS_E_FORKED;
    wrong += los_engine_feed(e, id, str("x")) != LOS_E_FORKED;
    wrong += los_engine_feed_end(e, id) != LOS_E_FORKED;
    wrong += los_engine_cancel(e, id) != 2;
    wrong += los_engine_released(e, &other);
    wrong += los_engine_active(e) != 0;
    if (los_engine_event(e, &event))
        los_engine_shift(e);
    los_engine_close(e);
    return wrong;
}

static int
upload_one(int thread)
{
    struct los_engine *e = open_engine(thread, 1);
    struct los_event event;
    int wrong = 1;

    submit(e, "n", 1, str("of the child"));
    while (next_event(e, &event) && event.kind != LOS_EVENT_DONE)
        los_engine_shift(e);
    if (event.kind == LOS_EVENT_DONE)
        wrong = !has_crc(event.answer, los_crc64(0, "of the child", 12));
    los_engine_close(e);
    return wrong;
}

static void
forks(int thread)
{
    struct los_engine *e = open_engine(thread, 4);
    uint64_t fed = submit_fed(e, "n", 1, -1);
    struct los_event event;
    int i, wrong = 0, right = 0;

    submit(e, "n", 2, str("x"));
    los_engine_poll(e, 50);
    fflush(stdout);
    for (i = 0; i < 20; i++) {
        pid_t child = fork();

        if (child == 0)
            _exit(use_inherited(e, fed) + upload_one(i % 2));
        wrong += wait_for(child) != 0;
    }
    is_int(wrong, 0, "children are told, and can have engines of their own");
    los_engine_feed(e, fed, str("of the parent"));
    los_engine_feed_end(e, fed);
    while (los_engine_active(e) > 0 && next_event(e, &event)) {
        if (event.kind == LOS_EVENT_DONE && event.id == fed)
            right = has_crc(event.answer, los_crc64(0, "of the parent", 13));
        los_engine_shift(e);
    }
    ok(right, "the parent goes on undisturbed");
    los_engine_close(e);
}

/* Another program, started meanwhile, does not keep a connection open. */
static void
runs_programs(int thread)
{
    struct los_engine *e = open_engine(thread, 1);
    struct los_event event;
    pid_t child;
    int i;

    submit(e, "n", 100 + thread, str("x"));
    while (next_event(e, &event) && event.kind != LOS_EVENT_DONE)
        los_engine_shift(e);
    child = fork();
    if (child == 0) {
        execlp("sleep", "sleep", "20", (char *)NULL);
        _exit(1);
    }
    usleep(200000);
    los_engine_close(e);
    for (i = 0; i < 100 && !server_left(100 + thread); i++)
        usleep(20000);
    ok(server_left(100 + thread), "a program that was run holds nothing");
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}

/* A child ends with what it inherited, and exit handlers run in it. */
static void
ends_of_children(void)
{
    struct los_engine *e = open_engine(1, 4);
    pid_t child;

    submit(e, "silent", 1, str("x"));
    los_engine_poll(e, 50);
    fflush(stdout);
    child = fork();
    if (child == 0)
        exit(7);
    is_int(wait_for(child), 7, "a child that never looks at it ends");
    los_engine_close(e);
}

#endif

int
main(void)
{
    int thread;

    server_start();
    ends();
#if !defined(__SANITIZE_THREAD__)
    forks(0);
    forks(1);
    runs_programs(0);
    runs_programs(1);
    ends_of_children();
#endif
    for (thread = 0; thread < 2; thread++)
        names(thread);
    server_stop();
    sleep(SLOW_SECONDS); /* libcurl's threads give back what they hold */
    return done();
}
