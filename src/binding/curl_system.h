/* The clock, and files as far as uploads ask about them. */
#ifndef LOS_BINDING_CURL_SYSTEM_H
#define LOS_BINDING_CURL_SYSTEM_H

#include <lua.h>

/* now() -> seconds */
int los_lua_now(lua_State *L);

/* stat(path) -> size, time of change | nil, message */
int los_lua_stat(lua_State *L);

#endif
