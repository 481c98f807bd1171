/*
 * From what a handler did to an answer of HTTP: which status, which framing, and the head. Used by the worker and by
 * the testing kit; the bytes stay in the response, for whoever sends or collects them.
 */
#ifndef WORKER_ANSWER_H
#define WORKER_ANSWER_H

#include "worker/response.h"

/* Frames what has been written so far, the head included, and has it sent. 0; -EINVAL: not a status of an answer;
 * -EPIPE: the client is gone; or the error of a write before. */
int answer_flush(struct socgi_response *res, int status);

/*
 * Frames the rest after the handler has returned `returned`. What cannot be an answer becomes a 500, or, when the head
 * has been sent already, marks the response broken; the reason is logged.
 */
void answer_finish(struct socgi_response *res, int returned);

#endif
