/* Every allocation of the transfer loop fails in turn, its own and those of
 * libcurl: no crash, no leak, no transfer that never ends, and no success
 * that is none. */
#include "spec/core/tap.h"

#include "curl/loop.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- a server that answers with the length of what it got */

static size_t
get_line(FILE *in, char *line, size_t size)
{
    return fgets(line, (int)size, in) != NULL ? strlen(line) : 0;
}

static long
skip(FILE *in, long n)
{
    long i;

    for (i = 0; i < n && getc(in) != EOF; i++)
        ;
    return i;
}

static long
skip_chunks(FILE *in)
{
    char line[256];
    long n, sum = 0;

    do {
        if (get_line(in, line, sizeof(line)) == 0)
            return -1;
        n = strtol(line, NULL, 16);
        sum += skip(in, n);
        get_line(in, line, sizeof(line));
    } while (n > 0);
    return sum;
}

static void
serve(int fd)
{
    FILE *in = fdopen(fd, "r+");
    char line[4096];

    while (get_line(in, line, sizeof(line)) > 0) {
        long length = 0, got;
        char body[32];

        while (get_line(in, line, sizeof(line)) > 2) {
            if (strncmp(line, "Content-Length: ", 16) == 0)
                length = strtol(line + 16, NULL, 10);
            if (strncmp(line, "Transfer-Encoding", 17) == 0)
                length = -1;
        }
        got = length < 0 ? skip_chunks(in) : skip(in, length);
        snprintf(body, sizeof(body), "%ld", got);
        fseek(in, 0, SEEK_CUR);
        fprintf(in,
                "HTTP/1.1 200 OK\r\nX-A: b\r\nContent-Length: %zu\r\n\r\n%s",
                strlen(body), body);
        fflush(in);
    }
    fclose(in);
}

static pid_t
start_server(int *port)
{
    struct sockaddr_in address;
    socklen_t size = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    pid_t pid;

    memset(&address, 0, sizeof(address));
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) != 0
        || listen(fd, 64) != 0
        || getsockname(fd, (struct sockaddr *)&address, &size) != 0)
        abort();
    *port = ntohs(address.sin_port);
    pid = fork();
    if (pid == 0) {
        signal(SIGCHLD, SIG_IGN);
        alarm(300);
        for (;;) {
            int client = accept(fd, NULL, NULL);

            if (client >= 0 && fork() == 0) {
                close(fd);
                alarm(60);
                serve(client);
                _exit(0);
            }
            close(client);
        }
    }
    close(fd);
    return pid;
}

/* ---- libcurl with the allocator of the tests */

static char *
test_strdup(const char *s)
{
    char *copy = test_malloc(strlen(s) + 1);

    return copy != NULL ? strcpy(copy, s) : NULL;
}

static void *
test_calloc(size_t n, size_t size)
{
    void *p = test_malloc(n * size);

    return p != NULL ? memset(p, 0, n * size) : NULL;
}

/* ---- one transfer of each kind */

enum { MEMORY, LARGE, FROM_FILE, FED, CHUNKS, TO_FILE, KINDS };

static const char *const kind_names[] = {
    "small body", "large body", "file",
    "fed body",   "chunks",     "answer in a file",
};

static char url[64], path[] = "/tmp/los-torture-XXXXXX", large[200000];

static void
describe(int kind, struct los_transfer_options *o)
{
    memset(o, 0, sizeof(*o));
    o->method = LOS_STR("PUT");
    o->url = str(url);
    o->head = LOS_STR("Content-Type: text/plain\r\nX-Empty:\r\n");
    o->total_ms = 20000;
    switch (kind) {
    case MEMORY:
    case TO_FILE:
        o->body_kind = LOS_BODY_MEMORY;
        o->body = LOS_STR("123456789");
        if (kind == TO_FILE)
            o->answer_file = str(path);
        break;
    case LARGE:
        o->body_kind = LOS_BODY_MEMORY;
        o->body = los_str_of(large, sizeof(large));
        break;
    case FROM_FILE:
        o->body_kind = LOS_BODY_FILE;
        o->body_file = LOS_STR("/proc/self/exe");
        o->body_length = 100000;
        break;
    default:
        o->body_kind = LOS_BODY_FED;
        o->body_length = kind == FED ? 9 : -1;
        break;
    }
}

static int64_t
size_of(int kind)
{
    return kind == LARGE       ? (int64_t)sizeof(large)
           : kind == FROM_FILE ? 100000
                               : 9;
}

static int
judge(int kind, const struct los_answer *a)
{
    char expected[32];

    if (a->error != LOS_OK)
        return a->error;
    snprintf(expected, sizeof(expected), "%lld", (long long)size_of(kind));
    if (kind != TO_FILE
        && !los_str_equal(los_buf_str(&a->body), str(expected)))
        return 1;
    return a->status == 200 && a->sent_all && a->sent == size_of(kind) ? LOS_OK
                                                                       : 1;
}

/* Polls to the end: the outcome, or 1 for what must not be. */
static int
drive(struct los_loop *loop, int kind)
{
    static const char *const pieces[] = {"12345", "6789"};
    size_t next = 0;

    for (;;) {
        struct los_event e;
        int code = LOS_OK;

        los_loop_poll(loop, 1000);
        while (los_loop_event(loop, &e)) {
            if (e.kind == LOS_EVENT_DONE)
                return judge(kind, e.answer);
            los_loop_shift(loop);
            if (e.kind != LOS_EVENT_NEED)
                continue;
            if (next < 2)
                code = los_loop_feed(loop, e.id, str(pieces[next++]));
            else
                code = los_loop_feed_end(loop, e.id);
            if (code != LOS_OK)
                return code;
        }
    }
}

static int
run(int kind)
{
    struct los_loop_options options;
    struct los_transfer_options transfer;
    struct los_loop *loop;
    uint64_t id;
    int code;

    memset(&options, 0, sizeof(options));
    options.user_agent = "torture";
    options.proxy = "";
    code = los_loop_open(&options, &loop);
    if (code != LOS_OK)
        return code;
    describe(kind, &transfer);
    code = los_loop_submit(loop, &transfer, &id);
    if (code == LOS_OK)
        code = drive(loop, kind);
    los_loop_close(loop);
    return code;
}

static void
torture_kind(int kind)
{
    const char *name = kind_names[kind];
    long live, i, calls, failures = 0, wrong = 0, leaks = 0;

    is_int(run(kind), LOS_OK, "%s: works", name);
    alloc_calls = 0;
    live = alloc_live;
    run(kind);
    calls = alloc_calls;
    is_int(alloc_live, live, "%s: leaves nothing behind", name);
    for (i = 1; i <= calls; i++) {
        int code;

        alloc_calls = 0;
        alloc_fail_at = i;
        code = run(kind);
        alloc_fail_at = 0;
        failures += code < 0;
        wrong += code > 0;
        if (alloc_live != live)
            printf("# allocation %ld of %s: %ld left\n", i, name,
                   alloc_live - live);
        leaks += alloc_live != live;
        live = alloc_live;
    }
    ok(failures > calls / 2, "%s: %ld of %ld allocations make it fail", name,
       failures, calls);
    is_int(wrong, 0, "%s: no success that is none", name);
    is_int(leaks, 0, "%s: no leak", name);
}

int
main(void)
{
    int port, kind, fd = mkstemp(path);
    pid_t server = start_server(&port);

    close(fd);
    snprintf(url, sizeof(url), "http://127.0.0.1:%d/x", port);
    memset(large, 'x', sizeof(large));
    ok(curl_global_init_mem(CURL_GLOBAL_DEFAULT, test_malloc, test_free,
                            test_realloc, test_strdup, test_calloc)
           == CURLE_OK,
       "libcurl takes the allocator of the tests");
    for (kind = 0; kind < KINDS; kind++)
        torture_kind(kind);
    curl_global_cleanup();
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
    unlink(path);
    return done();
}
