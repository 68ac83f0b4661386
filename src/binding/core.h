/* What the parts of oss.core share. Each part adds its functions to the table
 * on top of the stack.
 *
 * The rule that keeps this leak free: a Lua call may raise (memory), so what
 * must be freed belongs to a userdata before the next Lua call. */
#ifndef LOS_BINDING_CORE_H
#define LOS_BINDING_CORE_H

#include "binding/compat.h"
#include "core/buf.h"
#include "core/request.h"

#include <stdint.h>

void los_open_encode(lua_State *L);
void los_open_digest(lua_State *L);
void los_open_crc64(lua_State *L);
void los_open_block(lua_State *L);
void los_open_date(lua_State *L);
void los_open_request(lua_State *L);
void los_open_sign(lua_State *L);
void los_open_rsa(lua_State *L);
void los_open_callback(lua_State *L);

/* Bytes of a result that this module makes at most. */
#define LOS_RESULT_MAX ((size_t)1 << 30)

/* A string argument; raises when it is none. */
los_str los_check_str(lua_State *L, int index);

/* A time in unix seconds: a number, the fraction is dropped. What no date can
 * have becomes -1, which the core refuses. */
int64_t los_check_time(lua_State *L, int index);

/* Pushes nil and the text of a code; returns 2. */
int los_push_error(lua_State *L, int code);

/* Pushes a userdata that holds an empty buffer and frees it when collected. */
struct los_buf *los_push_buf(lua_State *L);

/* Pushes the content of a buffer and empties it, or pushes nil and a text
 * when code or the buffer's own state is an error. Returns the count. */
int los_push_result(lua_State *L, struct los_buf *b, int code);

/* Pushes nil and what was refused, or the text of code; returns 2. */
int los_push_fault(lua_State *L, int code, const struct los_fault *fault);

/* A request that was read from a table. */
struct los_request_box {
    struct los_request request;
    struct los_pair query[LOS_PAIRS_MAX];
    struct los_pair headers[LOS_PAIRS_MAX];
};

/* Pushes f as a function that may call los_check_request: the names of the
 * fields are its upvalues, so that Lua looks up no text. */
void los_push_request_reader(lua_State *L, lua_CFunction f);

/* Reads the table at index. Its slices live as long as what this leaves on
 * the stack and as no Lua code runs. Raises for a wrong type. */
void los_check_request(lua_State *L, int index, struct los_request_box *box);

#endif
