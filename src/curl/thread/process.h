/* What the process as a whole is told of: forks, and its end. */
#ifndef LOS_CURL_THREAD_PROCESS_H
#define LOS_CURL_THREAD_PROCESS_H

struct los_worker;

/* A number that changes in a child when the process forks. Costs no system
 * call, since it is asked for all the time. */
unsigned los_process_generation(void);

/* The workers that are to be stopped before the process ends. */
void los_process_add(struct los_worker *worker);
void los_process_remove(struct los_worker *worker);

#endif
