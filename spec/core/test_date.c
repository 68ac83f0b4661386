#include "tap.h"
#include "core/date.h"

static const struct {
    int64_t seconds;
    const char *iso, *http;
} known[] = {
    {0, "19700101T000000Z", "Thu, 01 Jan 1970 00:00:00 GMT"},
    {951782399, "20000228T235959Z", "Mon, 28 Feb 2000 23:59:59 GMT"},
    {951782400, "20000229T000000Z", "Tue, 29 Feb 2000 00:00:00 GMT"},
    {1078012800, "20040229T000000Z", "Sun, 29 Feb 2004 00:00:00 GMT"},
    {1448180198, "20151122T081638Z", "Sun, 22 Nov 2015 08:16:38 GMT"},
    {1702743657, "20231216T162057Z", "Sat, 16 Dec 2023 16:20:57 GMT"},
    {1704067199, "20231231T235959Z", "Sun, 31 Dec 2023 23:59:59 GMT"},
    {2147483648, "20380119T031408Z", "Tue, 19 Jan 2038 03:14:08 GMT"},
    {4107542400, "21000301T000000Z", "Mon, 01 Mar 2100 00:00:00 GMT"},
    {253402300799, "99991231T235959Z", "Fri, 31 Dec 9999 23:59:59 GMT"},
};

static const char *const broken[] = {
    "",
    "2",
    "20231216T162057",
    "20231216T162057Z ",
    " 20231216T162057Z",
    "20231216 162057Z",
    "20231216t162057Z",
    "20231316T162057Z",
    "20230016T162057Z",
    "20231200T162057Z",
    "20230229T162057Z",
    "21000229T000000Z",
    "20230431T000000Z",
    "20231216T242057Z",
    "20231216T166057Z",
    "20231216T162060Z",
    "19691231T235959Z",
    "2023121aT162057Z",
    "2023-12-16T16:20:57",
    "2023-12-16T16:20:57.Z",
    "2023-12-16T16:20:57.1234567890Z",
    "2023-12-16T16:20:57.000",
    "2023-12-16T16:20:57.00aZ",
    "2023-12-16T16:20:57+00:00",
    "2023-12-16 16:20:57Z",
    "2023-12-16T16:20:57.000ZZ",
    "Sat, 16 Dec 2023 16:20:57 UTC",
    "Sat, 16 Dec 2023 16:20:57 GMTx",
    "Sat, 6 Dec 2023 16:20:57 GMT",
    "Xxx, 16 Dec 2023 16:20:57 GMT",
    "unM, 16 Dec 2023 16:20:57 GMT",
    "Sat, 16 Foo 2023 16:20:57 GMT",
    "Sat, 16 anF 2023 16:20:57 GMT",
    "sat, 16 dec 2023 16:20:57 gmt",
    "Sat, 16-Dec-23 16:20:57 GMT",
    "Sat, 30 Feb 2024 16:20:57 GMT",
    "Sa",
    "Sat, 16 De",
};

static void
test_known(void)
{
    char iso[LOS_DATE_ISO_SIZE], http[LOS_DATE_HTTP_SIZE];
    size_t i;

    for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        int64_t t = known[i].seconds, back = -1;

        ok(los_date_iso(t, iso) == LOS_OK
               && memcmp(iso, known[i].iso, sizeof(iso)) == 0,
           "%s", known[i].iso);
        ok(los_date_http(t, http) == LOS_OK
               && memcmp(http, known[i].http, sizeof(http)) == 0,
           "%s", known[i].http);
        los_date_parse(guarded_str(str(known[i].iso)), &back);
        is_int(back, t, "and back");
        los_date_parse(guarded_str(str(known[i].http)), &back);
        is_int(back, t, "and back");
    }
}

static void
test_extended(void)
{
    static const char *const same[] = {
        "2023-12-16T16:20:57Z",          "2023-12-16T16:20:57.0Z",
        "2023-12-16T16:20:57.999Z",      "2023-12-16T16:20:57.123456789Z",
        "Mon, 16 Dec 2023 16:20:57 GMT",
    };
    size_t i;

    for (i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        int64_t t = 0;

        los_date_parse(guarded_str(str(same[i])), &t);
        is_int(t, 1702743657, "%s", same[i]);
    }
}

static void
test_refused(void)
{
    char out[LOS_DATE_HTTP_SIZE];
    size_t i;

    for (i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        int64_t t = 42;

        ok(los_date_parse(guarded_str(str(broken[i])), &t) == LOS_E_TIME
               && t == 42,
           "refused: \"%s\"", broken[i]);
    }
    is_int(los_date_iso(-1, out), LOS_E_TIME, "before 1970");
    is_int(los_date_iso(253402300800, out), LOS_E_TIME, "after 9999");
    is_int(los_date_http(INT64_MIN, out), LOS_E_TIME, "smallest");
    is_int(los_date_http(INT64_MAX, out), LOS_E_TIME, "largest");
}

/* Each day of four centuries, written and read. */
static void
test_every_day(void)
{
    int wrong = 0;
    int64_t day;

    for (day = 0; day < 146097 + 1; day++) {
        char text[LOS_DATE_HTTP_SIZE];
        int64_t t = day * 86400 + day % 86400, back = -1;

        los_date_http(t, text);
        los_date_parse(los_str_of(text, sizeof(text)), &back);
        wrong += back != t;
    }
    is_int(wrong, 0, "each day of 400 years");
}

int
main(void)
{
    test_known();
    test_extended();
    test_refused();
    test_every_day();
    return done();
}
