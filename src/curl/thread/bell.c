#define _POSIX_C_SOURCE 200809L

#include "curl/thread/bell.h"
#include "core/err.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <unistd.h>

#if defined(__linux__) && !defined(LOS_NO_EVENTFD)
#include <sys/eventfd.h>

int
los_bell_open(struct los_bell *bell)
{
    bell->fd = bell->write_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    bell->rings = 0;
    return bell->fd >= 0 ? LOS_OK : LOS_E_THREAD;
}

#else

int
los_bell_open(struct los_bell *bell)
{
    int fds[2], i;

    bell->fd = bell->write_fd = -1;
    bell->rings = 0;
    if (pipe(fds) != 0)
        return LOS_E_THREAD;
    for (i = 0; i < 2; i++) {
        fcntl(fds[i], F_SETFD, FD_CLOEXEC);
        fcntl(fds[i], F_SETFL, O_NONBLOCK);
    }
    bell->fd = fds[0];
    bell->write_fd = fds[1];
    return LOS_OK;
}

#endif

void
los_bell_close(struct los_bell *bell)
{
    if (bell->fd >= 0)
        close(bell->fd);
    if (bell->write_fd >= 0 && bell->write_fd != bell->fd)
        close(bell->write_fd);
    bell->fd = bell->write_fd = -1;
}

/* What an eventfd wants, and a pipe takes as well. */
void
los_bell_ring(struct los_bell *bell)
{
    const uint64_t one = 1;

    if (bell->rings)
        return;
    while (write(bell->write_fd, &one, sizeof(one)) < 0 && errno == EINTR)
        ;
    bell->rings = 1;
}

void
los_bell_hush(struct los_bell *bell)
{
    uint64_t value;

    if (!bell->rings)
        return;
    while (read(bell->fd, &value, sizeof(value)) < 0 && errno == EINTR)
        ;
    bell->rings = 0;
}
