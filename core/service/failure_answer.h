/* Failures: what is recorded and answered when a worker has died over a request. */
#ifndef SERVICE_FAILURE_ANSWER_H
#define SERVICE_FAILURE_ANSWER_H

#include <stdint.h>

struct job;
struct job_loss;

/* Records it: an incident in the log, the request saved, a trace begun. */
void failure_record(struct job *job, const struct job_loss *loss);

/* Answers the request. In development its answer waits for the trace. */
void failure_answer(struct job *job, const struct job_loss *loss);

/* The trace of that incident is complete: `service` (a struct plugin_service) answers who waits for it. */
void failure_traced(void *service, uint64_t incident);

#endif
