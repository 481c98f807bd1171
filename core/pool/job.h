/*
 * A job: one request on its way through a pool, from its submission to its answer. It is embedded in what whoever
 * submits it keeps of it; in between it is linked where it waits: in its pool's queue, or at a worker.
 */
#ifndef POOL_JOB_H
#define POOL_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buffer.h"
#include "base/list.h"

struct incident;
struct mailbox_answer;
struct plugin;
struct wire_tail;
struct worker;

struct job {
    /* The submitter's. */
    struct plugin *plugin; /* that is to run */
    int fd;                /* the client's connection, which the worker answers on */
    int body;              /* a file with the request's body; -1: none */
    uint64_t connection;   /* number of the connection */
    bool apart;            /* its worker leaves its answer to the master, whatever its pool */
    uint32_t requests;     /* how many that has had, this one included */

    /* Both: in, who had the connection's last request (UINT32_MAX: nobody); out, who has this one. */
    uint32_t seat;

    /* What the submitter may look at. */
    pid_t pid; /* of the worker that it was given to last; 0: none */
    bool kept; /* that worker may keep the descriptor */

    /* Of an answer that was left to the master, what came with it, in job_events.lies and .answered, which takes it; of
     * one that is another plugin's, the path. */
    struct buffer text;

    /* The pool's own. */
    struct list link;      /* in the queue, or at its worker */
    struct worker *worker; /* NULL: in the queue, or nowhere */
    uint32_t slot;
    uint64_t sequence;
    uint32_t handle; /* under which its worker keeps the connection, or is to; HANDLE_NONE: none, or settled */
    bool brings;     /* is to: the descriptor is on its way */
    bool queued;
    uint32_t returns; /* workers that have given it back */
    bool probe;       /* the one request that a quarantine has let through */
};

/* Why a pool does not take a request. */
enum refusal {
    REFUSAL_NONE,
    REFUSAL_FULL,       /* too many wait already */
    REFUSAL_LARGE,      /* it is longer than a worker can be given */
    REFUSAL_QUARANTINE, /* its plugin has crashed too often */
};

/* Over which a worker has died. */
struct job_loss {
    const struct worker *worker; /* until the callback returns */
    int wait_status;             /* as waitpid(2) gives it */
    int exit_signal; /* these three, of one that has ended with an exit status, are struct incident_facts' */
    bool exit_called;
    bool thread_ended;
    const char *others; /* names of the plugins that it had run before; "": no other */
    bool outran;        /* it was killed, for the handler took longer than its limit */
    bool touched;       /* bytes of the answer were sent */
    bool stopping;      /* all workers are being ended */
};

/* What a pool asks of whoever has submitted a job, and tells it. After answered, refused and lost, and after a renew
 * that is false, the job is no longer the pool's. */
struct job_events {
    /* Packs its request for the worker, as wire_request_pack does. Bytes, or -EMSGSIZE. */
    long (*pack)(struct job *job, unsigned char *to, size_t capacity);

    /* Whether its client waits already to be served further, so that the answer should be collected at once. */
    bool (*hurried)(struct job *job);

    /* It was not begun, and its worker or its pool goes: true, when job->plugin is of a pool that serves. */
    bool (*renew)(struct job *job);

    /* Whether job->text, from which `answer` has its numbers, can be an answer to its request, and no more than that.
     */
    bool (*lies)(struct job *job, const struct mailbox_answer *answer);

    /* A worker has answered, in a way that has been checked. `tail` (NULL: none) comes with `count` descriptors, which
     * are taken over. */
    void (*answered)(struct job *job, const struct mailbox_answer *answer, const struct wire_tail *tail, const int *fds,
                     size_t count);

    /* It was queued, and nobody will run it. */
    void (*refused)(struct job *job, enum refusal why);

    /* Its worker has died over it: first this is to be recorded, then, when the plugin's standing is known, the request
     * is to be answered for. */
    void (*died)(struct job *job, const struct job_loss *loss);
    void (*lost)(struct job *job, const struct job_loss *loss);

    /* The trace of that incident is complete. */
    void (*traced)(void *data, uint64_t incident);
    void *data; /* for it */
};

/* Prepares one, zeroed, before it is submitted. */
void job_init(struct job *job);

/* The job that is linked there. */
struct job *job_at(struct list *link);

#endif
