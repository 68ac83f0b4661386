/* A loop that is either the caller's own, or runs on a thread of its own.
 *
 * The calls are those of curl/loop.h and mean the same. With the option
 * `thread` nothing is opened, sent, received or resolved inside of them: the
 * caller only hands over what it wants and takes events. One thread at a time
 * may use an engine, any number of engines may be in use.
 *
 * After fork(), the C library's, an engine belongs to the parent. In the child
 * every call fails with LOS_E_FORKED or does nothing, and close leaves
 * everything to the parent: the connections are its.
 *
 * When the process ends, threads that are still at work are stopped; what they
 * had not sent stays unsent. */
#ifndef LOS_CURL_ENGINE_H
#define LOS_CURL_ENGINE_H

#include "curl/loop.h"

struct los_engine;

/* As los_loop_open, and LOS_E_THREAD. */
int los_engine_open(const struct los_loop_options *options,
                    struct los_engine **out);

/* Drops everything that is left, without events. NULL is allowed. */
void los_engine_close(struct los_engine *engine);

int los_engine_submit(struct los_engine *engine,
                      const struct los_transfer_options *options,
                      uint64_t *id);
uint64_t los_engine_next_id(const struct los_engine *engine);

/* The number of waiting events, or LOS_E_FORKED. */
int los_engine_poll(struct los_engine *engine, int timeout_ms);

int los_engine_event(struct los_engine *engine, struct los_event *event);
void los_engine_shift(struct los_engine *engine);
int los_engine_feed(struct los_engine *engine, uint64_t id, los_str chunk);
int los_engine_feed_end(struct los_engine *engine, uint64_t id);

/* As los_loop_cancel, but the body may be in use until los_engine_released
 * gives the id. */
int los_engine_cancel(struct los_engine *engine, uint64_t id);

/* Gives the id of a cancelled transfer that is wholly over: 1, or 0 when none
 * is waiting to be named. */
int los_engine_released(struct los_engine *engine, uint64_t *id);

/* With a thread a transfer ends when its DONE is taken, not before. */
size_t los_engine_active(const struct los_engine *engine);

/* A descriptor that is readable while events wait, to watch and never to read
 * from; -1 for an engine without a thread. */
int los_engine_fd(struct los_engine *engine);

/* Makes the descriptor readable in so many milliseconds at the latest, for a
 * caller with plans of its own. Each poll ends that. */
void los_engine_alarm(struct los_engine *engine, int ms);

/* 1 in the process that opened the engine, 0 in its children. */
int los_engine_is_own(const struct los_engine *engine);

#endif
