/* Watching a transfer while it runs, and how it ended. */
#include "curl/transfer.h"
#include "core/err.h"
#include "curl/http/exchange.h"

/* Progress is told this often at most: more would cost as much as sending. */
#define TELL_MS 10

/* Bytes of the body that the socket has taken. libcurl's own counter has the
 * frames of a chunked body in it, too. */
static int64_t
count_sent(const struct los_transfer *t)
{
    curl_off_t n = 0;

    if (t->connection != NULL)
        return los_exchange_sent(t->connection);
    curl_easy_getinfo(t->easy->curl, CURLINFO_SIZE_UPLOAD_T, &n);
    return n < t->body.taken ? (int64_t)n : t->body.taken;
}

int
los_transfer_may_be_sent(const struct los_transfer *t)
{
    const int64_t sent = t->answer.sent;

    if (t->sent_before)
        return 1;
    if (t->connection != NULL)
        return t->requests > 0 && los_exchange_is_sent(t->connection);
    if (t->requests == 0 || !los_body_is_taken(&t->body))
        return 0;
    return sent == t->body.taken || (t->at_once && sent == 0);
}

int
los_transfer_observe(struct los_transfer *t, int64_t now)
{
    struct los_answer *a = &t->answer;
    const int64_t sent = count_sent(t);
    const int moved = sent != a->sent || a->received != t->seen_received;

    if (moved || t->touched)
        t->moved_at = now;
    t->touched = 0;
    t->seen_received = a->received;
    a->sent = sent;
    t->untold |= moved;
    if (!t->untold || now < t->told_at + TELL_MS)
        return 0;
    t->untold = 0;
    t->told_at = now;
    return 1;
}

int
los_transfer_unhold(struct los_transfer *t, int64_t now)
{
    if (t->held_until == 0 || now < t->held_until)
        return 0;
    t->held_until = 0;
    curl_easy_pause(t->easy->curl, CURLPAUSE_CONT);
    return 1;
}

/* ---- time limits */

static int
passed(int64_t since, int limit_ms, int64_t now, int64_t *next)
{
    if (limit_ms == 0)
        return 0;
    if (now - since >= limit_ms)
        return 1;
    if (since + limit_ms < *next)
        *next = since + limit_ms;
    return 0;
}

/* libcurl itself looks after connect_ms. */
int
los_transfer_check_time(const struct los_transfer *t, int64_t now,
                        int64_t *next)
{
    if (t->untold && t->told_at + TELL_MS < *next)
        *next = t->told_at + TELL_MS;
    if (t->held_until > 0 && t->held_until < *next)
        *next = t->held_until;
    if (passed(t->started_at, t->total_ms, now, next))
        return LOS_E_TOTAL_TIMEOUT;
    if (t->requests == 0)
        return LOS_OK;
    if (t->answer.status < 200 && los_transfer_may_be_sent(t)) {
        if (passed(t->moved_at, t->answer_ms, now, next))
            return LOS_E_ANSWER_TIMEOUT;
    } else if (!t->paused && t->held_until == 0
               && passed(t->moved_at, t->idle_ms, now, next)) {
        return LOS_E_IDLE_TIMEOUT;
    }
    return LOS_OK;
}

/* ---- the end */

static int
error_of(CURLcode code)
{
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST: return LOS_E_RESOLVE;
    case CURLE_COULDNT_CONNECT: return LOS_E_CONNECT;
    case CURLE_OPERATION_TIMEDOUT: return LOS_E_CONNECT_TIMEOUT;
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_PROXY: return LOS_E_PROXY;
    case CURLE_PEER_FAILED_VERIFICATION: return LOS_E_UNTRUSTED;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CLIENTCERT:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ENGINE_NOTFOUND:
    case CURLE_SSL_ENGINE_SETFAILED:
    case CURLE_SSL_ENGINE_INITFAILED:
    case CURLE_SSL_CRL_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_SHUTDOWN_FAILED: return LOS_E_TLS;
    case CURLE_SEND_ERROR: return LOS_E_SEND;
    case CURLE_SEND_FAIL_REWIND: return LOS_E_CANNOT_REWIND;
    case CURLE_RECV_ERROR: return LOS_E_RECEIVE;
    case CURLE_GOT_NOTHING: return LOS_E_EMPTY_ANSWER;
    case CURLE_PARTIAL_FILE: return LOS_E_TRUNCATED;
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL: return LOS_E_MALFORMED;
    case CURLE_URL_MALFORMAT: return LOS_E_ARGUMENT;
    case CURLE_OUT_OF_MEMORY: return LOS_E_MEMORY;
    default: return LOS_E_TRANSFER;
    }
}

static void
note_failure(struct los_transfer *t, CURLcode code)
{
    const char *text = t->easy->error;
    int error = error_of(code);
    long proxy_status = 0;

    /* A tunnel that was refused is a receive error for older versions of
     * libcurl, for newer ones an error of connecting. */
    curl_easy_getinfo(t->easy->curl, CURLINFO_HTTP_CONNECTCODE, &proxy_status);
    if ((error == LOS_E_RECEIVE || error == LOS_E_CONNECT)
        && proxy_status >= 300)
        error = LOS_E_PROXY;
    if (*text == '\0')
        text = curl_easy_strerror(code);
    los_answer_fail(&t->answer, error, text, 0);
}

void
los_transfer_finish(struct los_transfer *t, CURLcode code)
{
    struct los_answer *a = &t->answer;
    long connects = 0;

    a->crc64 = t->body.crc64;
    if (a->status < 200)
        a->status = 0; /* only 1xx came */
    if (t->easy == NULL)
        return;
    los_transfer_observe(t, 0);
    if (t->connection != NULL)
        connects = t->connection->served == 0;
    else
        curl_easy_getinfo(t->easy->curl, CURLINFO_NUM_CONNECTS, &connects);
    a->sent_all = los_transfer_may_be_sent(t);
    if (a->sent_all)
        a->sent = t->body.taken;
    a->reused = t->requests > 0 && connects == 0;
    a->resent = t->requests > 1;
    if (code != CURLE_OK)
        note_failure(t, code);
    else if (a->error == LOS_OK && los_answer_end(a) == LOS_OK
             && a->status < 300 && !a->sent_all)
        los_answer_fail(a, LOS_E_SEND,
                        "the answer came before the end of the body", 0);
}
