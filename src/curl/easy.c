#include "curl/easy.h"
#include "core/alloc.h"
#include "core/err.h"
#include "curl/transfer.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct string_option {
    CURLoption option;
    const char *value;
};

static CURLcode
set_strings(CURL *curl, const struct los_loop_options *o)
{
    /* A proxy with TLS is trusted by the same certificates. */
    const struct string_option list[] = {
        {CURLOPT_CAINFO, o->ca_file},
        {CURLOPT_PROXY_CAINFO, o->ca_file},
        {CURLOPT_CAPATH, o->ca_path},
        {CURLOPT_PROXY_CAPATH, o->ca_path},
        {CURLOPT_SSLCERT, o->client_cert},
        {CURLOPT_SSLKEY, o->client_key},
        {CURLOPT_KEYPASSWD, o->client_key_password},
        {CURLOPT_PROXY, o->proxy},
        {CURLOPT_PROXYUSERNAME, o->proxy_username},
        {CURLOPT_PROXYPASSWORD, o->proxy_password},
        {CURLOPT_NOPROXY, o->no_proxy},
        {CURLOPT_USERAGENT, o->user_agent},
    };
    CURLcode code = CURLE_OK;
    size_t i;

    /* libcurl puts it into the head as it is. */
    if (o->user_agent != NULL && strpbrk(o->user_agent, "\r\n") != NULL)
        return CURLE_BAD_FUNCTION_ARGUMENT;
    for (i = 0; i < sizeof(list) / sizeof(*list) && code == CURLE_OK; i++)
        if (list[i].value != NULL)
            code = curl_easy_setopt(curl, list[i].option, list[i].value);
    return code;
}

static CURLcode
set_protocols(CURL *curl)
{
#if LIBCURL_VERSION_NUM >= 0x075500
    return curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
#else
    return curl_easy_setopt(curl, CURLOPT_PROTOCOLS,
                            (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
}

/* With NOSIGNAL libcurl leaves SIGPIPE alone, and before 7.88 its TLS writes
 * could raise it. Without NOSIGNAL such a libcurl blocks SIGPIPE by itself,
 * and raises no SIGALRM as long as it resolves names in a thread. A loop's own
 * thread takes no signals at all. */
static long
no_signal(const struct los_loop_options *o)
{
    const curl_version_info_data *v = curl_version_info(CURLVERSION_NOW);
    int async = (v->features & CURL_VERSION_ASYNCHDNS) != 0;

    return o->thread || v->version_num >= 0x075800 || !async;
}

/* Programs that this one runs must not hold its connections open. */
static int
on_socket(void *context, curl_socket_t fd, curlsocktype purpose)
{
    (void)context;
    (void)purpose;
    fcntl(fd, F_SETFD, FD_CLOEXEC);
#ifdef SO_NOSIGPIPE
    {
        int on = 1; /* for our own send() */

        setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof(on));
    }
#endif
    return CURL_SOCKOPT_OK;
}

static CURLcode
set_numbers(CURL *curl, const struct los_loop_options *o)
{
    const long tls = o->tls_min == LOS_TLS_1_3 ? CURL_SSLVERSION_TLSv1_3
                                               : CURL_SSLVERSION_TLSv1_2;
    const long verify = !o->tls_no_verify;
    const struct {
        CURLoption option;
        long value;
    } list[] = {
        {CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1},
        {CURLOPT_PATH_AS_IS, 1L}, /* keys may hold "/../" */
        {CURLOPT_FOLLOWLOCATION, 0L},
        {CURLOPT_HTTP_CONTENT_DECODING, 0L},
        {CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L},
        {CURLOPT_NOSIGNAL, no_signal(o)},
        {CURLOPT_TCP_KEEPALIVE, 1L},
#if LIBCURL_VERSION_NUM >= 0x075700
        /* Or the end of a transfer waits for the name server. */
        {CURLOPT_QUICK_EXIT, 1L},
#endif
        {CURLOPT_SSLVERSION, tls},
        {CURLOPT_PROXY_SSLVERSION, tls},
        {CURLOPT_SSL_VERIFYPEER, verify},
        {CURLOPT_PROXY_SSL_VERIFYPEER, verify},
        {CURLOPT_SSL_VERIFYHOST, verify ? 2L : 0L},
        {CURLOPT_PROXY_SSL_VERIFYHOST, verify ? 2L : 0L},
    };
    CURLcode code = CURLE_OK;
    size_t i;

    for (i = 0; i < sizeof(list) / sizeof(*list) && code == CURLE_OK; i++)
        code = curl_easy_setopt(curl, list[i].option, list[i].value);
    return code;
}

static int
set_connect_to(struct los_pool *pool, const char *const *entries)
{
    for (; entries != NULL && *entries != NULL; entries++) {
        struct curl_slist *list =
            curl_slist_append(pool->connect_to, *entries);

        if (list == NULL)
            return LOS_E_MEMORY;
        pool->connect_to = list;
    }
    if (curl_easy_setopt(pool->pattern, CURLOPT_CONNECT_TO, pool->connect_to))
        return LOS_E_MEMORY;
    return LOS_OK;
}

/* libcurl looks at the proxy only when it connects. */
static int
is_proxy(const char *url)
{
    static const char *const schemes[] = {
        "http://",    "https://",  "socks4://",
        "socks4a://", "socks5://", "socks5h://",
    };
    size_t i;

    if (url == NULL || *url == '\0')
        return 1;
    for (i = 0; i < sizeof(schemes) / sizeof(*schemes); i++)
        if (strncmp(url, schemes[i], strlen(schemes[i])) == 0)
            return 1;
    return 0;
}

/* libcurl reads these when it connects. */
static int
may_be_proxied(const char *proxy)
{
    static const char *const names[] = {
        "http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"};
    size_t i;

    if (proxy != NULL)
        return *proxy != '\0';
    for (i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (getenv(names[i]) != NULL)
            return 1;
    return 0;
}

static int
copy_user_agent(struct los_pool *pool, const char *text)
{
    const size_t size = text != NULL ? strlen(text) + 1 : 0;

    if (size == 0)
        return LOS_OK;
    pool->user_agent = los_malloc(size);
    if (pool->user_agent == NULL)
        return LOS_E_MEMORY;
    memcpy(pool->user_agent, text, size);
    return LOS_OK;
}

int
los_pool_open(struct los_pool *pool, const struct los_loop_options *o)
{
    CURLcode code;

    memset(pool, 0, sizeof(*pool));
    if (!is_proxy(o->proxy))
        return LOS_E_ARGUMENT;
    pool->pattern = curl_easy_init();
    pool->share = curl_share_init();
    if (pool->pattern == NULL || pool->share == NULL
        || curl_share_setopt(pool->share, CURLSHOPT_SHARE,
                             CURL_LOCK_DATA_SSL_SESSION)
               != CURLSHE_OK) {
        los_pool_close(pool);
        return LOS_E_MEMORY;
    }
    code = set_protocols(pool->pattern);
    if (code == CURLE_OK)
        code = set_numbers(pool->pattern, o);
    if (code == CURLE_OK)
        code = curl_easy_setopt(pool->pattern, CURLOPT_SOCKOPTFUNCTION,
                                on_socket);
    if (code == CURLE_OK)
        code = set_strings(pool->pattern, o);
    if (code == CURLE_OK
        && (set_connect_to(pool, o->connect_to) != LOS_OK
            || copy_user_agent(pool, o->user_agent) != LOS_OK))
        code = CURLE_OUT_OF_MEMORY;
    pool->may_be_proxied = may_be_proxied(o->proxy);
    if (code == CURLE_OK)
        return LOS_OK;
    los_pool_close(pool);
    return code == CURLE_OUT_OF_MEMORY ? LOS_E_MEMORY : LOS_E_ARGUMENT;
}

void
los_easy_free(struct los_easy *easy)
{
    curl_easy_cleanup(easy->curl);
    los_free(easy->nodes);
    los_free(easy);
}

void
los_pool_close(struct los_pool *pool)
{
    while (pool->idle != NULL) {
        struct los_easy *next = pool->idle->next;

        los_easy_free(pool->idle);
        pool->idle = next;
    }
    curl_easy_cleanup(pool->pattern);
    curl_share_cleanup(pool->share);
    curl_slist_free_all(pool->connect_to);
    los_free(pool->user_agent);
    memset(pool, 0, sizeof(*pool));
}

struct los_easy *
los_easy_new(struct los_pool *pool)
{
    struct los_easy *easy = los_malloc(sizeof(*easy));

    if (easy == NULL)
        return NULL;
    memset(easy, 0, sizeof(*easy));
    easy->curl = curl_easy_duphandle(pool->pattern);
    if (easy->curl == NULL
        || curl_easy_setopt(easy->curl, CURLOPT_SHARE, pool->share)) {
        los_easy_free(easy);
        return NULL;
    }
    curl_easy_setopt(easy->curl, CURLOPT_PRIVATE, easy);
    curl_easy_setopt(easy->curl, CURLOPT_ERRORBUFFER, easy->error);
    los_easy_callbacks(easy);
    return easy;
}

struct los_easy *
los_pool_take(struct los_pool *pool)
{
    struct los_easy *easy = pool->idle;

    if (easy == NULL)
        return los_easy_new(pool);
    pool->idle = easy->next;
    return easy;
}

void
los_pool_give(struct los_pool *pool, struct los_easy *easy)
{
    easy->transfer = NULL;
    easy->next = pool->idle;
    pool->idle = easy;
}
