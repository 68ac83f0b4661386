/* What reads as a date is written and read again as the same second. */
#include "core/date.h"
#include "core/err.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char iso[LOS_DATE_ISO_SIZE], http[LOS_DATE_HTTP_SIZE];
    int64_t t, again;

    if (los_date_parse(los_str_of((const char *)data, size), &t) != LOS_OK)
        return 0;
    if (los_date_iso(t, iso) != LOS_OK || los_date_http(t, http) != LOS_OK
        || los_date_parse(los_str_of(iso, sizeof(iso)), &again) != LOS_OK
        || again != t
        || los_date_parse(los_str_of(http, sizeof(http)), &again) != LOS_OK
        || again != t)
        abort();
    return 0;
}
