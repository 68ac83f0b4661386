/* Text encodings of the protocol. All append to a buffer. */
#ifndef LOS_ENCODE_H
#define LOS_ENCODE_H

#include "buf.h"

/* Lower-case hexadecimal; 2 bytes for each byte. */
void los_add_hex(struct los_buf *out, los_str in);

/* RFC 4648 base64 with padding, no line breaks; 4 bytes for each 3. */
void los_add_base64(struct los_buf *out, los_str in);

/* Strict base64: full padding, no white space, zero spare bits.
 * LOS_E_ENCODING for anything else; nothing is appended then. */
int los_add_unbase64(struct los_buf *out, los_str in);

/* RFC 3986 percent-encoding, upper-case: only A-Z a-z 0-9 - . _ ~ stay, and
 * `/` too when keep_slash is set (object keys in a URL path). */
void los_add_percent(struct los_buf *out, los_str in, int keep_slash);

/* Decodes %XX; `+` stays `+`. LOS_E_ENCODING for a broken escape; nothing is
 * appended then. */
int los_add_unpercent(struct los_buf *out, los_str in);

/* A JSON string with its quotes. UTF-8 is kept as it is; only the quote, the
 * backslash and control characters are escaped, since some of OSS's parsers
 * are said to dislike \u0026 and friends. LOS_E_ENCODING when the input is not
 * UTF-8; nothing is appended then. */
int los_add_json_string(struct los_buf *out, los_str in);

/* 1 when the bytes are well-formed UTF-8 (RFC 3629). */
int los_is_utf8(los_str in);

#endif
