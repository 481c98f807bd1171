/* Giving out. */
#include "pool/give.h"

#include <errno.h>

#include "pool/choose.h"
#include "pool/job.h"
#include "pool/pool.h"
#include "pool/pools.h"
#include "pool/post.h"
#include "pool/queue.h"

int job_offer(struct pool *pool, struct job *job) {
    int error = -EAGAIN;
    for (struct worker *w; error == -EAGAIN && (w = worker_choose(pool, job->seat));) {
        error = job_post(w, job); /* who refuses is not chosen again */
    }
    return error;
}

bool job_give(struct pool *pool, struct job *job) {
    if (job->queued) {
        queue_remove(job);
    }
    int error = job_offer(pool, job);
    if (error == -EMSGSIZE) {
        pool->pools->events->refused(job, REFUSAL_LARGE);
    } else if (error) {
        queue_prepend(job);
    }
    return error != -EAGAIN;
}
