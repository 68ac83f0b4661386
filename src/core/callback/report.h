/* Collecting problems; shared by the parts of the check. */
#ifndef LOS_CALLBACK_REPORT_H
#define LOS_CALLBACK_REPORT_H

#include "core/callback/callback.h"

/* Adds a problem. The entry, to be completed, or NULL when it found no room:
 * errors push out warnings, nothing pushes out errors. */
struct los_callback_problem *
los_callback_report_add(struct los_callback_report *report,
                        enum los_callback_rule rule, los_str piece);

/* The rules of the body, once its bytes are known to be UTF-8 and few.
 * LOS_OK or LOS_E_MEMORY. */
int los_callback_check_body(const struct los_callback *cb,
                            struct los_callback_report *report);

#endif
