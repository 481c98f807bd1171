/* Workers that are threads. */
#include "fake_worker.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "fake_child.h"
#include "pool/spawn.h"

enum { WORKERS_MAX = 64 };

static struct fake_worker *all[WORKERS_MAX];
static size_t count;
static int failing;

size_t fake_workers(void) {
    return count;
}

struct fake_worker *fake_worker(size_t number) {
    assert_true(number < count);
    return all[number];
}

struct fake_worker *fake_of(pid_t pid) {
    for (size_t i = 0; i < count; i++) {
        if (all[i]->pid == pid) {
            return all[i];
        }
    }
    fail_msg("there is no worker %d", (int)pid);
    return NULL;
}

void fake_workers_fail(int error) {
    failing = error;
}

void fake_workers_clear(void) {
    while (count > 0) {
        free(all[--count]);
    }
    failing = 0;
}

/* ---- The thread ---- */

static void *thread_run(void *data) {
    struct fake_worker *w = data;
    pthread_mutex_lock(&w->mutex);
    while (!w->over) {
        if (!w->step) {
            pthread_cond_wait(&w->changed, &w->mutex);
            continue;
        }
        pthread_mutex_unlock(&w->mutex);
        const char *wrong = w->step(w, w->data);
        pthread_mutex_lock(&w->mutex);
        w->wrong = wrong;
        w->step = NULL;
        w->asleep = false;
        pthread_cond_broadcast(&w->changed);
    }
    pthread_mutex_unlock(&w->mutex);
    return NULL;
}

void fake_begin(struct fake_worker *w, fake_step *step, const void *data) {
    pthread_mutex_lock(&w->mutex);
    w->step = step;
    w->data = data;
    pthread_cond_broadcast(&w->changed);
    pthread_mutex_unlock(&w->mutex);
}

static void rest_await(struct fake_worker *w) {
    pthread_mutex_lock(&w->mutex);
    while (w->step) { /* no step takes for ever */
        pthread_cond_wait(&w->changed, &w->mutex);
    }
    pthread_mutex_unlock(&w->mutex);
}

void fake_await(struct fake_worker *w) {
    rest_await(w);
    if (w->wrong) {
        fail_msg("worker %d: %s", (int)w->pid, w->wrong);
    }
}

void fake_await_sleep(struct fake_worker *w) {
    pthread_mutex_lock(&w->mutex);
    while (w->step && !w->asleep) {
        pthread_cond_wait(&w->changed, &w->mutex);
    }
    pthread_mutex_unlock(&w->mutex);
    assert_true(w->asleep);
}

void fake_does(struct fake_worker *w, fake_step *step, const void *data) {
    fake_begin(w, step, data);
    fake_await(w);
}

/* ---- Beginning and end ---- */

static void ends_close(struct fake_worker *w) {
    for (size_t i = 0; i < HANDLES_MAX; i++) {
        fd_close(&w->kept[i]);
    }
    if (w->connection >= 0 && w->slot->handle == HANDLE_NONE) {
        fd_close(&w->connection);
    }
    fd_close(&w->body);
    fd_close(&w->channel);
    fd_close(&w->bell);
    fd_close(&w->output);
    mailbox_close(&w->box);
}

static void fake_end(struct fake_worker *w, int status) {
    rest_await(w);
    pthread_mutex_lock(&w->mutex);
    w->over = true;
    pthread_cond_broadcast(&w->changed);
    pthread_mutex_unlock(&w->mutex);
    pthread_join(w->thread, NULL);
    ends_close(w);
    fake_child_end(w->pid, status);
}

void fake_exits(struct fake_worker *w, int status) {
    fake_end(w, status << 8);
}

void fake_dies(struct fake_worker *w, int signal) {
    fake_end(w, signal);
}

static struct fake_worker *fake_new(void) {
    struct fake_worker *w = calloc(1, sizeof(*w));
    assert_non_null(w);
    assert_true(count < WORKERS_MAX);
    for (size_t i = 0; i < HANDLES_MAX; i++) {
        w->kept[i] = -1;
    }
    w->connection = w->body = -1;
    pthread_mutex_init(&w->mutex, NULL);
    pthread_cond_init(&w->changed, NULL);
    all[count++] = w;
    return w;
}

/* ---- pool/spawn.h ---- */

int spawn_worker(struct ties *t, struct children *children, struct child *child, uint32_t slots, uint32_t capacity) {
    if (failing) {
        return failing;
    }
    struct fake_worker *w = fake_new();
    const struct timeval patience = {.tv_sec = FAKE_PATIENCE_S};
    int pair[2];
    int box;
    assert_int_equal(channel_pair(pair), 0);
    t->denials = -1;
    t->channel = pair[0];
    w->channel = pair[1];
    assert_int_equal(setsockopt(w->channel, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)), 0);
    assert_int_equal(pipe2(pair, O_CLOEXEC), 0);
    t->output = pair[0];
    w->output = pair[1];
    assert_int_equal(fd_set_nonblocking(t->output), 0);
    t->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    w->bell = fcntl(t->bell, F_DUPFD_CLOEXEC, 0);
    assert_int_equal(mailbox_create(&t->box, slots, capacity, &box), 0);
    assert_int_equal(mailbox_open(&w->box, box), 0);
    fd_close(&box);
    assert_int_equal(fake_child_start(children, child), 0);
    w->pid = child->pid;
    assert_int_equal(pthread_create(&w->thread, NULL, thread_run, w), 0);
    return 0;
}

void ties_close(struct ties *t) {
    fd_close(&t->channel);
    fd_close(&t->bell);
    fd_close(&t->output);
    fd_close(&t->denials);
    mailbox_close(&t->box);
}
