#define _GNU_SOURCE /* dladdr */

#include "curl/global.h"
#include "core/err.h"

#include <curl/curl.h>
#include <dlfcn.h>
#include <stdint.h>

/* libcurl asks for addresses on threads of its own, and one that is not
 * waited for (CURLOPT_QUICK_EXIT) may still run when Lua unloads its modules:
 * libcurl then has to stay. */
static void
keep_loaded(void)
{
#ifdef RTLD_NODELETE
    const uintptr_t inside = (uintptr_t)curl_easy_init;
    Dl_info info;
    void *handle = NULL;

    if (dladdr((const void *)inside, &info) != 0)
        handle = dlopen(info.dli_fname, RTLD_LAZY | RTLD_NODELETE);
    if (handle != NULL)
        dlclose(handle);
#endif
}

int
los_global_open(void)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return LOS_E_MEMORY;
    keep_loaded();
    return LOS_OK;
}

void
los_global_close(void)
{
    curl_global_cleanup();
}
