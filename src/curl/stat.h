/* Size and time of change of a file: whether it is still the same one. */
#ifndef LOS_CURL_STAT_H
#define LOS_CURL_STAT_H

#include <stdint.h>

struct los_file_stat {
    int64_t size;      /* bytes */
    int64_t changed_s; /* last modification, unix seconds */
    long changed_ns;
};

/* LOS_E_FILE_READ (errno tells more), also for what is no regular file. */
int los_file_stat(const char *path, struct los_file_stat *out);

#endif
