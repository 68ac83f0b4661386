/* A server for measurements: reads requests, drops their bodies inside the
 * kernel, and answers as OSS does after a successful callback. Every body is
 * taken for zeros, so the CRC-64 in the answer is true without a look at one
 * byte.
 *
 *   sink            prints its port on 127.0.0.1; ends when stdin ends */
#include "core/crc64.h"

#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define HEAD_MAX 16384
#define DROP_MAX (4u << 20)

struct peer {
    int fd;
    int is_part, is_start, is_end; /* of a multipart upload */
    int64_t left, length;          /* of the body; left < 0: in the head */
    size_t used;
    char head[HEAD_MAX + 1];
};

static int64_t parts_length; /* of the one multipart upload under way */

static void
die(const char *what)
{
    perror(what);
    exit(1);
}

static uint64_t
crc_of_zeros(int64_t n)
{
    static const char zeros[65536];
    static int64_t last_n = -1;
    static uint64_t crc;
    int64_t left;

    if (n == last_n)
        return crc;
    crc = 0;
    for (left = n; left > 0; left -= (int64_t)sizeof(zeros))
        crc = los_crc64(crc, zeros,
                        left < (int64_t)sizeof(zeros) ? (size_t)left
                                                      : sizeof(zeros));
    last_n = n;
    return crc;
}

/* ---- answers */

static void
answer(struct peer *p)
{
    static const char start[] =
        "<InitiateMultipartUploadResult><UploadId>0004B9894A22E5B1888A1E29F823"
        "</UploadId></InitiateMultipartUploadResult>";
    static const char end[] =
        "<CompleteMultipartUploadResult><ETag>\"B864DB6A936D376F9F8D3ED3BBE540"
        "DD-3\"</ETag></CompleteMultipartUploadResult>";
    const char *body = "{\"Status\":\"OK\"}";
    char text[1024];
    int n;

    if (p->is_start) {
        parts_length = 0;
        body = start;
    } else if (p->is_end) {
        p->length = parts_length;
        body = end;
    } else if (p->is_part) {
        parts_length += p->length;
        body = "";
    }
    n = snprintf(text, sizeof(text),
                 "HTTP/1.1 200 OK\r\n"
                 "Server: AliyunOSS\r\n"
                 "Date: Sat, 16 Dec 2023 16:20:57 GMT\r\n"
                 "Content-Type: application/%s\r\n"
                 "Content-Length: %zu\r\n"
                 "Connection: keep-alive\r\n"
                 "x-oss-request-id: 657DD0595A4CF53333B2BC0A\r\n"
                 "ETag: \"0F343B0931126A20F133D67C2B018A3B\"\r\n"
                 "x-oss-hash-crc64ecma: %" PRIu64 "\r\n"
                 "Content-MD5: DzQ7CTESaiDxM9Z8KwGKOw==\r\n"
                 "x-oss-server-time: 8\r\n"
                 "\r\n%s",
                 p->is_start || p->is_end ? "xml" : "json", strlen(body),
                 crc_of_zeros(p->length), body);
    if (send(p->fd, text, (size_t)n, MSG_NOSIGNAL) != n)
        p->left = -2; /* closed by the caller */
}

static void
finish_request(struct peer *p)
{
    p->left = -1;
    p->used = 0;
    answer(p);
}

/* ---- requests */

/* The whole head is there; what follows it is the beginning of the body. */
static void
begin_body(struct peer *p, const char *end)
{
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
    const char *length = strcasestr(p->head, "\r\nContent-Length:");
    int64_t early = (int64_t)(p->used - (size_t)(end - p->head));
    char *line_end = strstr(p->head, "\r\n");

    p->length = length != NULL ? strtoll(length + 17, NULL, 10) : 0;
    p->left = p->length - early;
    if (p->left > 0 && strcasestr(p->head, "\r\nExpect: 100") != NULL
        && send(p->fd, go_on, sizeof(go_on) - 1, MSG_NOSIGNAL) < 0)
        p->left = -2;
    *line_end = '\0';
    p->is_start = strstr(p->head, "?uploads") != NULL;
    p->is_part = strstr(p->head, "partNumber=") != NULL;
    p->is_end = !p->is_part && strstr(p->head, "?uploadId=") != NULL;
    if (p->left == 0)
        finish_request(p);
}

static ssize_t
read_head(struct peer *p)
{
    ssize_t n = recv(p->fd, p->head + p->used, HEAD_MAX - p->used, 0);
    char *end;

    if (n <= 0)
        return n;
    p->used += (size_t)n;
    p->head[p->used] = '\0';
    end = strstr(p->head, "\r\n\r\n");
    if (end != NULL) {
        end[2] = '\0';
        begin_body(p, end + 4);
    } else if (p->used == HEAD_MAX) {
        return 0;
    }
    return n;
}

static ssize_t
drop_body(struct peer *p)
{
    size_t wanted = p->left < DROP_MAX ? (size_t)p->left : DROP_MAX;
    ssize_t n = recv(p->fd, NULL, wanted, MSG_TRUNC);

    if (n <= 0)
        return n;
    p->left -= n;
    if (p->left == 0)
        finish_request(p);
    return n;
}

static void
serve(struct peer *p)
{
    ssize_t n = p->left > 0 ? drop_body(p) : read_head(p);

    if ((n < 0 && errno == EAGAIN) || (n > 0 && p->left >= -1))
        return;
    close(p->fd);
    free(p);
}

/* ---- connections */

static void
watch(int events, int fd, void *data)
{
    struct epoll_event e;

    e.events = EPOLLIN;
    e.data.ptr = data;
    if (epoll_ctl(events, EPOLL_CTL_ADD, fd, &e) != 0)
        die("epoll_ctl");
}

static int
start_listening(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address;
    socklen_t size = sizeof(address);

    memset(&address, 0, sizeof(address));
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(fd, (struct sockaddr *)&address, size) != 0
        || listen(fd, 1024) != 0
        || getsockname(fd, (struct sockaddr *)&address, &size) != 0)
        die("listen");
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

static void
welcome(int events, int listener)
{
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK), on = 1;
    struct peer *p = malloc(sizeof(*p));

    if (fd < 0 || p == NULL)
        die("accept");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    p->fd = fd;
    p->left = -1;
    p->used = 0;
    watch(events, fd, p);
}

int
main(void)
{
    int listener = start_listening(), events = epoll_create1(0);
    char stop, door;

    watch(events, STDIN_FILENO, &stop);
    watch(events, listener, &door);
    for (;;) {
        struct epoll_event ready[64];
        int n = epoll_wait(events, ready, 64, -1), i;

        for (i = 0; i < n; i++) {
            if (ready[i].data.ptr == &stop)
                return 0;
            if (ready[i].data.ptr == &door)
                welcome(events, listener);
            else
                serve(ready[i].data.ptr);
        }
    }
}
