/* Every rule of a callback: where it applies, its stable name, what is wrong
 * and what cures it. */
#ifndef LOS_CALLBACK_RULES_H
#define LOS_CALLBACK_RULES_H

#include "core/callback/template.h"

#define LOS_RULE_ERROR   0 /* OSS refuses it, or the service gets nonsense */
#define LOS_RULE_WARNING 1 /* allowed, and probably a mistake */

/* X(constant, field, name, severity, what is wrong, cure); @ in a cure is the
 * name that the problem is about, without braces, a variable without `x:` */
#define LOS_CALLBACK_RULES(X)                                                 \
    X(URL_MISSING, "url", "url.missing", ERROR, "no URL is given",            \
      "give one to five URLs such as https://example.com/uploaded")           \
    X(URL_COUNT, "url", "url.count", ERROR, "there are more than five URLs",  \
      "keep the five that matter; OSS tries them in order")                   \
    X(URL_SEMICOLON, "url", "url.semicolon", ERROR,                           \
      "OSS takes ; for the end of a URL",                                     \
      "give several URLs as a list, and write %3B inside one")                \
    X(URL_SCHEME, "url", "url.scheme", ERROR,                                 \
      "a URL begins with http:// or https://", "write the scheme out")        \
    X(URL_USER, "url", "url.user", ERROR,                                     \
      "user and password are not allowed in a URL",                           \
      "put a secret into the query or into a variable")                       \
    X(URL_HOST, "url", "url.host", ERROR,                                     \
      "there is no valid host name or IPv4 address",                          \
      "use letters, digits, - and .; other alphabets in punycode (xn--)")     \
    X(URL_IPV6, "url", "url.ipv6", ERROR, "OSS does not call IPv6 addresses", \
      "use an IPv4 address or a name that has one")                           \
    X(URL_PORT, "url", "url.port", ERROR,                                     \
      "a port is a number from 1 to 65535", "correct it or leave it out")     \
    X(URL_FRAGMENT, "url", "url.fragment", ERROR, "a fragment is never sent", \
      "remove it; a # that is data is written %23")                           \
    X(URL_CHARACTER, "url", "url.character", ERROR,                           \
      "space, control and non-ASCII characters must be percent-encoded",      \
      "write their UTF-8 bytes as %XX; a space is %20")                       \
    X(URL_ESCAPE, "url", "url.escape", ERROR,                                 \
      "% must be followed by two hex digits", "a % that is data is %25")      \
    X(URL_PLACEHOLDER, "url", "url.placeholder", WARNING,                     \
      "OSS replaces ${...} in the body only", "put it into the body")         \
    X(URL_PRIVATE, "url", "url.private", WARNING,                             \
      "OSS refuses private addresses; only the local OSS calls them",         \
      "use a public address in production")                                   \
    X(HOST_SYNTAX, "host", "host.syntax", ERROR,                              \
      "not a host name or IPv4 address with an optional port",                \
      "give the bare name, without scheme and path")                          \
    X(BODY_MISSING, "body", "body.missing", ERROR, "the body is empty",       \
      "say what the service shall receive, such as "                          \
      "{\"object\":${object},\"size\":${size}}")                              \
    X(BODY_UTF8, "body", "body.utf8", ERROR, "the body is not UTF-8",         \
      "convert it; binary data goes base64-encoded")                          \
    X(BODY_PARENTHESES, "body", "body.parentheses", ERROR,                    \
      "OSS refuses parentheses", "write ${@}, with braces")                   \
    X(BODY_PLACEHOLDER, "body", "body.placeholder", ERROR,                    \
      "a placeholder is ${name}: no spaces, closed by }",                     \
      "close it or correct its name; there is no way to send a bare ${")      \
    X(BODY_UNKNOWN, "body", "body.unknown", ERROR, "OSS knows no such name",  \
      "names are " LOS_TEMPLATE_NAME_LIST "and x:... for variables")          \
    X(BODY_VARIABLE, "body", "body.variable", ERROR,                          \
      "the variable is used but not given", "give it in vars")                \
    X(BODY_QUOTED, "body", "body.quoted", ERROR,                              \
      "in JSON OSS puts the quotes itself, so quotes come out twice",         \
      "write ${@} alone, without quotes around it")                           \
    X(BODY_IMAGE_SIZE, "body", "body.image_size", ERROR,                      \
      "it is nothing at all for other files than images, which breaks JSON",  \
      "put it into quotes: \"${@}\"")                                         \
    X(BODY_JSON, "body", "body.json", ERROR,                                  \
      "the body will not be JSON when it is filled in",                       \
      "correct it here; write the JSON as it reads, without further "         \
      "backslashes, and each placeholder as a value of its own")              \
    X(BODY_NOT_JSON, "body", "body.not_json", WARNING,                        \
      "the body is sent as JSON but is none",                                 \
      "use the body type form, or write an object")                           \
    X(BODY_FORM, "body", "body.form", WARNING,                                \
      "the body looks like JSON but is sent as a form",                       \
      "use the body type json; a form percent-encodes the values")            \
    X(BODY_ENCODED, "body", "body.encoded", WARNING,                          \
      "a percent-encoded ${...} is not replaced",                             \
      "encode the constants only and leave ${...} as it reads")               \
    X(BODY_TYPE, "body_type", "body_type.value", ERROR, "not a body type",    \
      "it is form or json (application/x-www-form-urlencoded or "             \
      "application/json, without parameters)")                                \
    X(SNI_HTTPS, "sni", "sni.https", WARNING,                                 \
      "without SNI many https servers refuse OSS (\"Error status : 502.\")",  \
      "set sni to true, or to false when it must stay off")                   \
    X(SNI_HTTP, "sni", "sni.http", WARNING,                                   \
      "SNI means nothing without an https URL", "remove it")                  \
    X(VARS_EMPTY, "vars", "vars.empty", ERROR, "a variable has no name",      \
      "name it")                                                              \
    X(VARS_PREFIX, "vars", "vars.prefix", ERROR, "the name has x: twice",     \
      "give the bare name; x: is added")                                      \
    X(VARS_CASE, "vars", "vars.case", ERROR,                                  \
      "OSS wants lower-case names for variables",                             \
      "write it in lower case, in the body too")                              \
    X(VARS_NAME, "vars", "vars.name", ERROR,                                  \
      "a variable's name has lower-case letters, digits and _",               \
      "rename it, in the body too")                                           \
    X(VARS_TWICE, "vars", "vars.twice", ERROR, "the variable is given twice", \
      "give it once, with or without x:")                                     \
    X(VARS_UTF8, "vars", "vars.utf8", ERROR,                                  \
      "the variable's value is not UTF-8", "send binary data base64-encoded") \
    X(VARS_UNUSED, "vars", "vars.unused", WARNING,                            \
      "the variable is given but not used, so OSS does not send it",          \
      "use it in the body as ${x:@}")                                         \
    X(VARS_SIZE, "vars", "vars.size", ERROR,                                  \
      "the variables are longer than 5 KB in base64",                         \
      "send an id and keep the data in your service")                         \
    X(SIZE, "body", "body.size", ERROR,                                       \
      "the callback is longer than 5 KB in base64", "shorten body or URLs")   \
    X(POLICY_NAME, "policy", "policy.name", ERROR,                            \
      "not the name of a policy", "use a name of printable UTF-8")            \
    X(POLICY_ALONE, "policy", "policy.alone", ERROR,                          \
      "a policy of the bucket stands for the whole callback",                 \
      "remove the other fields, or the policy")

enum los_callback_rule {
    LOS_RULE_NONE,
#define LOS_RULE_ENUM(constant, field, name, severity, text, cure)            \
    LOS_RULE_##constant,
    LOS_CALLBACK_RULES(LOS_RULE_ENUM)
#undef LOS_RULE_ENUM
        LOS_RULE_COUNT
};

struct los_callback_rule_info {
    const char *field; /* of the callback, by its Lua name */
    const char *name;
    int warning;
    const char *text;
    const char *cure;
};

/* NULL for LOS_RULE_NONE and for what is no rule. */
const struct los_callback_rule_info *
los_callback_rule_info(enum los_callback_rule rule);

#endif
