#include "tap.h"
#include "core/crc64.h"

/* The definition, a bit at a time. */
static uint64_t
by_bits(uint64_t crc, const unsigned char *p, size_t n)
{
    crc = ~crc;
    while (n-- > 0) {
        int bit;

        crc ^= *p++;
        for (bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xc96c5795d7870f42u : 0);
    }
    return ~crc;
}

static uint32_t seed = 1;

static uint32_t
next_random(void)
{
    seed = seed * 1664525 + 1013904223;
    return seed >> 8;
}

static void
test_known(void)
{
    ok(los_crc64(0, "", 0) == 0, "nothing");
    ok(los_crc64(0, "123456789", 9) == 11051210869376104954u, "check value");
    ok(los_crc64(0, "hello world", 11) == 5981764153023615706u, "hello");
    ok(los_crc64(los_crc64(0, "1234", 4), "56789", 5) == 11051210869376104954u,
       "in two pieces");
}

/* Every length from 0 to 1200, ending where memory ends. */
static void
test_lengths(unsigned char *data, size_t size)
{
    int table = 0, narrow = 0, wide = 0, fast = 0, chained = 0;
    size_t n;

    for (n = 0; n < size; n++) {
        const void *p = guarded(data, n);
        uint64_t start = n % 3 == 0 ? 0 : (uint64_t)next_random() << 40;
        uint64_t want = by_bits(start, data, n);
        size_t cut = n > 0 ? next_random() % n : 0;

        table += los_crc64_by(0, start, p, n) != want;
        narrow += los_crc64_by(128, start, p, n) != want;
        wide += los_crc64_by(512, start, p, n) != want;
        fast += los_crc64(start, p, n) != want;
        chained += los_crc64(los_crc64(start, data, cut), data + cut, n - cut)
                   != want;
    }
    is_int(table, 0, "the table agrees with the definition");
    is_int(narrow, 0, "so do 128 bits a step, where the CPU has them");
    is_int(wide, 0, "so do 512");
    is_int(fast, 0, "so does the choice");
    is_int(chained, 0, "so do two pieces");
}

static void
test_random(void)
{
    size_t size = 200000;
    unsigned char *data = malloc(size);
    int i, differ = 0, bits;

    for (i = 0; i < (int)size; i++)
        data[i] = (unsigned char)next_random();
    test_lengths(data, 1200);
    for (i = 0; i < 300; i++) {
        size_t at = next_random() % 64, n = next_random() % (size - 64);
        uint64_t want = los_crc64_by(0, 7, data + at, n);

        for (bits = 128; bits <= 512; bits *= 4)
            differ += los_crc64_by(bits, 7, data + at, n) != want;
    }
    is_int(differ, 0, "all agree on long input at any alignment");
    free(data);
}

static void
test_combine(void)
{
    char text[300];
    int wrong = 0;
    size_t i, cut;

    for (i = 0; i < sizeof(text); i++)
        text[i] = (char)next_random();
    for (i = 0; i < sizeof(text); i++) {
        cut = next_random() % (i + 1);
        wrong += los_crc64_combine(los_crc64(0, text, cut),
                                   los_crc64(0, text + cut, i - cut), i - cut)
                 != los_crc64(0, text, i);
    }
    is_int(wrong, 0, "combining");
    ok(los_crc64_combine(5, 3, 0) == 5, "with nothing");
    ok(los_crc64_combine(0, 7, 12345) == 7, "after nothing");
    ok(los_crc64_combine(los_crc64_combine(1, 2, (uint64_t)1 << 62), 3, 9)
           == los_crc64_combine(1, los_crc64_combine(2, 3, 9),
                                ((uint64_t)1 << 62) + 9),
       "is associative, also for huge lengths");
}

int
main(void)
{
    test_known();
    test_random();
    test_combine();
    return done();
}
