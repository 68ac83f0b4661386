/* What the kernel allows: a request whose bytes are ready, over a socket.
 *
 *   raw put PORT TARGET HEAD COUNT BYTES   head and body in one send
 *   raw sendfile PORT TARGET HEAD COUNT PATH */
#include "measure.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

static int
open_connection(int port)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    struct sockaddr_in to;

    memset(&to, 0, sizeof(to));
    to.sin_family = AF_INET;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons((unsigned short)port);
    if (connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0)
        measure_fail("no connection");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    return fd;
}

/* Returns its length; `behind` zeros follow it. */
static size_t
make_head(char **out, const char *target, const char *path, long long bytes,
          size_t behind)
{
    const size_t room = 65536;
    char *text = calloc(1, room + behind);
    FILE *file = fopen(path, "r");
    size_t n, got;

    if (text == NULL || file == NULL)
        measure_fail("the file with the head cannot be read");
    n = (size_t)snprintf(text, room,
                         "PUT %s HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                         "Content-Length: %lld\r\n",
                         target, bytes);
    got = fread(text + n, 1, room - n - 3, file);
    fclose(file);
    n += got;
    memcpy(text + n, "\r\n", 3);
    *out = text;
    return n + 2;
}

static void
send_all(int fd, const char *data, size_t n)
{
    while (n > 0) {
        ssize_t sent = send(fd, data, n, MSG_NOSIGNAL);

        if (sent <= 0)
            measure_fail("send");
        data += sent;
        n -= (size_t)sent;
    }
}

static void
read_answer(int fd)
{
    char text[4096];
    size_t used = 0, length = 0;
    char *end = NULL;

    while (end == NULL || used < length) {
        ssize_t n = recv(fd, text + used, sizeof(text) - 1 - used, 0);
        char *field;

        if (n <= 0)
            measure_fail("recv");
        used += (size_t)n;
        text[used] = '\0';
        end = strstr(text, "\r\n\r\n");
        field = strstr(text, "\r\nContent-Length: ");
        if (end != NULL && field != NULL)
            length = (size_t)(end + 4 - text) + strtoul(field + 18, NULL, 10);
    }
    if (memcmp(text, "HTTP/1.1 200", 12) != 0)
        measure_fail("the server did not answer 200");
}

static void
put_memory(int fd, const char *target, const char *head, long count,
           long bytes)
{
    struct measure m;
    char *text;
    size_t n = make_head(&text, target, head, bytes, (size_t)bytes);
    long i;

    for (i = -100; i < count; i++) {
        if (i == 0)
            measure_begin(&m);
        send_all(fd, text, n + (size_t)bytes);
        read_answer(fd);
    }
    measure_end(&m, count);
}

static void
put_file(int fd, const char *target, const char *head, long count,
         const char *path)
{
    int file = open(path, O_RDONLY);
    long long length = file >= 0 ? lseek(file, 0, SEEK_END) : -1;
    struct measure m;
    char *text;
    size_t n;

    if (length < 0)
        measure_fail("the file cannot be read");
    n = make_head(&text, target, head, length, 0);
    measure_begin(&m);
    for (; count > 0; count--) {
        off_t at = 0;

        send_all(fd, text, n);
        while (at < length)
            if (sendfile(fd, file, &at, (size_t)(length - at)) <= 0)
                measure_fail("sendfile");
        read_answer(fd);
    }
    measure_end(&m, 1);
}

int
main(int n, char **args)
{
    int fd;

    if (n != 7)
        measure_fail("see the top of raw.c");
    fd = open_connection(atoi(args[2]));
    if (strcmp(args[1], "put") == 0)
        put_memory(fd, args[3], args[4], atol(args[5]), atol(args[6]));
    else
        put_file(fd, args[3], args[4], atol(args[5]), args[6]);
    return 0;
}
