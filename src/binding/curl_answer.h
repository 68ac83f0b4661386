/* An answer as a Lua table. */
#ifndef LOS_BINDING_CURL_ANSWER_H
#define LOS_BINDING_CURL_ANSWER_H

#include "binding/compat.h"
#include "curl/answer.h"

/* Pushes the table that oss.curl documents for the event "done". */
void los_push_answer(lua_State *L, const struct los_answer *answer);

/* 64 bits as an integer where Lua has one, else as a number. */
void los_push_int64(lua_State *L, long long value);

#endif
