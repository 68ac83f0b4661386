/* A descriptor that is readable while the bell rings, for any event loop. */
#ifndef LOS_CURL_THREAD_BELL_H
#define LOS_CURL_THREAD_BELL_H

struct los_bell {
    int fd;       /* to watch, never to read from */
    int write_fd; /* the same, or the other end of a pipe */
    int rings;
};

/* LOS_E_THREAD when there are no descriptors left. */
int los_bell_open(struct los_bell *bell);
void los_bell_close(struct los_bell *bell);

/* Not from two threads at once. */
void los_bell_ring(struct los_bell *bell);
void los_bell_hush(struct los_bell *bell);

#endif
