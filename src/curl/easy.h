/* A pool of libcurl easy handles that share the options of a loop.
 *
 * The options are set once, on a pattern; handles are copies of it, made when
 * first needed and used again and again, since making one costs more than a
 * small transfer. */
#ifndef LOS_CURL_EASY_H
#define LOS_CURL_EASY_H

#include "curl/options.h"

#include <curl/curl.h>

#if LIBCURL_VERSION_NUM < 0x075000
#error "libcurl 7.80.0 or later is needed (CURLOPT_PREREQFUNCTION)"
#endif

struct los_transfer;

struct los_easy {
    CURL *curl;
    struct los_easy *next; /* in the pool */
    struct los_transfer *transfer;
    struct curl_slist *nodes; /* the header list, pointing into transfer */
    size_t node_room;
    int is_driven; /* libcurl is at work with it */
    char error[CURL_ERROR_SIZE];
};

struct los_pool {
    CURL *pattern;
    CURLSH *share; /* TLS sessions, so that reconnecting is cheap */
    struct curl_slist *connect_to;
    struct los_easy *idle;
    char *user_agent;   /* NULL: none */
    int may_be_proxied; /* by an option, or by the environment */
};

/* LOS_E_ARGUMENT for an option that libcurl refuses, LOS_E_MEMORY. */
int los_pool_open(struct los_pool *pool, const struct los_loop_options *o);

/* Every handle must have been given back. */
void los_pool_close(struct los_pool *pool);

/* A new handle that never was in the pool, NULL without memory. */
struct los_easy *los_easy_new(struct los_pool *pool);
void los_easy_free(struct los_easy *easy);

/* A handle for one transfer, NULL without memory. */
struct los_easy *los_pool_take(struct los_pool *pool);
void los_pool_give(struct los_pool *pool, struct los_easy *easy);

#endif
