/* Every result code of the C side, with its Lua name and its text.
 *
 * A fallible function returns LOS_OK or one of the negative codes. Lua sees
 * the name (err.code), people see the text. */
#ifndef LOS_ERR_H
#define LOS_ERR_H

/* X(constant, value, Lua name, text) */
#define LOS_ERRORS(X)                                                         \
    X(OK, 0, "Ok", "no error")                                                \
    /* the caller's bytes */                                                  \
    X(E_ARGUMENT, -1, "InvalidArgument", "a value is missing or not allowed") \
    X(E_BYTES, -2, "ForbiddenByte", "CR, LF and NUL are not allowed here")    \
    X(E_ENCODING, -3, "InvalidEncoding", "the text is not well encoded")      \
    X(E_LIMIT, -4, "TooLarge", "the data is larger than its limit")           \
    X(E_TIME, -5, "InvalidTime", "the time cannot be written as a date")      \
    /* this machine */                                                        \
    X(E_CRYPTO, -20, "CryptoFailed", "the crypto library refused")            \
    X(E_MEMORY, -21, "OutOfMemory", "not enough memory")

enum los_error {
#define LOS_ERROR_ENUM(constant, value, name, text) LOS_##constant = value,
    LOS_ERRORS(LOS_ERROR_ENUM)
#undef LOS_ERROR_ENUM
};

/* The Lua name of a code; "Unknown" for a code that is not in the list. */
const char *los_error_name(int code);

/* The text of a code, for people. */
const char *los_error_text(int code);

#endif
