/* Takes uploads over TLS and throws them away: answers 200 with the CRC-64 of
 * the body. A process for each connection.
 *
 *   sink CERT KEY     prints three ports on 127.0.0.1: one that works, one
 *                     that says nothing after accepting, and one that does
 *                     not even accept; ends when stdin ends */
#define _GNU_SOURCE
#include "core/crc64.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

static void
die(const char *what)
{
    perror(what);
    exit(1);
}

static int
start_listening(int backlog, struct sockaddr_in *address)
{
    socklen_t size = sizeof(*address);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    memset(address, 0, sizeof(*address));
    address->sin_family = AF_INET;
    address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(fd, (struct sockaddr *)address, size) != 0
        || listen(fd, backlog) != 0
        || getsockname(fd, (struct sockaddr *)address, &size) != 0)
        die("listen");
    printf("%d\n", ntohs(address->sin_port));
    return fd;
}

/* Its line is full: whoever comes now waits for an answer to his SYN. */
static void
start_dead(void)
{
    struct sockaddr_in address;
    int i;

    start_listening(0, &address);
    for (i = 0; i < 4; i++) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

        connect(fd, (struct sockaddr *)&address, sizeof(address));
    }
}

/* ---- one connection */

struct peer {
    SSL *tls;
    char data[262144 + 1];
    size_t n;
};

static void
more(struct peer *p)
{
    int got =
        SSL_read(p->tls, p->data + p->n, (int)(sizeof(p->data) - 1 - p->n));

    if (got <= 0)
        _exit(0);
    p->n += (size_t)got;
    p->data[p->n] = '\0';
}

static void
answer(struct peer *p, const char *body, uint64_t crc)
{
    char text[1024], crc_line[64] = "";
    int n;

    if (*body == '\0')
        snprintf(crc_line, sizeof(crc_line),
                 "x-oss-hash-crc64ecma: %" PRIu64 "\r\n", crc);
    n = snprintf(text, sizeof(text),
                 "HTTP/1.1 200 OK\r\n"
                 "Content-Length: %zu\r\n"
                 "x-oss-request-id: 657DD0595A4CF53333B2BC0A\r\n"
                 "ETag: \"0F343B0931126A20F133D67C2B018A3B\"\r\n"
                 "%s\r\n%s",
                 strlen(body), crc_line, body);
    SSL_write(p->tls, text, n);
}

/* The POSTs are the begin and the end of an upload in parts. */
static const char *
body_for(const char *head)
{
    const char *line_end = strchr(head, '\r');
    const char *begin = strstr(head, "?uploads");

    if (strncmp(head, "POST", 4) != 0)
        return "";
    if (begin != NULL && begin < line_end)
        return "<InitiateMultipartUploadResult><UploadId>0004B9894A22E5B1888A"
               "1E29F823</UploadId></InitiateMultipartUploadResult>";
    return "<CompleteMultipartUploadResult><ETag>\"0F343B0931126A20F133D67C2B"
           "018A3B-9\"</ETag></CompleteMultipartUploadResult>";
}

static void
serve_request(struct peer *p)
{
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
    const char *body;
    char *end, *length;
    uint64_t crc = 0;
    int64_t left;

    while ((end = strstr(p->data, "\r\n\r\n")) == NULL)
        more(p);
    end += 4;
    body = body_for(p->data);
    length = strcasestr(p->data, "\r\nContent-Length:");
    left = length != NULL && length < end ? strtoll(length + 17, NULL, 10) : 0;
    length = strcasestr(p->data, "\r\nExpect: 100");
    if (length != NULL && length < end)
        SSL_write(p->tls, go_on, sizeof(go_on) - 1);
    p->n -= (size_t)(end - p->data);
    memmove(p->data, end, p->n);
    for (;;) {
        crc = los_crc64(crc, p->data, p->n);
        left -= (int64_t)p->n;
        p->n = 0;
        if (left <= 0)
            break;
        more(p);
    }
    p->data[0] = '\0';
    answer(p, body, crc);
}

static void
serve(SSL_CTX *context, int fd)
{
    static struct peer p;

    p.tls = SSL_new(context);
    SSL_set_fd(p.tls, fd);
    if (SSL_accept(p.tls) != 1)
        _exit(1);
    for (;;)
        serve_request(&p);
}

int
main(int argc, char **argv)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    struct sockaddr_in address;
    struct pollfd ready[2];

    if (argc != 3 || context == NULL
        || SSL_CTX_use_certificate_file(context, argv[1], SSL_FILETYPE_PEM)
               != 1
        || SSL_CTX_use_PrivateKey_file(context, argv[2], SSL_FILETYPE_PEM)
               != 1)
        die("usage: sink CERT KEY");
    signal(SIGCHLD, SIG_IGN);
    ready[0].fd = start_listening(64, &address);
    start_listening(64, &address);
    start_dead();
    fflush(stdout);
    ready[1].fd = STDIN_FILENO;
    ready[0].events = ready[1].events = POLLIN;
    while (poll(ready, 2, -1) > 0 && ready[1].revents == 0) {
        int fd = accept(ready[0].fd, NULL, NULL);

        if (fork() == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            serve(context, fd);
        }
        close(fd);
    }
    return 0;
}
