/* A loop on a thread of its own, behind the calls of curl/loop.h.
 *
 * The caller's thread makes and frees transfers, hands over wishes and takes
 * events; the worker's thread alone touches libcurl. They meet in two lines
 * of tickets under one lock, which is never held while anything is allocated,
 * freed, sent or received, so nobody waits for the other's work. Every ticket
 * stands at most once in each line, so memory is bounded.
 *
 * Used through curl/engine.h only. */
#ifndef LOS_CURL_THREAD_WORKER_H
#define LOS_CURL_THREAD_WORKER_H

#include "curl/loop.h"

struct los_worker;

/* As los_loop_open, and LOS_E_THREAD. */
int los_worker_open(const struct los_loop_options *options,
                    struct los_worker **out);

/* Waits for the thread to put down what it does now, then drops all. */
void los_worker_close(struct los_worker *worker);

/* Ends the thread before the process does: libraries take themselves apart
 * then. Waits for it, but not forever. */
void los_worker_stop(struct los_worker *worker);

/* As their likes in curl/loop.h. */
int los_worker_submit(struct los_worker *worker,
                      const struct los_transfer_options *options,
                      uint64_t *id);
uint64_t los_worker_next_id(const struct los_worker *worker);
int los_worker_poll(struct los_worker *worker, int timeout_ms);
int los_worker_event(struct los_worker *worker, struct los_event *event);
void los_worker_shift(struct los_worker *worker);
int los_worker_feed(struct los_worker *worker, uint64_t id, los_str data);
int los_worker_feed_end(struct los_worker *worker, uint64_t id);
int los_worker_cancel(struct los_worker *worker, uint64_t id);
size_t los_worker_active(const struct los_worker *worker);

/* As in curl/engine.h. */
int los_worker_released(struct los_worker *worker, uint64_t *id);
int los_worker_fd(struct los_worker *worker);
void los_worker_alarm(struct los_worker *worker, int ms);

#endif
