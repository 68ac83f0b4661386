/* libcurl as a whole. */
#ifndef LOS_CURL_GLOBAL_H
#define LOS_CURL_GLOBAL_H

/* One reference of curl_global_init for each call that returns LOS_OK, else
 * LOS_E_MEMORY. Safe from several threads when libcurl says so, which 7.84
 * and later do on systems with atomics (CURL_VERSION_THREADSAFE); with an
 * older one a program that opens its first loops on several threads at once
 * calls curl_global_init itself before. */
int los_global_open(void);
void los_global_close(void);

#endif
