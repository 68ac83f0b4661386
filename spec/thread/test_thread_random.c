/* Cancelled, closed and left alone at random moments, again and again. What
 * is said to have not arrived has not; a body is left alone once it was
 * named; nothing is told of what was cancelled. */
#include "spec/thread/drive.h"

#define ENGINES   60
#define TRANSFERS 40
#define BODY_MAX  200000

struct item {
    uint64_t id;
    int number;
    char *body;  /* NULL when fed, or given back */
    int outcome; /* of the cancel; -1: was not cancelled */
    int over;    /* DONE came, or the id was released */
};

static struct item items[TRANSFERS];
static int numbers, unexpected, mistaken;

static struct item *
find(uint64_t id)
{
    int i;

    for (i = 0; i < TRANSFERS; i++)
        if (items[i].id == id)
            return &items[i];
    abort();
}

static void
start(struct los_engine *e, struct item *item)
{
    static const char *const paths[] = {"n", "n", "n", "silent", "deaf"};
    const char *path = paths[noise() % 5];
    size_t n = noise() % BODY_MAX;

    memset(item, 0, sizeof(*item));
    item->outcome = -1;
    item->number = ++numbers;
    if (noise() % 4 == 0) {
        item->id = submit_fed(e, path, item->number, -1);
        return;
    }
    item->body = malloc(n + 1);
    memset(item->body, 'x', n);
    item->id = submit(e, path, item->number, los_str_of(item->body, n));
}

/* Frees the body: whoever touches it now is found out. */
static void
settle(struct item *item)
{
    unexpected += item->over;
    item->over = 1;
    if (item->body != NULL)
        memset(item->body, 'y', 1);
    free(item->body);
    item->body = NULL;
}

static void
take_events(struct los_engine *e)
{
    struct los_event event;
    uint64_t id;

    while (los_engine_event(e, &event)) {
        struct item *item = find(event.id);

        unexpected += item->outcome > 0;
        if (event.kind == LOS_EVENT_NEED) {
            if (noise() % 3 == 0)
                los_engine_feed_end(e, event.id);
            else
                los_engine_feed(e, event.id, str("some bytes of the body"));
        }
        if (event.kind == LOS_EVENT_DONE)
            settle(item);
        los_engine_shift(e);
    }
    while (los_engine_released(e, &id))
        settle(find(id));
}

static void
cancel_some(struct los_engine *e, int how_many)
{
    for (; how_many > 0; how_many--) {
        struct item *item = &items[noise() % TRANSFERS];
        int outcome = los_engine_cancel(e, item->id);

        unexpected += (outcome == 0) != (item->over || item->outcome > 0);
        if (outcome > 0)
            item->outcome = outcome;
    }
}

static void
live(int thread)
{
    struct los_engine *e = open_engine(thread, 1 + (int)(noise() % 12));
    int rounds = (int)(noise() % 40), i;

    for (i = 0; i < TRANSFERS; i++)
        start(e, &items[i]);
    for (i = 0; i < rounds; i++) {
        if (noise() % 2 == 0)
            los_engine_poll(e, (int)(noise() % 3));
        take_events(e);
        cancel_some(e, (int)(noise() % 3));
    }
    los_engine_close(e);
    for (i = 0; i < TRANSFERS; i++)
        free(items[i].body);
}

static void
check_arrivals(int arrived[])
{
    int i;

    for (i = 0; i < TRANSFERS; i++)
        if (items[i].outcome == 1)
            arrived[items[i].number] = 1;
}

int
main(void)
{
    static int must_not[ENGINES * 2 * TRANSFERS + 1];
    int i, not_sent = 0;

    server_start();
    for (i = 0; i < ENGINES; i++) {
        live(1);
        check_arrivals(must_not);
        live(0);
        check_arrivals(must_not);
    }
    usleep(300000); /* what is under way to the server arrives */
    for (i = 1; i <= numbers; i++) {
        not_sent += must_not[i];
        mistaken += must_not[i] && server_got(i);
    }
    is_int(unexpected, 0, "nothing happens that should not");
    ok(not_sent > 0, "%d were stopped in time", not_sent);
    is_int(mistaken, 0, "and did not arrive");
    is_int(alloc_live, 0, "nothing is left behind");
    server_stop();
    return done();
}
