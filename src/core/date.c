#include "date.h"
#include "err.h"

#define SECONDS_OF_A_DAY 86400
#define LAST_TIME        253402300799 /* 9999-12-31T23:59:59Z */

enum { YEAR, MONTH, DAY, HOUR, MINUTE, SECOND, FIELDS };

static const char fields[] = "ymdhis"; /* in patterns, in the order above */
static const char week[] = "SunMonTueWedThuFriSat";
static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

/* Both directions count years from March, so that the day that comes and goes
 * is the last one (H. Hinnant, "chrono-compatible low-level date
 * algorithms"). Months and days count from 1. */

static int64_t
days_of(const int c[FIELDS])
{
    int64_t year = c[MONTH] <= 2 ? c[YEAR] - 1 : c[YEAR];
    int64_t month = (c[MONTH] + 9) % 12;

    return year * 365 + year / 4 - year / 100 + year / 400
           + (month * 153 + 2) / 5 + c[DAY] - 1 - 719468;
}

static int
civil_of(int64_t seconds, int c[FIELDS])
{
    int64_t days, era, day, year, month;

    if (seconds < 0 || seconds > LAST_TIME)
        return LOS_E_TIME;
    c[HOUR] = (int)(seconds % SECONDS_OF_A_DAY / 3600);
    c[MINUTE] = (int)(seconds % 3600 / 60);
    c[SECOND] = (int)(seconds % 60);
    days = seconds / SECONDS_OF_A_DAY + 719468;
    era = days / 146097;
    day = days % 146097;
    year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    day -= 365 * year + year / 4 - year / 100;
    month = (5 * day + 2) / 153;
    c[DAY] = (int)(day - (153 * month + 2) / 5 + 1);
    c[MONTH] = (int)((month + 2) % 12 + 1);
    c[YEAR] = (int)(year + era * 400 + (c[MONTH] <= 2));
    return LOS_OK;
}

/* ---- writing */

static void
put_number(char *to, int value, int digits)
{
    while (digits-- > 0) {
        to[digits] = (char)('0' + value % 10);
        value /= 10;
    }
}

int
los_date_iso(int64_t seconds, char out[LOS_DATE_ISO_SIZE])
{
    int c[FIELDS];

    if (civil_of(seconds, c) != LOS_OK)
        return LOS_E_TIME;
    put_number(out, c[YEAR], 4);
    put_number(out + 4, c[MONTH], 2);
    put_number(out + 6, c[DAY], 2);
    out[8] = 'T';
    put_number(out + 9, c[HOUR], 2);
    put_number(out + 11, c[MINUTE], 2);
    put_number(out + 13, c[SECOND], 2);
    out[15] = 'Z';
    return LOS_OK;
}

int
los_date_http(int64_t seconds, char out[LOS_DATE_HTTP_SIZE])
{
    int c[FIELDS];

    if (civil_of(seconds, c) != LOS_OK)
        return LOS_E_TIME;
    memcpy(out, "Www, dd Mmm yyyy hh:mm:ss GMT", LOS_DATE_HTTP_SIZE);
    memcpy(out, week + (seconds / SECONDS_OF_A_DAY + 4) % 7 * 3, 3);
    put_number(out + 5, c[DAY], 2);
    memcpy(out + 8, months + (c[MONTH] - 1) * 3, 3);
    put_number(out + 12, c[YEAR], 4);
    put_number(out + 17, c[HOUR], 2);
    put_number(out + 20, c[MINUTE], 2);
    put_number(out + 23, c[SECOND], 2);
    return LOS_OK;
}

/* ---- reading */

static int
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Place of a three letter name in a list of them, from 1; 0 = not there. */
static int
find_name(const char *names, los_str text)
{
    int i;

    for (i = 0; text.n >= 3 && names[i * 3] != '\0'; i++)
        if (memcmp(names + i * 3, text.p, 3) == 0)
            return i + 1;
    return 0;
}

/* In a pattern each of "ymdhis" takes one digit of that field, `n` the name
 * of a month, `w` that of a day; everything else stands for itself. */
static int
match(los_str text, const char *pattern, int c[FIELDS])
{
    memset(c, 0, FIELDS * sizeof(*c));
    for (; *pattern != '\0' && text.n > 0; pattern++) {
        const char *field = strchr(fields, *pattern);
        size_t taken = 1;

        if (*pattern == 'n' || *pattern == 'w') {
            int place = find_name(*pattern == 'n' ? months : week, text);

            if (place == 0)
                return 0;
            if (*pattern == 'n')
                c[MONTH] = place;
            taken = 3;
        } else if (field != NULL) {
            if (!is_digit(*text.p))
                return 0;
            c[field - fields] = c[field - fields] * 10 + *text.p - '0';
        } else if (*text.p != *pattern) {
            return 0;
        }
        text = los_str_of(text.p + taken, text.n - taken);
    }
    return *pattern == '\0' && text.n == 0;
}

/* Reads 2023-12-16T16:20:57.123Z: up to nine digits, which are dropped. */
static int
match_fraction(los_str text, int c[FIELDS])
{
    size_t digits = 0;

    if (text.n < 22 || text.p[19] != '.')
        return 0;
    while (digits < 9 && 20 + digits < text.n && is_digit(text.p[20 + digits]))
        digits++;
    return digits > 0 && text.n == 21 + digits && text.p[20 + digits] == 'Z'
           && match(los_str_of(text.p, 19), "yyyy-mm-ddThh:ii:ss", c);
}

static int
is_valid(const int c[FIELDS])
{
    static const char days[] = {31, 28, 31, 30, 31, 30,
                                31, 31, 30, 31, 30, 31};
    int leap = (c[YEAR] % 4 == 0 && c[YEAR] % 100 != 0) || c[YEAR] % 400 == 0;

    return c[YEAR] >= 1970 && c[MONTH] >= 1 && c[MONTH] <= 12 && c[DAY] >= 1
           && c[DAY] <= days[c[MONTH] - 1] + (c[MONTH] == 2 && leap)
           && c[HOUR] < 24 && c[MINUTE] < 60 && c[SECOND] < 60;
}

int
los_date_parse(los_str text, int64_t *seconds)
{
    int c[FIELDS];

    if (!match(text, "yyyymmddThhiissZ", c)
        && !match(text, "yyyy-mm-ddThh:ii:ssZ", c) && !match_fraction(text, c)
        && !match(text, "w, dd n yyyy hh:ii:ss GMT", c))
        return LOS_E_TIME;
    if (!is_valid(c))
        return LOS_E_TIME;
    *seconds = days_of(c) * SECONDS_OF_A_DAY + c[HOUR] * 3600 + c[MINUTE] * 60
               + c[SECOND];
    return LOS_OK;
}
