#include "core/callback/url.h"

static int
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int
is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static int
is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static int
is_url_byte(char c)
{
    return (unsigned char)c > 0x20 && (unsigned char)c < 0x7f;
}

/* Bytes in front of the first of the given ones. */
static size_t
span_until(los_str s, const char *ends)
{
    size_t n = 0;

    while (n < s.n && (s.p[n] == '\0' || strchr(ends, s.p[n]) == NULL))
        n++;
    return n;
}

static los_str
from(los_str s, size_t n)
{
    return los_str_of(s.p + n, s.n - n);
}

/* Equal without regard to case; with is in lower case. */
static int
same_text(los_str s, const char *with)
{
    size_t i;

    if (s.n != strlen(with))
        return 0;
    for (i = 0; i < s.n; i++)
        if (s.p[i] != with[i]
            && !(is_letter(s.p[i]) && (s.p[i] | 0x20) == with[i]))
            return 0;
    return 1;
}

static int
ends_with(los_str s, const char *end)
{
    size_t n = strlen(end);

    return s.n >= n && same_text(from(s, s.n - n), end);
}

/* 0..255 without leading zeros, else -1. */
static int
octet(los_str s)
{
    int value = 0;
    size_t i;

    if (s.n == 0 || s.n > 3 || (s.n > 1 && s.p[0] == '0'))
        return -1;
    for (i = 0; i < s.n; i++) {
        if (!is_digit(s.p[i]))
            return -1;
        value = value * 10 + (s.p[i] - '0');
    }
    return value <= 255 ? value : -1;
}

/* 1 and four octets when the host is an IPv4 address. */
static int
ipv4(los_str host, int part[4])
{
    int i;

    for (i = 0; i < 4; i++) {
        size_t n = span_until(host, ".");

        part[i] = octet(los_str_of(host.p, n));
        if (part[i] < 0 || (n < host.n) != (i < 3))
            return 0;
        host = from(host, n < host.n ? n + 1 : n);
    }
    return 1;
}

/* Loopback, RFC 1918, link-local, carrier-grade NAT, multicast, reserved. */
static int
is_private_ipv4(const int part[4])
{
    return part[0] == 0 || part[0] == 10 || part[0] == 127 || part[0] >= 224
           || (part[0] == 100 && part[1] >= 64 && part[1] < 128)
           || (part[0] == 169 && part[1] == 254)
           || (part[0] == 172 && part[1] >= 16 && part[1] < 32)
           || (part[0] == 192 && part[1] == 168);
}

static int
is_private_name(los_str host)
{
    if (host.p[host.n - 1] == '.')
        host.n--;
    return memchr(host.p, '.', host.n) == NULL || ends_with(host, ".localhost")
           || ends_with(host, ".local") || ends_with(host, ".internal");
}

/* Labels of letters, digits, - and _; the last one is no number. */
static int
is_name(los_str host)
{
    int number = 0;

    if (host.n == 0 || host.n > 253)
        return 0;
    while (host.n > 0) {
        size_t n = span_until(host, "."), i;

        if (n == 0 || n > 63 || host.p[0] == '-' || host.p[n - 1] == '-')
            return 0;
        number = 1;
        for (i = 0; i < n; i++) {
            char c = host.p[i];

            if (!is_digit(c))
                number = 0;
            if (!is_digit(c) && !is_letter(c) && c != '-' && c != '_')
                return 0;
        }
        host = from(host, n < host.n ? n + 1 : n);
    }
    return !number;
}

static int
is_port(los_str port)
{
    unsigned value = 0;
    size_t i;

    if (port.n == 0 || port.n > 5)
        return 0;
    for (i = 0; i < port.n; i++) {
        if (!is_digit(port.p[i]))
            return 0;
        value = value * 10 + (unsigned)(port.p[i] - '0');
    }
    return value >= 1 && value <= 65535;
}

static enum los_callback_rule
split_authority(los_str authority, struct los_callback_url *url,
                los_str *piece)
{
    size_t n = span_until(authority, "@");
    int part[4];

    *piece = authority;
    if (n < authority.n) {
        *piece = from(authority, n); /* what is in front may be a secret */
        return LOS_RULE_URL_USER;
    }
    n = span_until(authority, ":");
    if (span_until(authority, "[") < authority.n
        || (n < authority.n
            && span_until(from(authority, n + 1), ":") < authority.n - n - 1))
        return LOS_RULE_URL_IPV6;
    url->host = los_str_of(authority.p, n);
    url->port = from(authority, n < authority.n ? n + 1 : n);
    url->literal = ipv4(url->host, part);
    *piece = url->host;
    if (!url->literal && !is_name(url->host))
        return LOS_RULE_URL_HOST;
    url->not_public =
        url->literal ? is_private_ipv4(part) : is_private_name(url->host);
    *piece = url->port.n > 0 ? url->port : authority;
    if (n < authority.n && !is_port(url->port))
        return LOS_RULE_URL_PORT;
    return LOS_RULE_NONE;
}

static enum los_callback_rule
check_target(los_str target, los_str *piece)
{
    size_t i, n = span_until(target, "#");

    *piece = from(target, n);
    if (n < target.n)
        return LOS_RULE_URL_FRAGMENT;
    for (i = 0; i < target.n; i++) {
        for (n = i; n < target.n && !is_url_byte(target.p[n]); n++)
            continue;
        *piece = los_str_of(target.p + i, n - i);
        if (n > i)
            return LOS_RULE_URL_CHARACTER;
        *piece = los_str_of(target.p + i, target.n - i < 3 ? target.n - i : 3);
        if (target.p[i] == '%'
            && (target.n - i < 3 || !is_hex(target.p[i + 1])
                || !is_hex(target.p[i + 2])))
            return LOS_RULE_URL_ESCAPE;
    }
    return LOS_RULE_NONE;
}

enum los_callback_rule
los_callback_url_split(los_str text, struct los_callback_url *url,
                       los_str *piece)
{
    enum los_callback_rule rule;
    size_t n = span_until(text, ";");

    memset(url, 0, sizeof(*url));
    if (n < text.n) {
        *piece = from(text, n);
        piece->n = 1 + span_until(from(*piece, 1), ":/?#@");
        return LOS_RULE_URL_SEMICOLON;
    }
    n = span_until(text, ":");
    *piece = los_str_of(text.p, span_until(text, ":/?#@"));
    url->secure = same_text(los_str_of(text.p, n), "https");
    if ((!url->secure && !same_text(los_str_of(text.p, n), "http"))
        || !los_str_starts(from(text, n), LOS_STR("://")))
        return LOS_RULE_URL_SCHEME;
    n = n + 3 + span_until(from(text, n + 3), "/?#");
    url->target = from(text, n);
    text.n = n;
    n = span_until(text, "/") + 2;
    rule = split_authority(from(text, n), url, piece);
    if (rule == LOS_RULE_NONE)
        rule = check_target(url->target, piece);
    else if (piece->n == 0)
        *piece = text;
    return rule;
}

int
los_callback_is_host(los_str text)
{
    struct los_callback_url url;
    los_str piece;

    return span_until(text, ";/?#") == text.n
           && split_authority(text, &url, &piece) == LOS_RULE_NONE;
}
