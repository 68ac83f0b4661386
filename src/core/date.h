/* Dates of the protocol, in UTC, without the C library's idea of time.
 *
 * Seconds count from 1970-01-01T00:00:00Z; years 1970 to 9999 can be
 * written. */
#ifndef LOS_DATE_H
#define LOS_DATE_H

#include "str.h"

#include <stdint.h>

#define LOS_DATE_ISO_SIZE  16 /* 20231216T162057Z */
#define LOS_DATE_HTTP_SIZE 29 /* Sat, 16 Dec 2023 16:20:57 GMT */

/* Write without a terminator. LOS_E_TIME when out of range. */
int los_date_iso(int64_t seconds, char out[LOS_DATE_ISO_SIZE]);
int los_date_http(int64_t seconds, char out[LOS_DATE_HTTP_SIZE]);

/* Reads 20231216T162057Z, 2023-12-16T16:20:57Z with or without a fraction of
 * the second (dropped), or Sat, 16 Dec 2023 16:20:57 GMT (the name of the day
 * is not compared with the date). LOS_E_TIME for anything else. */
int los_date_parse(los_str text, int64_t *seconds);

#endif
