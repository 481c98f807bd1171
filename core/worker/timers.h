/* Timers whose signal would end the process: found, and disarmed. One whose signal has a handler is let be. */
#ifndef WORKER_TIMERS_H
#define WORKER_TIMERS_H

#include "worker/left.h"

/* Those of setitimer(2) and alarm(2), and where proc(5) lists them those of timer_create(2), too. */
void timers_compare(const struct left_events *events);

#endif
