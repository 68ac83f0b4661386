#include "curl/pace.h"

/* A limit that nobody reaches; below it no product overflows. */
#define NO_LIMIT (INT64_C(1) << 40)

/* What goes at once is what belongs to so much time, and nothing smaller goes
 * before the end. What was not used is lost after twice that. */
#define PIECE_MS 60

static int64_t
piece(const struct los_pace *p)
{
    const int64_t bytes = p->rate * PIECE_MS / 1000;

    return bytes > 0 ? bytes : 1;
}

void
los_pace_init(struct los_pace *p, int64_t rate, int64_t now)
{
    p->rate = rate < NO_LIMIT ? rate : 0;
    p->credit = piece(p) * 1000;
    p->at = now;
}

static void
count(struct los_pace *p, int64_t now)
{
    const int64_t most = 2 * piece(p) * 1000;

    if (now > p->at)
        p->credit += now - p->at < 10000 ? (now - p->at) * p->rate : most;
    if (p->credit > most)
        p->credit = most;
    p->at = now;
}

size_t
los_pace_allow(struct los_pace *p, size_t n, int64_t now, int64_t *due)
{
    size_t least = (size_t)piece(p), allowed;

    if (p->rate == 0)
        return n;
    count(p, now);
    if (least > n)
        least = n;
    allowed = (size_t)(p->credit / 1000);
    if (allowed >= least)
        return allowed < n ? allowed : n;
    *due = now + ((int64_t)least * 1000 - p->credit + p->rate - 1) / p->rate;
    return 0;
}

void
los_pace_spend(struct los_pace *p, size_t n)
{
    if (p->rate > 0)
        p->credit -= (int64_t)n * 1000;
}
