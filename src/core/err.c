#include "err.h"

const char *
los_error_name(int code)
{
    switch (code) {
#define LOS_ERROR_NAME(constant, value, name, text)                           \
    case value: return name;
        LOS_ERRORS(LOS_ERROR_NAME)
#undef LOS_ERROR_NAME
    default: return "Unknown";
    }
}

const char *
los_error_text(int code)
{
    switch (code) {
#define LOS_ERROR_TEXT(constant, value, name, text)                           \
    case value: return text;
        LOS_ERRORS(LOS_ERROR_TEXT)
#undef LOS_ERROR_TEXT
    default: return "unknown error";
    }
}
