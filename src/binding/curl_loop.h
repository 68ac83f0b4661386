/* The class oss.curl.loop. */
#ifndef LOS_BINDING_CURL_LOOP_H
#define LOS_BINDING_CURL_LOOP_H

#include "binding/compat.h"

/* Makes the class, and adds curl.loop to the table on top of the stack. */
void los_open_loop(lua_State *L);

#endif
