/* Bodies in memory, kept alive by the value of the loop's userdata, which is
 * the first argument. */
#ifndef LOS_BINDING_CURL_BODIES_H
#define LOS_BINDING_CURL_BODIES_H

#include "binding/compat.h"

#include <stdint.h>

/* Keeps the body of the request that is the second argument. */
void los_keep_body(lua_State *L, uint64_t id);

/* Both raise nothing, since no key is made. */
void los_drop_body(lua_State *L, uint64_t id);
void los_drop_bodies(lua_State *L);

#endif
