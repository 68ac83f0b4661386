/* Telling libcurl about one transfer, and libcurl's questions back. */
#include "curl/transfer.h"
#include "core/alloc.h"
#include "core/err.h"
#include "curl/loop.h"

#include <string.h>

/* Up to here libcurl sends head and body of POSTFIELDS in one go, half the
 * cost of asking a read function for them. */
#define AT_ONCE_MAX (64 * 1024 - 1)

/* ---- questions */

int
los_transfer_may_go(const struct los_transfer *t)
{
    if (t->may_go == NULL
        || !(t->at_once || t->connection != NULL
             || los_body_is_taken(&t->body)))
        return 1;
    return t->may_go(t->owner);
}

static size_t
on_read(char *to, size_t size, size_t count, void *context)
{
    struct los_transfer *t = ((struct los_easy *)context)->transfer;
    size_t n = size * count;
    int64_t got;

    if (t->rate > 0)
        n = los_pace_allow(&t->pace, n, los_loop_now(), &t->held_until);
    if (n == 0)
        return CURL_READFUNC_PAUSE;
    got = los_body_read(&t->body, to, n);
    if (got == LOS_BODY_WAIT) {
        t->paused = 1;
        return CURL_READFUNC_PAUSE;
    }
    if (got > 0)
        los_pace_spend(&t->pace, (size_t)got);
    if (got >= 0)
        return los_transfer_may_go(t) ? (size_t)got : CURL_READFUNC_ABORT;
    los_answer_fail(&t->answer, (int)got,
                    t->body.kind == LOS_BODY_FILE ? t->body_file : NULL,
                    t->body.os_error);
    return CURL_READFUNC_ABORT;
}

static int
on_seek(void *context, curl_off_t offset, int origin)
{
    struct los_transfer *t = ((struct los_easy *)context)->transfer;
    int error = LOS_E_CANNOT_REWIND;

    if (los_body_is_taken(&t->body))
        t->sent_before = 1;
    if (offset == 0 && origin == SEEK_SET)
        error = los_body_rewind(&t->body);
    if (error == LOS_OK)
        return CURL_SEEKFUNC_OK;
    los_answer_fail(&t->answer, error, NULL, 0);
    return CURL_SEEKFUNC_FAIL;
}

static size_t
on_header(char *line, size_t size, size_t count, void *context)
{
    struct los_transfer *t = ((struct los_easy *)context)->transfer;
    size_t n = size * count;

    t->touched = 1;
    if (los_answer_head_line(&t->answer, los_str_of(line, n)) != LOS_OK)
        return 0;
    return n;
}

static size_t
on_write(char *data, size_t size, size_t count, void *context)
{
    struct los_transfer *t = ((struct los_easy *)context)->transfer;
    size_t n = size * count;

    if (los_answer_write(&t->answer, los_str_of(data, n)) != LOS_OK)
        return 0;
    return n;
}

/* A connection is there and the request is about to go out. The second time
 * means that libcurl sends it again: because the server refused to be asked
 * (417), or because a kept connection was dead. See "resend" in options.h. */
static int
on_request(void *context, char *ip, char *own_ip, int port, int own_port)
{
    struct los_transfer *t = ((struct los_easy *)context)->transfer;

    (void)ip;
    (void)own_ip;
    (void)port;
    (void)own_port;
    t->touched = 1;
    if (!los_transfer_may_go(t))
        return CURL_PREREQFUNC_ABORT;
    if (t->requests++ == 0)
        return CURL_PREREQFUNC_OK;
    if (t->at_once || los_body_is_taken(&t->body))
        t->sent_before = 1;
    if (t->answer.status == 0 && t->sent_before && !t->resend) {
        los_answer_fail(&t->answer, LOS_E_EMPTY_ANSWER,
                        "the kept connection was dead", 0);
        return CURL_PREREQFUNC_ABORT;
    }
    los_answer_restart(&t->answer);
    return CURL_PREREQFUNC_OK;
}

CURLcode
los_easy_callbacks(struct los_easy *easy)
{
    CURL *c = easy->curl;

    curl_easy_setopt(c, CURLOPT_READFUNCTION, on_read);
    curl_easy_setopt(c, CURLOPT_READDATA, easy);
    curl_easy_setopt(c, CURLOPT_SEEKFUNCTION, on_seek);
    curl_easy_setopt(c, CURLOPT_SEEKDATA, easy);
    curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(c, CURLOPT_HEADERDATA, easy);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_write);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, easy);
    curl_easy_setopt(c, CURLOPT_PREREQFUNCTION, on_request);
    return curl_easy_setopt(c, CURLOPT_PREREQDATA, easy);
}

/* ---- orders */

static void
add_node(struct los_easy *easy, size_t i, const char *line)
{
    /* libcurl's own list type, only read by it; the lines live in the
     * transfer. */
    easy->nodes[i].data = (char *)(uintptr_t)line;
    easy->nodes[i].next = NULL;
    if (i > 0)
        easy->nodes[i - 1].next = &easy->nodes[i];
}

/* libcurl expects a 100 for long bodies unless told otherwise, and then knows
 * how to go on after a 417. */
static int
asks_by_itself(const struct los_transfer *t)
{
    return t->body.length < 0 || t->body.length > 1024 * 1024;
}

/* The caller's headers, and orders to leave out what libcurl would add. */
static CURLcode
set_head(struct los_transfer *t, struct los_easy *easy)
{
    const size_t room = t->head_lines + 2;
    const char *line = t->head;
    size_t i;

    if (easy->node_room < room) {
        struct curl_slist *nodes =
            los_realloc(easy->nodes, room * sizeof(*nodes));

        if (nodes == NULL)
            return CURLE_OUT_OF_MEMORY;
        easy->nodes = nodes;
        easy->node_room = room;
    }
    for (i = 0; i < t->head_lines; i++, line += strlen(line) + 1)
        add_node(easy, i, line);
    if (!t->expect && !t->at_once)
        add_node(easy, i++, "Expect:");
    else if (t->expect && !asks_by_itself(t))
        add_node(easy, i++, "Expect: 100-continue");
    if (t->at_once && !t->has_content_type)
        add_node(easy, i++, "Content-Type:");
    return curl_easy_setopt(easy->curl, CURLOPT_HTTPHEADER,
                            i > 0 ? easy->nodes : NULL);
}

int
los_method_has_body(const char *method)
{
    return strcmp(method, "PUT") == 0 || strcmp(method, "POST") == 0;
}

/* What is read at once, and sent in one go if the socket takes it: a GiB in
 * pieces of 64 KiB costs a third more than in these, the largest that libcurl
 * knows. It has the memory only while it sends. */
static long
buffer_size(const struct los_transfer *t)
{
    const int64_t n = t->body.length, most = 2 * 1024 * 1024;

    return (long)(n >= 0 && n < most ? n : most);
}

static CURLcode
set_method(struct los_transfer *t, CURL *c)
{
    const int head = strcmp(t->method, "HEAD") == 0;
    CURLcode code;

    /* Undoes what the transfer before may have set: a POSTFIELDS that stays
     * would keep libcurl from rewinding. */
    curl_easy_setopt(c, CURLOPT_POSTFIELDS, NULL);
    curl_easy_setopt(c, CURLOPT_HTTPGET, 1L);
    code = curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, head ? NULL : t->method);
    if (head)
        curl_easy_setopt(c, CURLOPT_NOBODY, 1L);
    if (code != CURLE_OK)
        return code;
    if (t->body.kind == LOS_BODY_NONE && !t->at_once)
        return CURLE_OK;
    if (t->at_once) {
        curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE,
                         (curl_off_t)t->body.length);
        return curl_easy_setopt(c, CURLOPT_POSTFIELDS,
                                los_body_take_memory(&t->body));
    }
    curl_easy_setopt(c, CURLOPT_UPLOAD_BUFFERSIZE, buffer_size(t));
    curl_easy_setopt(c, CURLOPT_INFILESIZE_LARGE, (curl_off_t)t->body.length);
    return curl_easy_setopt(c, CURLOPT_UPLOAD, 1L);
}

static int
fits_at_once(const struct los_transfer *t)
{
    if (t->body.kind == LOS_BODY_NONE)
        return los_method_has_body(t->method);
    return t->body.kind == LOS_BODY_MEMORY && t->body.length <= AT_ONCE_MAX
           && !t->expect && t->rate == 0;
}

int
los_transfer_start(struct los_transfer *t, struct los_easy *easy, int64_t now)
{
    CURL *c = easy->curl;
    CURLcode code;
    int error = los_body_open(&t->body, t->body_file);

    t->easy = easy;
    easy->transfer = t;
    easy->error[0] = '\0';
    t->started_at = t->moved_at = t->told_at = now;
    t->at_once = fits_at_once(t);
    los_pace_init(&t->pace, t->rate, now);
    if (error != LOS_OK) {
        los_answer_fail(&t->answer, error, t->body_file, t->body.os_error);
        return error;
    }
    code = set_method(t, c);
    if (code == CURLE_OK)
        code = set_head(t, easy);
    if (code == CURLE_OK)
        code = curl_easy_setopt(c, CURLOPT_URL, t->url);
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, (long)t->connect_ms);
    if (code == CURLE_OK)
        return LOS_OK;
    error = code == CURLE_OUT_OF_MEMORY ? LOS_E_MEMORY : LOS_E_ARGUMENT;
    los_answer_fail(&t->answer, error, curl_easy_strerror(code), 0);
    return error;
}
