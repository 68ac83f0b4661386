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
    X(E_TIME, -5, "InvalidTime",                                              \
      "the text is no date, or the time cannot be one")                       \
    /* this machine */                                                        \
    X(E_CRYPTO, -20, "CryptoFailed", "the crypto library refused")            \
    X(E_FILE_READ, -22, "FileRead", "the file could not be read")             \
    X(E_FILE_WRITE, -23, "FileWrite", "the file could not be written")        \
    X(E_FORKED, -24, "ForkedProcess",                                         \
      "this belongs to the process that forked, make a new one")              \
    X(E_MEMORY, -21, "OutOfMemory", "not enough memory")                      \
    X(E_THREAD, -25, "ThreadFailed", "a thread could not be started")         \
    /* feeding a body */                                                      \
    X(E_BODY_LONG, -40, "BodyLong", "the body is longer than announced")      \
    X(E_BODY_SHORT, -41, "BodyShort", "the body is shorter than announced")   \
    X(E_CANNOT_REWIND, -42, "CannotRewind",                                   \
      "the body must be sent again, but what was fed is gone")                \
    X(E_FEED_FULL, -43, "FeedFull", "too much of the body is waiting")        \
    X(E_NO_TRANSFER, -44, "NoTransfer", "nothing takes a body here")          \
    /* the way to the server and back */                                      \
    X(E_ANSWER_TIMEOUT, -60, "AnswerTimeout", "no answer came in time")       \
    X(E_ANSWER_TOO_LARGE, -61, "AnswerTooLarge",                              \
      "the answer is larger than its limit")                                  \
    X(E_CONNECT, -62, "ConnectFailed", "the server could not be reached")     \
    X(E_CONNECT_TIMEOUT, -63, "ConnectTimeout",                               \
      "the connection was not made in time")                                  \
    X(E_EMPTY_ANSWER, -64, "EmptyAnswer",                                     \
      "the connection ended without an answer")                               \
    X(E_IDLE_TIMEOUT, -65, "IdleTimeout", "nothing moved for too long")       \
    X(E_MALFORMED, -66, "MalformedAnswer", "the answer is not HTTP")          \
    X(E_PROXY, -67, "ProxyFailed", "the proxy did not let us through")        \
    X(E_RECEIVE, -68, "ReceiveFailed", "receiving failed")                    \
    X(E_RESOLVE, -69, "ResolveFailed", "the host name is not known")          \
    X(E_SEND, -70, "SendFailed", "sending failed")                            \
    X(E_TLS, -71, "TlsFailed", "TLS could not be set up")                     \
    X(E_TOTAL_TIMEOUT, -72, "TotalTimeout", "it took too long")               \
    X(E_TRANSFER, -73, "TransferFailed", "the transfer failed")               \
    X(E_TRUNCATED, -74, "TruncatedAnswer", "the answer is not complete")      \
    X(E_UNTRUSTED, -75, "TlsUntrusted",                                       \
      "the certificate of the server is not trusted")

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
