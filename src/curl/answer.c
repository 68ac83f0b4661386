#define _POSIX_C_SOURCE   200809L
#define _FILE_OFFSET_BITS 64

#include "curl/answer.h"
#include "core/crc64.h"
#include "core/err.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* More header than any answer of OSS has; a peer that sends more is broken or
 * hostile. */
#define HEAD_MAX 65536
#define NOTE_MAX 1024

/* Room for the headers of most answers. */
#define HEAD_USUAL 1024

void
los_answer_init(struct los_answer *a, size_t max, const char *path)
{
    memset(a, 0, sizeof(*a));
    los_buf_init(&a->note, NOTE_MAX);
    los_buf_init(&a->body, max);
    los_buf_init(&a->head, HEAD_MAX);
    a->fd = -1;
    a->path = path;
}

void
los_answer_free(struct los_answer *a)
{
    if (a->fd >= 0)
        close(a->fd);
    a->fd = -1;
    los_buf_free(&a->note);
    los_buf_free(&a->body);
    los_buf_free(&a->head);
}

void
los_answer_fail(struct los_answer *a, int error, const char *detail,
                int os_error)
{
    char text[128];

    if (a->error != LOS_OK)
        return;
    a->error = error;
    los_buf_add(&a->note, los_error_text(error),
                strlen(los_error_text(error)));
    if (detail != NULL) {
        los_buf_add_str(&a->note, LOS_STR(": "));
        los_buf_add(&a->note, detail, strlen(detail));
    }
    if (os_error != 0 && strerror_r(os_error, text, sizeof(text)) == 0) {
        los_buf_add_str(&a->note, LOS_STR(" ("));
        los_buf_add(&a->note, text, strlen(text));
        los_buf_add_char(&a->note, ')');
    }
}

static int
fail(struct los_answer *a, int error, const char *detail, int os_error)
{
    los_answer_fail(a, error, detail, os_error);
    return a->error;
}

/* ---- head */

static int
is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static los_str
trim(los_str s)
{
    while (s.n > 0 && is_space(s.p[0])) {
        s.p++;
        s.n--;
    }
    while (s.n > 0 && is_space(s.p[s.n - 1]))
        s.n--;
    return s;
}

/* "HTTP/1.1 200 OK": three digits behind the first space. */
static int
parse_status(los_str line)
{
    size_t i = 0;
    int status = 0, digits;

    while (i < line.n && line.p[i] != ' ')
        i++;
    for (digits = 0, i++; digits < 3; digits++, i++) {
        if (i >= line.n || line.p[i] < '0' || line.p[i] > '9')
            return 0;
        status = status * 10 + (line.p[i] - '0');
    }
    return status;
}

static void
add_header(struct los_answer *a, los_str line)
{
    const char *colon = memchr(line.p, ':', line.n);
    los_str name, value;
    char *to;
    size_t i;

    if (colon == NULL || colon == line.p)
        return;
    name = los_str_of(line.p, (size_t)(colon - line.p));
    value = trim(los_str_of(colon + 1, line.n - name.n - 1));
    for (i = 0; i < name.n; i++)
        if (name.p[i] <= ' ' || name.p[i] > '~')
            return;
    to = los_buf_extend(&a->head, name.n + value.n + 2);
    if (to == NULL)
        return;
    for (i = 0; i < name.n; i++) {
        char c = name.p[i];

        *to++ = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
    }
    *to++ = '\0';
    memcpy(to, value.p, value.n);
    to[value.n] = '\0';
}

/* A line that begins with white space goes on with the value before it. */
static void
add_folded(struct los_answer *a, los_str line)
{
    if (a->head.n == 0)
        return;
    los_buf_truncate(&a->head, a->head.n - 1);
    los_buf_add_char(&a->head, ' ');
    los_buf_add_str(&a->head, trim(line));
    los_buf_add_char(&a->head, '\0');
}

int
los_answer_head_line(struct los_answer *a, los_str line)
{
    int error;

    if (a->head_done)
        return LOS_OK;
    if (line.n > 0 && memchr(line.p, '\0', line.n) != NULL)
        return fail(a, LOS_E_MALFORMED, "a header holds a NUL", 0);
    if (los_str_starts(line, LOS_STR("HTTP/"))) {
        los_buf_reset(&a->head);
        los_buf_extend(&a->head, HEAD_USUAL); /* at once, not by doubling */
        los_buf_truncate(&a->head, 0);
        a->status = parse_status(line);
        if (a->status < 100)
            return fail(a, LOS_E_MALFORMED, "the status line is broken", 0);
    } else if (trim(line).n == 0) {
        a->head_done = a->status >= 200;
    } else if (is_space(line.p[0])) {
        add_folded(a, line);
    } else {
        add_header(a, line);
    }
    error = los_buf_error(&a->head);
    if (error == LOS_E_LIMIT)
        return fail(a, LOS_E_ANSWER_TOO_LARGE, "headers", 0);
    return error == LOS_OK ? LOS_OK : fail(a, error, NULL, 0);
}

int
los_answer_header(const struct los_answer *a, size_t *at, los_str *name,
                  los_str *value)
{
    const char *p = a->head.p + *at;

    if (*at >= a->head.n)
        return 0;
    *name = los_str_of(p, strlen(p));
    p += name->n + 1;
    *value = los_str_of(p, strlen(p));
    *at += name->n + value->n + 2;
    return 1;
}

/* ---- body */

static int
wants_file(const struct los_answer *a)
{
    return a->path != NULL && a->status >= 200 && a->status < 300;
}

static int
open_file(struct los_answer *a)
{
    if (a->fd >= 0)
        return LOS_OK;
    a->fd = open(a->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (a->fd < 0)
        return fail(a, LOS_E_FILE_WRITE, a->path, errno);
    return LOS_OK;
}

static int
write_file(struct los_answer *a, los_str data)
{
    int error = open_file(a);

    while (error == LOS_OK && data.n > 0) {
        ssize_t n = write(a->fd, data.p, data.n);

        if (n > 0) {
            data.p += n;
            data.n -= (size_t)n;
        } else if (n == 0 || errno != EINTR) {
            error =
                fail(a, LOS_E_FILE_WRITE, a->path, n == 0 ? ENOSPC : errno);
        }
    }
    return error;
}

int
los_answer_write(struct los_answer *a, los_str data)
{
    a->received += (int64_t)data.n;
    a->received_crc64 = los_crc64(a->received_crc64, data.p, data.n);
    if (wants_file(a))
        return write_file(a, data);
    los_buf_add_str(&a->body, data);
    if (los_buf_error(&a->body) == LOS_E_LIMIT)
        return fail(a, LOS_E_ANSWER_TOO_LARGE, NULL, 0);
    if (los_buf_error(&a->body) != LOS_OK)
        return fail(a, los_buf_error(&a->body), NULL, 0);
    return LOS_OK;
}

int
los_answer_end(struct los_answer *a)
{
    int fd;

    if (!a->head_done)
        return fail(a, LOS_E_TRUNCATED, "the head has no end", 0);
    if (!wants_file(a))
        return LOS_OK;
    if (open_file(a) != LOS_OK) /* an empty body makes an empty file */
        return a->error;
    fd = a->fd;
    a->fd = -1;
    if (close(fd) != 0 && errno != EINTR)
        return fail(a, LOS_E_FILE_WRITE, a->path, errno);
    return LOS_OK;
}

void
los_answer_restart(struct los_answer *a)
{
    los_buf_reset(&a->head);
    los_buf_reset(&a->body);
    a->status = 0;
    a->head_done = 0;
    a->received = 0;
    a->received_crc64 = 0;
}
