/* A name server that takes its time, preloaded: names that end in ".slow" are
 * unknown after three seconds. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <string.h>
#include <unistd.h>

typedef int lookup(const char *, const char *, const struct addrinfo *,
                   struct addrinfo **);

__attribute__((visibility("default"))) int
getaddrinfo(const char *restrict node, const char *restrict service,
            const struct addrinfo *restrict hints,
            struct addrinfo **restrict out)
{
    size_t n = node != NULL ? strlen(node) : 0;
    void *next = dlsym(RTLD_NEXT, "getaddrinfo");
    lookup *real;

    if (n > 5 && strcmp(node + n - 5, ".slow") == 0) {
        sleep(3);
        return EAI_NONAME;
    }
    memcpy(&real, &next, sizeof(real));
    return real(node, service, hints, out);
}
