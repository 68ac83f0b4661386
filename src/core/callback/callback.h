/* An upload callback: the request that OSS sends to an application's web
 * service once an object is stored. Checked and encoded here, before a byte
 * leaves the program, because OSS reports a wrong one late and vaguely.
 *
 * Rules come from the "Callback" pages and the 0007-* error articles of OSS's
 * documentation. */
#ifndef LOS_CALLBACK_H
#define LOS_CALLBACK_H

#include "core/buf.h"
#include "core/callback/rules.h"

/* Longest base64 text that OSS takes, for each of the two headers. */
#define LOS_CALLBACK_MAX 5120

/* Problems that one check reports at most. */
#define LOS_CALLBACK_PROBLEMS 16

/* Index of a problem that belongs to no element of a list. */
#define LOS_NO_INDEX ((size_t)-1)

enum los_callback_sni {
    LOS_SNI_UNSET, /* left out: OSS sends none, except in eu-west-1 */
    LOS_SNI_OFF,
    LOS_SNI_ON
};

/* A name with its value: a custom variable, with or without `x:` in front of
 * its name, or a value for a placeholder (template.h). */
struct los_callback_var {
    los_str name;
    los_str value;
};

/* Everything is borrowed. All zero is a callback with nothing set. */
struct los_callback {
    const los_str *urls; /* tried in order until the first success */
    size_t url_count;    /* 1..5 */
    los_str host;        /* Host header; empty: the host of the URL */
    los_str body;        /* template, see template.h */
    los_str body_type;   /* "form", "json" or the MIME type of either; empty:
                            left out, and form for OSS */
    enum los_callback_sni sni;
    los_str policy; /* name of a policy of the bucket, instead of all else */
    const struct los_callback_var *vars;
    size_t var_count;
    int open_vars; /* 1: form fields of the upload bring further variables,
                      so using one that is not given is no mistake */
};

struct los_callback_problem {
    enum los_callback_rule rule;
    size_t index;    /* of the URL in its list, or LOS_NO_INDEX */
    los_str piece;   /* the offending bytes; may be empty */
    los_str nearest; /* placeholder that was probably meant; may be empty */
    int nearest_var; /* nearest is a variable: `x:` belongs in front */
};

/* All slices are borrowed from the callback. Errors never give way to
 * warnings when there are too many. */
struct los_callback_report {
    struct los_callback_problem list[LOS_CALLBACK_PROBLEMS];
    size_t count;
    size_t errors; /* how many of the list are no warnings */
};

/* Applies every rule of rules.h. LOS_OK when there are no errors (warnings
 * may be there), LOS_E_ARGUMENT when there are, LOS_E_MEMORY. */
int los_callback_check(const struct los_callback *cb,
                       struct los_callback_report *report);

/* Appends one line for people: field, rule, offending piece and cure. */
void los_callback_problem_write(const struct los_callback_problem *problem,
                                struct los_buf *out);

/* Appends what cures it. */
void los_callback_cure_write(const struct los_callback_problem *problem,
                             struct los_buf *out);

/* The JSON texts, with their keys in a fixed order, every string escaped once
 * and UTF-8 kept. Names of variables get `x:` when they lack it; their order
 * is kept. LOS_E_ENCODING when something is not UTF-8, LOS_E_ARGUMENT for an
 * unknown body type; no other rule is looked at. */
int los_callback_json(const struct los_callback *cb, struct los_buf *out);
int los_callback_vars_json(const struct los_callback *cb, struct los_buf *out);

/* The values of x-oss-callback and x-oss-callback-var, base64. The second is
 * left as it was when there are no variables. LOS_E_LIMIT when one is longer
 * than LOS_CALLBACK_MAX. Nothing is appended after a failure. */
int los_callback_encode(const struct los_callback *cb,
                        struct los_buf *callback, struct los_buf *vars);

/* Whether a body type means JSON: 1, form: 0, or neither: -1. Empty is form,
 * as for OSS. */
int los_callback_is_json(los_str body_type);

/* The text whose RSA signature proves on the receiving side that OSS sent a
 * callback: percent-decoded path, raw query with its `?`, LF, body. target is
 * the request target as it came; a broken escape in it stays as it is, as in
 * the documented sample. LOS_E_ARGUMENT unless target begins with `/`. */
int los_callback_string_to_verify(los_str target, los_str body,
                                  struct los_buf *out);

#endif
