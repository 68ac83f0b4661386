/* What somebody probably meant by a placeholder that does not exist. */
#include "core/callback/callback.h"
#include "core/callback/template.h"

#define NAME_MAX_BYTES 40 /* longer names are not compared */

/* Names of other services, and what people say. */
static const struct {
    const char *said;
    const char *meant;
} aliases[] = {
    {"content-length", "size"},
    {"content-type", "mimeType"},
    {"contentlength", "size"},
    {"contenttype", "mimeType"},
    {"crc", "crc64"},
    {"file", "object"},
    {"filename", "object"},
    {"filesize", "size"},
    {"fname", "object"},
    {"format", "imageInfo.format"},
    {"fsize", "size"},
    {"hash", "etag"},
    {"height", "imageInfo.height"},
    {"ip", "clientIp"},
    {"key", "object"},
    {"length", "size"},
    {"md5", "contentMd5"},
    {"mime", "mimeType"},
    {"name", "object"},
    {"request_id", "reqId"},
    {"requestid", "reqId"},
    {"type", "mimeType"},
    {"width", "imageInfo.width"},
};

static char
lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static size_t
smallest(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;

    return least < c ? least : c;
}

/* Edit distance without regard to case; both at most NAME_MAX_BYTES. */
static size_t
distance(los_str a, los_str b)
{
    size_t row[NAME_MAX_BYTES + 1];
    size_t i, j;

    for (j = 0; j <= b.n; j++)
        row[j] = j;
    for (i = 1; i <= a.n; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (j = 1; j <= b.n; j++) {
            size_t same = lower(a.p[i - 1]) == lower(b.p[j - 1]);
            size_t above = row[j];

            row[j] =
                smallest(above + 1, row[j - 1] + 1, diagonal + (same ? 0 : 1));
            diagonal = above;
        }
    }
    return row[b.n];
}

struct search {
    los_str wanted;
    los_str best;
    size_t best_distance;
};

/* Whether the candidate is the best so far. */
static int
consider(struct search *search, los_str candidate)
{
    size_t d;

    if (candidate.n == 0 || candidate.n > NAME_MAX_BYTES)
        return 0;
    d = distance(search->wanted, candidate);
    if (d >= search->best_distance)
        return 0;
    search->best = candidate;
    search->best_distance = d;
    return 1;
}

static los_str
alias_of(los_str name)
{
    size_t i;

    for (i = 0; i < sizeof(aliases) / sizeof(*aliases); i++) {
        los_str said = los_str_of(aliases[i].said, strlen(aliases[i].said));

        if (said.n == name.n && distance(said, name) == 0)
            return los_str_of(aliases[i].meant, strlen(aliases[i].meant));
    }
    return LOS_STR("");
}

los_str
los_template_nearest(los_str name, const struct los_callback_var *vars,
                     size_t count, int *var)
{
    struct search search;
    size_t i;

    *var = 0;
    search.wanted = los_var_bare(name);
    search.best = LOS_STR("");
    if (search.wanted.n > NAME_MAX_BYTES)
        return search.best;
    /* a third of the name may be wrong, but never all of it */
    search.best_distance =
        search.wanted.n < 3 ? search.wanted.n : search.wanted.n / 3 + 1;
    for (i = 0; i < count; i++)
        if (consider(&search, los_var_bare(vars[i].name)))
            *var = 1;
    for (i = 0; los_value_name(i).n > 0; i++)
        if (consider(&search, los_value_name(i)))
            *var = 0;
    return search.best.n > 0 ? search.best : alias_of(search.wanted);
}
