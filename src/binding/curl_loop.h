/* The class oss.curl.loop. */
#ifndef LOS_BINDING_CURL_LOOP_H
#define LOS_BINDING_CURL_LOOP_H

#include "binding/compat.h"

/* Makes the metatable; before the first loop is made. */
void los_new_loop_class(lua_State *L);

/* curl.loop */
int los_lua_loop(lua_State *L);

#endif
