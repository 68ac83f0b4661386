/* Option tables of oss.curl as the structs of src/curl. */
#ifndef LOS_BINDING_CURL_OPTIONS_H
#define LOS_BINDING_CURL_OPTIONS_H

#include "binding/compat.h"
#include "curl/options.h"

/* Both read the table at index (not relative to the top) without metamethods
 * and raise for a value of a wrong type. The strings belong to the table; the
 * list of connect_to is left on the stack, which keeps it. */
void los_read_loop_options(lua_State *L, int index,
                           struct los_loop_options *options);
void los_read_transfer_options(lua_State *L, int index,
                               struct los_transfer_options *options);

/* Push the names of the options, which must be the upvalues of the functions
 * that call the ones above; return how many. */
int los_push_loop_names(lua_State *L);
int los_push_transfer_names(lua_State *L);

/* 0 to INT_MAX: a fraction of a millisecond must not become "no limit", and
 * what is longer than 24 days may. */
int los_milliseconds(double seconds);

#endif
