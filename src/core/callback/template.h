/* Callback bodies: constant text with placeholders `${name}`. */
#ifndef LOS_TEMPLATE_H
#define LOS_TEMPLATE_H

#include "core/buf.h"

struct los_callback_var;

/* X(name, kind): the system variables. Names are case-sensitive. */
#define LOS_TEMPLATE_NAMES(X)                                                 \
    X("bucket", STRING)                                                       \
    X("object", STRING)                                                       \
    X("etag", STRING)                                                         \
    X("size", NUMBER)                                                         \
    X("mimeType", STRING)                                                     \
    X("imageInfo.height", IMAGE_SIZE)                                         \
    X("imageInfo.width", IMAGE_SIZE)                                          \
    X("imageInfo.format", STRING)                                             \
    X("crc64", STRING)                                                        \
    X("contentMd5", STRING)                                                   \
    X("vpcId", STRING)                                                        \
    X("clientIp", STRING)                                                     \
    X("reqId", STRING)                                                        \
    X("operation", STRING)

#define LOS_TEMPLATE_NAME_COMMA(name, kind) name ", "
#define LOS_TEMPLATE_NAME_LIST              LOS_TEMPLATE_NAMES(LOS_TEMPLATE_NAME_COMMA)

enum los_value_kind {
    LOS_VALUE_UNKNOWN,
    LOS_VALUE_STRING,    /* in JSON a string with its quotes */
    LOS_VALUE_NUMBER,    /* in JSON bare digits */
    LOS_VALUE_IMAGE_SIZE /* in JSON bare digits, nothing for other files */
};

/* Kind of a name as it stands between the braces; `x:...` is a string. */
enum los_value_kind los_value_kind(los_str name);

/* The i-th system variable, empty behind the last. */
los_str los_value_name(size_t i);

enum los_part_type {
    LOS_PART_TEXT,
    LOS_PART_NAME,        /* ${name} */
    LOS_PART_PARENTHESES, /* $(name), which OSS refuses */
    LOS_PART_BROKEN       /* `${` that does not begin a placeholder */
};

struct los_part {
    enum los_part_type type;
    los_str text; /* the part as it reads */
    los_str name; /* without braces or parentheses; empty for the rest */
};

/* Takes the next part off rest. 0 when there is none. */
int los_template_next(los_str *rest, struct los_part *part);

/* What OSS makes of a body: json 0 for the form type, 1 for the JSON type.
 * values holds pairs by the names of the placeholders (`object`, `x:uid`); a
 * value that is not there is empty.
 *   form: values percent-encoded, constants as they are.
 *   JSON: strings with quotes and escapes, numbers bare, image sizes of other
 *         files nothing at all; inside quotes just the same.
 * OSS's documentation leaves open, and this is chosen: a space is %20; crc64
 * is a string in JSON (it exceeds 2^53); a string that is not known is "" in
 * JSON; values are never expanded again.
 * LOS_E_ARGUMENT for unknown names and what is no placeholder (OSS: "The
 * callback body is invalid."), LOS_E_ENCODING for a string in JSON that is
 * not UTF-8, or the failure of out. Nothing is appended after a failure. */
int los_template_expand(los_str body, int json,
                        const struct los_callback_var *values, size_t count,
                        struct los_buf *out);

/* A valid name near to one that is not, without its `x:`; empty when there is
 * none. Looks at the system variables and at those given (var set to 1). */
los_str los_template_nearest(los_str name, const struct los_callback_var *vars,
                             size_t count, int *var);

/* The name of a variable without its `x:`, if it has one. */
los_str los_var_bare(los_str name);

#endif
