/***
RSA signatures.
@submodule oss.core
*/
#include "binding/core.h"
#include "core/err.h"
#include "crypto/rsa.h"

/* LOS_E_ARGUMENT can only mean the key here. */
static int
push_rsa_error(lua_State *L, int code)
{
    if (code != LOS_E_ARGUMENT)
        return los_push_error(L, code);
    lua_pushnil(L);
    lua_pushliteral(L, "RSA key of 512 to 8192 bits in PEM expected");
    return 2;
}

/***
Checks an RSA signature with MD5 (PKCS#1 v1.5), as callbacks carry it.
@function rsa_verify_md5
@tparam string public_key PEM
@tparam string data
@tparam string signature raw bytes
@treturn[1] boolean
@return[2] nil, message when the key is not usable
*/
static int
rsa_verify_md5(lua_State *L)
{
    los_str key = los_check_str(L, 1), data = los_check_str(L, 2);
    int valid;
    int code = los_rsa_verify_md5(key, data, los_check_str(L, 3), &valid);

    if (code != LOS_OK)
        return push_rsa_error(L, code);
    lua_pushboolean(L, valid);
    return 1;
}

/***
Makes such a signature.
@function rsa_sign_md5
@tparam string private_key PEM, not encrypted
@tparam string data
@treturn[1] string raw bytes
@return[2] nil, message
*/
static int
rsa_sign_md5(lua_State *L)
{
    los_str key = los_check_str(L, 1), data = los_check_str(L, 2);
    struct los_buf *b = los_push_buf(L);
    int code = los_rsa_sign_md5(key, data, b);

    return code == LOS_OK ? los_push_result(L, b, code)
                          : push_rsa_error(L, code);
}

/***
Makes an RSA key.
@function rsa_generate
@tparam number bits 512 to 8192
@treturn[1] string private key, PEM
@treturn[1] string public key, PEM
@return[2] nil, message
*/
static int
rsa_generate(lua_State *L)
{
    lua_Number bits = luaL_checknumber(L, 1);
    struct los_buf *private_pem, *public_pem;
    int code;

    luaL_argcheck(L, bits >= LOS_RSA_BITS_MIN && bits <= LOS_RSA_BITS_MAX, 1,
                  "512 to 8192 bits expected");
    private_pem = los_push_buf(L);
    public_pem = los_push_buf(L);
    code = los_rsa_generate((unsigned)bits, private_pem, public_pem);
    if (code != LOS_OK)
        return los_push_error(L, code);
    los_push_result(L, private_pem, LOS_OK);
    los_push_result(L, public_pem, LOS_OK);
    return 2;
}

void
los_open_rsa(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"rsa_verify_md5", rsa_verify_md5},
        {"rsa_sign_md5", rsa_sign_md5},
        {"rsa_generate", rsa_generate},
        {NULL, NULL},
    };

    luaL_setfuncs(L, functions, 0);
}
