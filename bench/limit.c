/* What libcurl allows: the same request again and again, its head made
 * beforehand, nothing set anew, nothing checked but the status.
 *
 *   limit fields|upload URL HEAD COUNT BYTES IN_FLIGHT
 *       puts from memory; HEAD is a file of "Name: value" lines. IN_FLIGHT 0:
 *       one after the other with the easy interface, else on the multi one
 *   limit file URL HEAD COUNT PATH BUFFER
 *       puts of a file through a buffer of so many bytes */
#include "measure.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct put {
    CURL *curl;
    const char *memory;
    int fd;
    long long length, taken;
};

static char *url;
static struct curl_slist *head;

static size_t
drop(char *data, size_t size, size_t count, void *context)
{
    (void)data;
    (void)context;
    return size * count;
}

static size_t
give(char *to, size_t size, size_t count, void *context)
{
    struct put *put = context;
    long long left = put->length - put->taken;
    ssize_t n = (ssize_t)(size * count);

    if (n > left)
        n = left;
    if (put->memory != NULL)
        memcpy(to, put->memory + put->taken, (size_t)n);
    else
        n = read(put->fd, to, (size_t)n);
    if (n < 0)
        return CURL_READFUNC_ABORT;
    put->taken += n;
    return (size_t)n;
}

static void
read_head(const char *path)
{
    FILE *file = fopen(path, "r");
    char line[8192];

    if (file == NULL)
        measure_fail("the file with the head cannot be read");
    while (fgets(line, sizeof(line), file) != NULL) {
        line[strcspn(line, "\r\n")] = '\0';
        head = curl_slist_append(head, line);
    }
    fclose(file);
    head = curl_slist_append(head, "Expect:");
}

static void
prepare(struct put *put, int upload)
{
    CURL *c = put->curl = curl_easy_init();

    curl_easy_setopt(c, CURLOPT_URL, url);
    curl_easy_setopt(c, CURLOPT_HTTPHEADER, head);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, drop);
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(c, CURLOPT_PRIVATE, put);
    if (upload) {
        curl_easy_setopt(c, CURLOPT_UPLOAD, 1L);
        curl_easy_setopt(c, CURLOPT_READFUNCTION, give);
        curl_easy_setopt(c, CURLOPT_READDATA, put);
        curl_easy_setopt(c, CURLOPT_INFILESIZE_LARGE, (curl_off_t)put->length);
    } else {
        curl_easy_setopt(c, CURLOPT_POSTFIELDS, put->memory);
        curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE,
                         (curl_off_t)put->length);
        curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, "PUT");
    }
}

static void
check(CURL *curl, CURLcode code)
{
    long status = 0;

    if (code != CURLE_OK)
        measure_fail(curl_easy_strerror(code));
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    if (status != 200)
        measure_fail("the server did not answer 200");
}

static void
run_easy(struct put *put, long count)
{
    while (count-- > 0) {
        put->taken = 0;
        check(put->curl, curl_easy_perform(put->curl));
    }
}

static void
run_multi(CURLM *multi, struct put *puts, int in_flight, long count)
{
    long started = 0, ended = 0;
    int running, left, i;
    CURLMsg *message;

    for (i = 0; i < in_flight && started < count; i++, started++) {
        puts[i].taken = 0;
        curl_multi_add_handle(multi, puts[i].curl);
    }
    while (ended < count) {
        curl_multi_perform(multi, &running);
        while ((message = curl_multi_info_read(multi, &left)) != NULL) {
            CURL *curl = message->easy_handle;
            struct put *put = NULL;

            check(curl, message->data.result);
            curl_multi_remove_handle(multi, curl);
            ended++;
            curl_easy_getinfo(curl, CURLINFO_PRIVATE, &put);
            put->taken = 0;
            if (started < count) {
                started++;
                curl_multi_add_handle(multi, curl);
            }
        }
        if (ended < count)
            curl_multi_poll(multi, NULL, 0, 1000, NULL);
    }
}

static void
put_memory(int upload, long count, size_t bytes, int in_flight)
{
    int n = in_flight > 0 ? in_flight : 1, i;
    struct put *puts = calloc((size_t)n, sizeof(*puts));
    char *memory = calloc(1, bytes + 1);
    CURLM *multi = curl_multi_init();
    struct measure m;

    if (puts == NULL || memory == NULL || multi == NULL)
        measure_fail("no memory");
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)n);
    for (i = 0; i < n; i++) {
        puts[i].memory = memory;
        puts[i].length = (long long)bytes;
        prepare(&puts[i], upload);
    }
    if (in_flight > 0)
        run_multi(multi, puts, n, 4 * n);
    else
        run_easy(puts, 100);
    measure_begin(&m);
    if (in_flight > 0)
        run_multi(multi, puts, n, count);
    else
        run_easy(puts, count);
    measure_end(&m, count);
}

static void
put_file(long count, const char *path, long buffer)
{
    struct put put;
    struct measure m;

    memset(&put, 0, sizeof(put));
    put.fd = open(path, O_RDONLY);
    put.length = put.fd >= 0 ? lseek(put.fd, 0, SEEK_END) : -1;
    if (put.length < 0)
        measure_fail("the file cannot be read");
    prepare(&put, 1);
    curl_easy_setopt(put.curl, CURLOPT_UPLOAD_BUFFERSIZE, buffer);
    measure_begin(&m);
    for (; count > 0; count--) {
        put.taken = 0;
        lseek(put.fd, 0, SEEK_SET);
        check(put.curl, curl_easy_perform(put.curl));
    }
    measure_end(&m, 1);
}

int
main(int n, char **args)
{
    const char *mode = n == 7 ? args[1] : "";

    if (n != 7)
        measure_fail("see the top of limit.c");
    curl_global_init(CURL_GLOBAL_DEFAULT);
    url = args[2];
    read_head(args[3]);
    if (strcmp(mode, "file") == 0)
        put_file(atol(args[4]), args[5], atol(args[6]));
    else
        put_memory(strcmp(mode, "upload") == 0, atol(args[4]),
                   strtoul(args[5], NULL, 10), atoi(args[6]));
    return 0;
}
