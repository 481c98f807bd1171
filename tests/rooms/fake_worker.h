/*
 * A worker that is a thread: it has the worker's ends of the ties and speaks the mailbox and the channel as a worker
 * does (worker/inbox.c), but does one thing after another, each when the test orders it. In place of pool/spawn.c.
 *
 * Between its steps it rests: then the test may look at everything of it, and write what no worker should. What it does
 * wrong, and what does not come to it within seconds, fails the test.
 */
#ifndef ROOMS_FAKE_WORKER_H
#define ROOMS_FAKE_WORKER_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/mailbox.h"
#include "wire/message.h"

enum { FAKE_PATIENCE_S = 5 }; /* no longer is anything waited for */

struct fake_worker;

/* What it is to do, in its thread. NULL, or what is wrong. */
typedef const char *fake_step(struct fake_worker *worker, const void *data);

struct fake_worker {
    pid_t pid;
    struct mailbox box; /* mapped a second time, as in a process of its own */
    int channel, bell, output;
    uint32_t read;         /* entries of the ring */
    int kept[HANDLES_MAX]; /* connections; -1: none */
    struct wire_start start;
    unsigned char start_message[CHANNEL_MESSAGE_MAX];

    /* The request that it took last. */
    struct wire_post post;
    struct mailbox_slot *slot;
    bool by_message;
    int connection; /* -1: it is answered */
    int body;

    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    fake_step *step; /* NULL: it rests */
    const void *data;
    const char *wrong; /* with the last step */
    bool asleep;       /* it waits to be called, or has just been */
    bool over;
};

/* How many were started, and each of them; with the first, number 0. */
size_t fake_workers(void);
struct fake_worker *fake_worker(size_t number);
struct fake_worker *fake_of(pid_t pid);

/* None is started from now on, but there is this -errno; 0: they are. */
void fake_workers_fail(int error);

/* Forgets them all. */
void fake_workers_clear(void);

/* Begins a step; waits until it is done; both; waits until it sleeps over it. */
void fake_begin(struct fake_worker *worker, fake_step *step, const void *data);
void fake_await(struct fake_worker *worker);
void fake_does(struct fake_worker *worker, fake_step *step, const void *data);
void fake_await_sleep(struct fake_worker *worker);

/* ---- Steps, each done when the call returns ---- */

/* Receives START. */
void fake_is_started(struct fake_worker *worker);

void fake_says(struct fake_worker *worker, const void *message, long length);
void fake_says_loading(struct fake_worker *worker, const char *file);
void fake_says_plugin(struct fake_worker *worker, const struct wire_plugin *plugin);
void fake_says_ready(struct fake_worker *worker);

/* Takes the next request; sleeps until there is one. */
void fake_takes(struct fake_worker *worker);

/* Answers what it has taken: kept and complete, or like that. */
void fake_answers(struct fake_worker *worker, uint32_t status);
void fake_answers_so(struct fake_worker *worker, const struct mailbox_answer *answer);

/* Sleeps until it is told that nothing follows. */
void fake_is_dismissed(struct fake_worker *worker);

/* Forgets the connections that it is to; sleeps until there are some. */
void fake_forgets(struct fake_worker *worker);

/* It ends: an exit status, or a signal. */
void fake_exits(struct fake_worker *worker, int status);
void fake_dies(struct fake_worker *worker, int signal);

/* The same as steps, to be begun. */
fake_step fake_step_take;
fake_step fake_step_forget;
fake_step fake_step_answer; /* data: struct mailbox_answer */

#endif
