#define _POSIX_C_SOURCE 200809L

#include "curl/stat.h"
#include "core/err.h"

#include <errno.h>
#include <sys/stat.h>

int
los_file_stat(const char *path, struct los_file_stat *out)
{
    struct stat st;

    if (stat(path, &st) != 0)
        return LOS_E_FILE_READ;
    if (!S_ISREG(st.st_mode)) {
        errno = EINVAL;
        return LOS_E_FILE_READ;
    }
    out->size = (int64_t)st.st_size;
    out->changed_s = (int64_t)st.st_mtim.tv_sec;
    out->changed_ns = st.st_mtim.tv_nsec;
    return LOS_OK;
}
