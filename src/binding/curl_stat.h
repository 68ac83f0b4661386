/* Files, as far as uploads ask about them. */
#ifndef LOS_BINDING_CURL_STAT_H
#define LOS_BINDING_CURL_STAT_H

#include <lua.h>

/* stat(path) -> size, time of change | nil, message */
int los_lua_stat(lua_State *L);

#endif
