/* A server for tests of the engine: a process of its own for each connection,
 * which answers with the CRC-64 of what it got.
 *
 *   /n/7        answers
 *   /silent/7   reads everything, answers nothing
 *   /deaf/7     reads nothing of the body
 *
 * server_got(7) tells whether request number 7 came whole, server_left(7)
 * whether the connection that it came over is closed. */
#ifndef SPEC_THREAD_SERVER_H
#define SPEC_THREAD_SERVER_H

#include "core/crc64.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define SERVER_NUMBERS 65536

static volatile unsigned char *server_numbers; /* shared by the processes */
static pid_t server_pid;
static int server_port;

static uint64_t
server_read(FILE *in, long n, uint64_t crc)
{
    char piece[16384];

    while (n > 0) {
        size_t wanted = n < (long)sizeof(piece) ? (size_t)n : sizeof(piece);
        size_t got = fread(piece, 1, wanted, in);

        if (got == 0)
            _exit(0);
        crc = los_crc64(crc, piece, got);
        n -= (long)got;
    }
    return crc;
}

static uint64_t
server_read_chunks(FILE *in)
{
    char line[256];
    uint64_t crc = 0;
    long n;

    do {
        if (fgets(line, sizeof(line), in) == NULL)
            _exit(0);
        n = strtol(line, NULL, 16);
        crc = server_read(in, n, crc);
        if (fgets(line, sizeof(line), in) == NULL)
            _exit(0);
    } while (n > 0);
    return crc;
}

static void
server_serve(int fd)
{
    FILE *in = fdopen(fd, "r"), *out = fdopen(dup(fd), "w");
    char line[4096], path[64], body[32];

    int number = 0;

    while (fgets(line, sizeof(line), in) != NULL) {
        long length = 0;
        uint64_t crc;

        if (sscanf(line, "%*s /%63[a-z]/%d", path, &number) != 2)
            _exit(1);
        while (fgets(line, sizeof(line), in) != NULL && line[0] != '\r') {
            if (strncmp(line, "Content-Length: ", 16) == 0)
                length = strtol(line + 16, NULL, 10);
            if (strncmp(line, "Transfer-Encoding", 17) == 0)
                length = -1;
        }
        while (path[0] == 'd')
            pause();
        crc = length < 0 ? server_read_chunks(in) : server_read(in, length, 0);
        server_numbers[number % SERVER_NUMBERS] |= 1;
        if (path[0] == 's')
            continue;
        snprintf(body, sizeof(body), "%" PRIu64, crc);
        fprintf(out, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s",
                strlen(body), body);
        fflush(out);
    }
    server_numbers[number % SERVER_NUMBERS] |= 2;
    _exit(0);
}

/* Before anything has a thread. */
static void
server_start(void)
{
    struct sockaddr_in address;
    socklen_t size = sizeof(address);
    int listener = socket(AF_INET, SOCK_STREAM, 0);

    memset(&address, 0, sizeof(address));
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listener, (struct sockaddr *)&address, size) != 0
        || listen(listener, 512) != 0
        || getsockname(listener, (struct sockaddr *)&address, &size) != 0)
        abort();
    server_port = ntohs(address.sin_port);
    server_numbers = mmap(NULL, SERVER_NUMBERS, PROT_READ | PROT_WRITE,
                          MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (server_numbers == MAP_FAILED)
        abort();
    server_pid = fork();
    if (server_pid != 0) {
        setpgid(server_pid, server_pid);
        close(listener);
        return;
    }
    setpgid(0, 0);
    signal(SIGCHLD, SIG_IGN);
    for (;;) {
        int fd = accept(listener, NULL, NULL);

        if (fd >= 0 && fork() == 0)
            server_serve(fd);
        close(fd);
    }
}

static void
server_stop(void)
{
    kill(-server_pid, SIGKILL);
    waitpid(server_pid, NULL, 0);
}

static inline int
server_got(int number)
{
    return server_numbers[number % SERVER_NUMBERS] & 1;
}

static inline int
server_left(int number)
{
    return (server_numbers[number % SERVER_NUMBERS] & 2) != 0;
}

#endif
