/* Keeps bytes to a rate: an even flow, without bursts.
 *
 * libcurl has an option for it, but what it lets go at once differs from one
 * version to the next; in 8.22 it is all that belongs to the first second. */
#ifndef LOS_CURL_PACE_H
#define LOS_CURL_PACE_H

#include <stddef.h>
#include <stdint.h>

struct los_pace {
    int64_t rate;   /* bytes per second, 0: no limit */
    int64_t credit; /* thousandths of a byte that may go at once */
    int64_t at;     /* milliseconds, when it was counted */
};

void los_pace_init(struct los_pace *pace, int64_t rate, int64_t now);

/* How many of n bytes may go now; 0: none before *due. The caller says with
 * los_pace_spend how many did. */
size_t los_pace_allow(struct los_pace *pace, size_t n, int64_t now,
                      int64_t *due);
void los_pace_spend(struct los_pace *pace, size_t n);

#endif
