#include "encode.h"
#include "err.h"

static const char hex_lower[] = "0123456789abcdef";
static const char hex_upper[] = "0123456789ABCDEF";
static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Both digits of a byte at once. */
#define ROW(h)                                                                \
    h "0" h "1" h "2" h "3" h "4" h "5" h "6" h "7" h "8" h "9" h "a" h "b" h \
      "c" h "d" h "e" h "f"
static const char hex_pairs[] = ROW("0") ROW("1") ROW("2") ROW("3") ROW("4")
    ROW("5") ROW("6") ROW("7") ROW("8") ROW("9") ROW("a") ROW("b") ROW("c")
        ROW("d") ROW("e") ROW("f");

void
los_add_hex(struct los_buf *out, los_str in)
{
    char *to = in.n > SIZE_MAX / 2 ? NULL : los_buf_extend(out, in.n * 2);
    size_t i;

    if (to == NULL)
        return;
    for (i = 0; i < in.n; i++)
        memcpy(to + 2 * i, hex_pairs + 2 * (unsigned char)in.p[i], 2);
}

void
los_add_base64(struct los_buf *out, los_str in)
{
    const unsigned char *s = (const unsigned char *)in.p;
    size_t left = in.n;
    char *to = los_buf_extend(out, in.n / 3 * 4 + (in.n % 3 ? 4 : 0));

    if (to == NULL)
        return;
    for (; left >= 3; left -= 3, s += 3) {
        *to++ = base64_digits[s[0] >> 2];
        *to++ = base64_digits[(s[0] & 3) << 4 | s[1] >> 4];
        *to++ = base64_digits[(s[1] & 15) << 2 | s[2] >> 6];
        *to++ = base64_digits[s[2] & 63];
    }
    if (left > 0) {
        unsigned second = left == 2 ? s[1] : 0;

        *to++ = base64_digits[s[0] >> 2];
        *to++ = base64_digits[(s[0] & 3u) << 4 | second >> 4];
        *to++ = left == 2 ? base64_digits[(second & 15) << 2] : '=';
        *to++ = '=';
    }
}

/* 0..63, or -1 */
static int
base64_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

int
los_add_unbase64(struct los_buf *out, los_str in)
{
    size_t start = out->n, pad = 0, i;
    uint32_t bits = 0;

    if (in.n % 4 != 0)
        return LOS_E_ENCODING;
    while (pad < 2 && pad < in.n && in.p[in.n - 1 - pad] == '=')
        pad++;
    for (i = 0; i < in.n - pad; i++) {
        int value = base64_value(in.p[i]);

        if (value < 0) {
            los_buf_truncate(out, start);
            return LOS_E_ENCODING;
        }
        bits = bits << 6 | (uint32_t)value;
        if (i % 4 == 3) {
            los_buf_add_char(out, (char)(bits >> 16 & 255));
            los_buf_add_char(out, (char)(bits >> 8 & 255));
            los_buf_add_char(out, (char)(bits & 255));
        }
    }
    if ((pad == 1 && (bits & 3)) || (pad == 2 && (bits & 15))) {
        los_buf_truncate(out, start);
        return LOS_E_ENCODING;
    }
    if (pad == 1)
        los_buf_add_char(out, (char)(bits >> 10 & 255));
    if (pad == 1)
        los_buf_add_char(out, (char)(bits >> 2 & 255));
    if (pad == 2)
        los_buf_add_char(out, (char)(bits >> 4 & 255));
    return los_buf_error(out);
}

static int
is_unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
           || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_'
           || c == '~';
}

/* Here and below, what stays as it is goes over in runs. */
void
los_add_percent(struct los_buf *out, los_str in, int keep_slash)
{
    size_t i = 0;

    while (i < in.n) {
        size_t start = i;
        char *to;

        while (i < in.n
               && (is_unreserved(in.p[i]) || (keep_slash && in.p[i] == '/')))
            i++;
        los_buf_add(out, in.p + start, i - start);
        if (i == in.n)
            return;
        to = los_buf_extend(out, 3);
        if (to == NULL)
            return;
        to[0] = '%';
        to[1] = hex_upper[(unsigned char)in.p[i] >> 4];
        to[2] = hex_upper[(unsigned char)in.p[i] & 15];
        i++;
    }
}

/* 0..15, or -1 */
static int
hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

int
los_add_unpercent(struct los_buf *out, los_str in)
{
    size_t start = out->n, i;

    for (i = 0; i < in.n; i++) {
        int high, low;

        if (in.p[i] != '%') {
            los_buf_add_char(out, in.p[i]);
            continue;
        }
        high = i + 2 < in.n ? hex_value(in.p[i + 1]) : -1;
        low = i + 2 < in.n ? hex_value(in.p[i + 2]) : -1;
        if (high < 0 || low < 0) {
            los_buf_truncate(out, start);
            return LOS_E_ENCODING;
        }
        los_buf_add_char(out, (char)(high << 4 | low));
        i += 2;
    }
    return los_buf_error(out);
}

/* Bytes of the UTF-8 sequence at s that is not ASCII, 0 when it is not well
 * formed. */
static size_t
utf8_length(const unsigned char *s, size_t n)
{
    unsigned low = 0x80, high = 0xbf;
    size_t length, i;

    if (s[0] < 0xc2 || s[0] > 0xf4)
        return 0;
    length = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
    if (n < length)
        return 0;
    if (s[0] == 0xe0)
        low = 0xa0; /* shorter forms exist */
    if (s[0] == 0xed)
        high = 0x9f; /* surrogates */
    if (s[0] == 0xf0)
        low = 0x90;
    if (s[0] == 0xf4)
        high = 0x8f; /* above U+10FFFF */
    if (s[1] < low || s[1] > high)
        return 0;
    for (i = 2; i < length; i++)
        if (s[i] < 0x80 || s[i] > 0xbf)
            return 0;
    return length;
}

/* How many bytes at the start are ASCII, in steps of eight. */
static size_t
ascii_length(los_str in)
{
    uint64_t eight;
    size_t i;

    for (i = 0; in.n - i >= sizeof(eight); i += sizeof(eight)) {
        memcpy(&eight, in.p + i, sizeof(eight));
        if (eight & UINT64_C(0x8080808080808080))
            break;
    }
    return i;
}

int
los_is_utf8(los_str in)
{
    const unsigned char *s = (const unsigned char *)in.p;
    size_t i = ascii_length(in);

    while (i < in.n) {
        size_t length = s[i] < 0x80 ? 1 : utf8_length(s + i, in.n - i);

        if (length == 0)
            return 0;
        i += length;
    }
    return 1;
}

static int
is_plain_json(char c)
{
    unsigned char u = (unsigned char)c;

    return u >= 0x20 && u != 0x7f && c != '"' && c != '\\';
}

static void
add_json_escape(struct los_buf *out, char c)
{
    static const char shorts[] = "\b\f\n\r\t\"\\";
    static const char names[] = "bfnrt\"\\";
    const char *hit = c != '\0' ? strchr(shorts, c) : NULL;
    unsigned char u = (unsigned char)c;

    if (hit != NULL) {
        los_buf_add_char(out, '\\');
        los_buf_add_char(out, names[hit - shorts]);
    } else {
        los_buf_add_str(out, LOS_STR("\\u00"));
        los_buf_add_char(out, hex_lower[u >> 4]);
        los_buf_add_char(out, hex_lower[u & 15]);
    }
}

int
los_add_json_string(struct los_buf *out, los_str in)
{
    size_t i = 0;

    if (!los_is_utf8(in))
        return LOS_E_ENCODING;
    los_buf_add_char(out, '"');
    while (i < in.n) {
        size_t start = i;

        while (i < in.n && is_plain_json(in.p[i]))
            i++;
        los_buf_add(out, in.p + start, i - start);
        if (i < in.n)
            add_json_escape(out, in.p[i++]);
    }
    los_buf_add_char(out, '"');
    return los_buf_error(out);
}
