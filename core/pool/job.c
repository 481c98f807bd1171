/* Jobs. */
#include "pool/job.h"

#include "wire/forgets.h"

void job_init(struct job *job) {
    list_init(&job->link);
    job->handle = HANDLE_NONE;
    job->seat = UINT32_MAX;
    job->fd = job->body = -1;
}

struct job *job_at(struct list *link) {
    return container_of(link, struct job, link);
}
