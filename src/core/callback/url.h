/* Callback URLs: what OSS can call. */
#ifndef LOS_CALLBACK_URL_H
#define LOS_CALLBACK_URL_H

#include "core/callback/rules.h"
#include "core/str.h"

/* Slices of the URL. */
struct los_callback_url {
    int secure;     /* https */
    los_str host;   /* name or IPv4 address */
    los_str port;   /* digits; empty: the scheme's own */
    los_str target; /* path and query; may be empty or begin with `?` */
    int literal;    /* host is an IPv4 address */
    int not_public; /* host is a private address or a name without a dot */
};

/* Splits and checks. LOS_RULE_NONE when all is well, else the broken rule
 * and, in piece, the offending bytes (never a password). */
enum los_callback_rule los_callback_url_split(los_str text,
                                              struct los_callback_url *url,
                                              los_str *piece);

/* Whether text is a host name or IPv4 address, with an optional port. */
int los_callback_is_host(los_str text);

#endif
