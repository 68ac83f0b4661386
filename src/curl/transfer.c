#include "curl/transfer.h"
#include "core/alloc.h"
#include "core/err.h"

#include <string.h>

#define ANSWER_MAX (1024 * 1024)
#define TEXT_MAX   (1024 * 1024)

/* ---- what is allowed */

static int
is_token_char(char c)
{
    if ((c >= 'a' && c <= 'z') || c == '-' || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9'))
        return 1;
    return c != '\0' && strchr("!#$%&'*+.^_`|~", c) != NULL;
}

static int
is_token(los_str s)
{
    size_t i;

    for (i = 0; i < s.n; i++)
        if (!is_token_char(s.p[i]))
            return 0;
    return s.n > 0;
}

static int
is_url(los_str s)
{
    size_t i;

    if (!los_str_starts(s, LOS_STR("http://"))
        && !los_str_starts(s, LOS_STR("https://")))
        return 0;
    for (i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 127)
            return 0;
    return 1;
}

static int
is_path(los_str s)
{
    return memchr(s.p, '\0', s.n) == NULL;
}

static int
check(const struct los_transfer_options *o)
{
    int file = o->body_kind == LOS_BODY_FILE;

    if (!is_token(o->method) || !is_url(o->url))
        return LOS_E_ARGUMENT;
    if (los_str_is_named(o->method, LOS_STR("head"))
        && o->body_kind != LOS_BODY_NONE)
        return LOS_E_ARGUMENT;
    if (o->body_length < -1 || o->body_offset < 0 || o->rate < 0)
        return LOS_E_ARGUMENT;
    if (o->connect_ms < 0 || o->total_ms < 0 || o->answer_ms < 0
        || o->idle_ms < 0)
        return LOS_E_ARGUMENT;
    if (file && o->body_file.n == 0)
        return LOS_E_ARGUMENT;
    if ((file && !is_path(o->body_file))
        || (o->answer_file.n > 0 && !is_path(o->answer_file)))
        return LOS_E_BYTES;
    if (o->url.n > TEXT_MAX || o->head.n > TEXT_MAX || o->method.n > TEXT_MAX)
        return LOS_E_LIMIT;
    return LOS_OK;
}

/* Headers that libcurl's own take the place of, or that change what the
 * connection is. */
static int
is_special(los_str name)
{
    return los_str_is_named(name, LOS_STR("host"))
           || los_str_is_named(name, LOS_STR("connection"))
           || los_str_is_named(name, LOS_STR("user-agent"))
           || los_str_is_named(name, LOS_STR("te"))
           || los_str_is_named(name, LOS_STR("upgrade"))
           || los_str_is_named(name, LOS_STR("proxy-authorization"))
           || los_str_is_named(name, LOS_STR("proxy-connection"));
}

/* ---- the texts, one after the other behind the struct */

static char *
put(char *to, los_str s)
{
    if (s.n > 0)
        memcpy(to, s.p, s.n);
    to[s.n] = '\0';
    return to + s.n + 1;
}

/* "Name: value\r\n" becomes "Name: value\0", and without a value "Name;\0",
 * which is how libcurl is told to send an empty header. */
static int
put_header(struct los_transfer *t, char **to, los_str line)
{
    const char *colon = memchr(line.p, ':', line.n);
    los_str name;
    size_t i;

    if (colon == NULL)
        return LOS_E_ARGUMENT;
    name = los_str_of(line.p, (size_t)(colon - line.p));
    if (!is_token(name) || los_str_is_named(name, LOS_STR("content-length"))
        || los_str_is_named(name, LOS_STR("transfer-encoding"))
        || los_str_is_named(name, LOS_STR("expect")))
        return LOS_E_ARGUMENT;
    /* The line ends at its first CR. */
    if (memchr(line.p, '\n', line.n) != NULL
        || memchr(line.p, '\0', line.n) != NULL)
        return LOS_E_BYTES;
    for (i = name.n + 1; i < line.n && line.p[i] == ' ';)
        i++;
    if (los_str_is_named(name, LOS_STR("content-type")))
        t->has_content_type = 1;
    t->is_special |= is_special(name);
    t->head_lines++;
    *to = put(*to, i < line.n ? line : name);
    if (i == line.n) {
        (*to)[-1] = ';';
        *(*to)++ = '\0';
    }
    return LOS_OK;
}

static int
put_head(struct los_transfer *t, char **to, los_str head)
{
    t->head = *to;
    while (head.n > 0) {
        const char *cr = memchr(head.p, '\r', head.n);
        size_t n = cr != NULL ? (size_t)(cr - head.p) : head.n;
        int error;

        if (n + 2 > head.n || head.p[n + 1] != '\n')
            return LOS_E_BYTES;
        error = put_header(t, to, los_str_of(head.p, n));
        if (error != LOS_OK)
            return error;
        head = los_str_of(head.p + n + 2, head.n - n - 2);
    }
    return LOS_OK;
}

static int
put_texts(struct los_transfer *t, const struct los_transfer_options *o)
{
    char *to = t->text;

    t->method = to;
    to = put(to, o->method);
    t->url = to;
    to = put(to, o->url);
    t->body_file = to;
    to = put(to, o->body_file);
    t->answer_file = to;
    to = put(to, o->answer_file);
    return put_head(t, &to, o->head);
}

int
los_transfer_new(const struct los_transfer_options *o, uint64_t id,
                 struct los_transfer **out)
{
    size_t size = o->method.n + o->url.n + o->head.n + o->body_file.n
                  + o->answer_file.n + 5;
    struct los_transfer *t;
    int error = check(o);

    if (error != LOS_OK)
        return error;
    t = los_malloc(sizeof(*t) + size);
    if (t == NULL)
        return LOS_E_MEMORY;
    memset(t, 0, sizeof(*t));
    t->text_size = size;
    t->node.id = id;
    error = put_texts(t, o);
    los_body_init(&t->body, o);
    los_answer_init(&t->answer, o->answer_max > 0 ? o->answer_max : ANSWER_MAX,
                    o->answer_file.n > 0 ? t->answer_file : NULL);
    t->connect_ms = o->connect_ms;
    t->total_ms = o->total_ms;
    t->answer_ms = o->answer_ms;
    t->idle_ms = o->idle_ms;
    t->rate = o->rate;
    t->expect = o->expect;
    t->quiet = o->quiet;
    t->resend = o->resend || strcmp(t->method, "GET") == 0
                || strcmp(t->method, "HEAD") == 0;
    if (error != LOS_OK) {
        los_transfer_free(t);
        return error;
    }
    *out = t;
    return LOS_OK;
}

/* The texts hold signatures and tokens. */
void
los_transfer_free(struct los_transfer *t)
{
    los_body_free(&t->body);
    los_answer_free(&t->answer);
    los_wipe(t->text, t->text_size);
    los_free(t);
}
