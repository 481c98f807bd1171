/* Posting: how a job gets to a worker. */
#ifndef POOL_POST_H
#define POOL_POST_H

struct job;
struct worker;

/* Gives the job to a worker with a free slot. 0; -EAGAIN: this worker takes no more now; -EMSGSIZE: no worker can take
 * it. */
int job_post(struct worker *worker, struct job *job);

#endif
