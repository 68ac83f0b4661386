/* Many HTTP transfers driven by one caller, on libcurl's multi interface.
 *
 * A request that is in memory as a whole goes over a connection that libcurl
 * has made and this library speaks HTTP on (curl/http), others are libcurl's
 * as a whole. Each kind keeps connections of its own.
 *
 * The caller submits, polls, and takes events; nothing is ever called back,
 * so an event may be answered with any call of this header. Transfers are
 * named by ids that are never used twice; a call with the id of a transfer
 * that is over is harmless. One thread at a time may use a loop. */
#ifndef LOS_CURL_LOOP_H
#define LOS_CURL_LOOP_H

#include "curl/answer.h"
#include "curl/options.h"

struct los_loop;

enum los_event_kind {
    LOS_EVENT_PROGRESS, /* bytes have moved; at most one waits for each id */
    LOS_EVENT_NEED,     /* a fed body has run dry */
    LOS_EVENT_DONE      /* the last event of its id */
};

struct los_event {
    enum los_event_kind kind;
    uint64_t id;
    int64_t sent;     /* bytes of the body that the socket has taken */
    int64_t total;    /* bytes of the body, -1 while not known */
    int64_t received; /* bytes of the answer's body */
    const struct los_answer *answer; /* DONE only; until los_loop_shift */
};

/* Makes a loop. LOS_E_ARGUMENT for an option that libcurl refuses, or
 * LOS_E_MEMORY. Each open loop holds one reference of curl_global_init; see
 * curl/global.h about threads. */
int los_loop_open(const struct los_loop_options *options,
                  struct los_loop **out);

/* Drops everything that is left, without events. NULL is allowed. */
void los_loop_close(struct los_loop *loop);

/* Queues a transfer; nothing is opened or sent before the next poll.
 * LOS_E_ARGUMENT or LOS_E_BYTES for what cannot be sent, LOS_E_MEMORY. */
int los_loop_submit(struct los_loop *loop,
                    const struct los_transfer_options *options, uint64_t *id);

/* The id that the next successful submit will give. */
uint64_t los_loop_next_id(const struct los_loop *loop);

/* Moves what can be moved and returns the number of waiting events. Sleeps
 * up to timeout_ms (0: not at all) while there are none, also when there is
 * nothing to do; a signal ends the sleep. */
int los_loop_poll(struct los_loop *loop, int timeout_ms);

/* Milliseconds of the clock behind all limits; it only goes forward. */
int64_t los_loop_now(void);

/* Shows the oldest waiting event: 1, or 0 when there is none. It stays the
 * oldest until los_loop_shift takes it away. */
int los_loop_event(const struct los_loop *loop, struct los_event *event);

/* Takes the oldest event away. After DONE the transfer is freed. */
void los_loop_shift(struct los_loop *loop);

/* Copies more of a fed body. LOS_E_NO_TRANSFER: there is no such fed body any
 * more. LOS_E_FEED_FULL: wait for the next NEED event. LOS_E_BODY_LONG: more
 * than was announced; the transfer ends with that error. */
int los_loop_feed(struct los_loop *loop, uint64_t id, los_str chunk);

/* Ends a fed body. Also needed when its length was announced: the last byte
 * is held back until then, so that a body that is too long is never stored.
 * Ends the transfer with LOS_E_BODY_SHORT when bytes are missing. */
int los_loop_feed_end(struct los_loop *loop, uint64_t id);

/* Drops a transfer and its waiting events: 0 when it was over, 1 when the
 * request cannot have reached the server whole, 2 when it may have. */
int los_loop_cancel(struct los_loop *loop, uint64_t id);

/* Transfers that were submitted and have not ended. */
size_t los_loop_active(const struct los_loop *loop);

#endif
