/* Whether a text is JSON (RFC 8259). Nothing is kept of it. */
#ifndef LOS_CALLBACK_JSON_H
#define LOS_CALLBACK_JSON_H

#include "core/str.h"

/* Deeper nesting counts as a mistake. */
#define LOS_JSON_DEPTH 64

/* 1 when it is. Otherwise 0, and where the first byte is that cannot be.
 * UTF-8 is not looked at. */
int los_json_is_valid(los_str text, size_t *where);

#endif
