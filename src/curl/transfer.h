/* One transfer, from the queue to its last event. Private to src/curl. */
#ifndef LOS_CURL_TRANSFER_H
#define LOS_CURL_TRANSFER_H

#include "curl/answer.h"
#include "curl/body.h"
#include "curl/easy.h"
#include "curl/index.h"
#include "curl/options.h"
#include "curl/pace.h"

enum los_transfer_state { LOS_QUEUED, LOS_RUNNING, LOS_ENDED };

struct los_transfer {
    struct los_node node; /* in the loop's index */
    enum los_transfer_state state;
    struct los_transfer *prev, *next;             /* queued or running ones */
    struct los_transfer *event_prev, *event_next; /* those with events */
    unsigned events;                              /* bits of los_event_kind */

    struct los_easy *easy;             /* while it runs */
    struct los_connection *connection; /* of an exchange, owns easy then */
    struct los_body body;
    struct los_answer answer;
    int at_once;     /* head and body go out together, from memory */
    int paused;      /* libcurl waits for a feed */
    int reconnects;  /* since a new connection was gone at once */
    int requests;    /* how often libcurl has begun to send it */
    int sent_before; /* an earlier try may have gone out whole */

    /* Asked before the last piece of a request goes out: 0 stops it there.
     * NULL when nobody wants to be asked. */
    int (*may_go)(void *owner);
    void *owner;

    int connect_ms, total_ms, answer_ms, idle_ms;
    int64_t rate;
    struct los_pace pace;
    int64_t held_until; /* libcurl waits for the pace, 0: it does not */
    int expect, quiet, resend;
    int64_t started_at, moved_at; /* milliseconds of the loop's clock */
    int64_t seen_received;        /* when last looked at */
    int touched;                  /* something else has moved since */
    int untold;                   /* progress waits to be told */
    int64_t told_at;              /* the last one, or the start */

    /* Into text: C strings; head is one after the other. */
    const char *method, *url, *head, *body_file, *answer_file;
    size_t head_lines;
    int has_content_type;
    int is_special; /* a header that is libcurl's affair */
    size_t text_size;
    char text[];
};

/* Checks and copies. LOS_E_ARGUMENT, LOS_E_BYTES, LOS_E_MEMORY. */
int los_transfer_new(const struct los_transfer_options *options, uint64_t id,
                     struct los_transfer **out);
void los_transfer_free(struct los_transfer *t);

/* Opens the body and tells the handle what to do. On failure the answer holds
 * the error. */
int los_transfer_start(struct los_transfer *t, struct los_easy *easy,
                       int64_t now);

/* Whether the request may go out now, when its last piece is next. */
int los_transfer_may_go(const struct los_transfer *t);

/* Whether a request without a body says so: "Content-Length: 0". */
int los_method_has_body(const char *method);

/* Points a new handle's callbacks here. */
CURLcode los_easy_callbacks(struct los_easy *easy);

/* Lets a transfer go on that its pace has held until now. 1 when it did. */
int los_transfer_unhold(struct los_transfer *t, int64_t now);

/* Looks at the counters: 1 when bytes of a body have moved and it is time to
 * tell. */
int los_transfer_observe(struct los_transfer *t, int64_t now);

/* The time limits: LOS_OK, and *next lowered to when to look again, or the
 * limit that has passed. */
int los_transfer_check_time(const struct los_transfer *t, int64_t now,
                            int64_t *next);

/* Whether the whole request may be with the server. In doubt it may: what is
 * then believed lost was at most stored, never the other way round. */
int los_transfer_may_be_sent(const struct los_transfer *t);

/* Writes the outcome into the answer. A failure that was noted before counts
 * more than code. */
void los_transfer_finish(struct los_transfer *t, CURLcode code);

#endif
