/* Bytes keep to a rate, on a clock that the test moves. */
#include "spec/core/tap.h"

#include "curl/pace.h"

struct flow {
    int64_t ms;      /* until all had gone */
    int64_t longest; /* between two pieces */
    size_t largest;  /* piece */
    long pieces;
};

/* Sends so many bytes, which the reader has in chunks of that size, and is
 * late by some milliseconds each time. */
static struct flow
send_all(int64_t rate, size_t bytes, size_t chunk, int64_t late)
{
    struct flow f = {0, 0, 0, 0};
    struct los_pace p;
    int64_t now = 1000, last = now;

    los_pace_init(&p, rate, now);
    while (bytes > 0 && f.pieces < 1000000) {
        int64_t due = 0;
        size_t want = bytes < 65536 ? bytes : 65536;
        size_t n = los_pace_allow(&p, want, now, &due);

        if (n == 0) {
            if (due <= now)
                return f; /* it would never end */
            now = due + late;
            continue;
        }
        if (n > chunk)
            n = chunk;
        los_pace_spend(&p, n);
        bytes -= n;
        f.pieces++;
        f.largest = n > f.largest ? n : f.largest;
        f.longest = now - last > f.longest ? now - last : f.longest;
        last = now;
    }
    f.ms = now - 1000;
    return f;
}

static void
test_flow(void)
{
    static const int64_t rates[] = {1000, 4096, 100000, 1000000, 50000000};
    size_t i;

    for (i = 0; i < sizeof(rates) / sizeof(*rates); i++) {
        const int64_t rate = rates[i];
        const struct flow f =
            send_all(rate, (size_t)(3 * rate), (size_t)1 << 40, 0);

        ok(f.ms >= 2800 && f.ms <= 3100, "3 s at %lld bytes/s took %lld ms",
           (long long)rate, (long long)f.ms);
        ok((int64_t)f.largest <= rate / 8 && f.longest <= 100,
           "in pieces of %zu bytes at most, at most %lld ms apart", f.largest,
           (long long)f.longest);
    }
}

static void
test_odd_flows(void)
{
    struct flow f = send_all(100000, 200000, 1000, 0);

    ok(f.ms >= 1850 && f.ms <= 2100, "small chunks: %lld ms", (long long)f.ms);
    f = send_all(100000, 200000, (size_t)1 << 40, 20);
    ok(f.ms >= 1850 && f.ms <= 2200, "a caller that is late: %lld ms",
       (long long)f.ms);
    f = send_all(1, 3, 1, 0);
    ok(f.ms >= 1900 && f.ms <= 3000, "a byte a second: %lld ms",
       (long long)f.ms);
    f = send_all(0, 10000000, (size_t)1 << 40, 0);
    is_int(f.ms, 0, "no limit");
    f = send_all(INT64_MAX, 10000000, (size_t)1 << 40, 0);
    is_int(f.ms, 0, "a limit beyond all");
}

static void
test_pause(void)
{
    struct los_pace p;
    int64_t due = 0;
    size_t n;

    los_pace_init(&p, 1000, 0);
    n = los_pace_allow(&p, 1000000, 3600 * 1000, &due);
    ok(n > 0 && n <= 125, "an hour without anything to send gives %zu bytes",
       n);
    is_int(los_pace_allow(&p, 1000000, 10, &due), n,
           "a clock that goes back gives nothing and takes nothing");
}

int
main(void)
{
    test_flow();
    test_odd_flows();
    test_pause();
    return done();
}
