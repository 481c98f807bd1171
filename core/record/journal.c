/*
 * The log files of the master: two buffers, one that the master fills and one that the thread writes, swapped under a
 * mutex that is never held while writing.
 */
#include "record/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/fd.h"

enum { HELD_MAX = 4 << 20, GATHER_MS = 20, CLOSE_SECONDS = 1, NOTE_SIZE = 256 };

struct journal {
    struct journal *next; /* of those that have been left */
    int fd;               /* the thread's, once it runs; it closes it in the end */
    char *path;           /* NULL: the descriptor is not ours to close */
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    struct buffer filling; /* these under the mutex */
    struct buffer last;    /* what was taken before the file was opened anew */
    int next_fd;           /* that new one; -1: none */
    uint64_t lost;
    journal_note *note; /* how that is told */
    bool waiting;
    bool closing;
    struct buffer writing; /* the thread's own */
};

/* The descriptor may be non-blocking if whoever started us made it so: wait then, this thread has the time. */
static void write_out(int fd, const char *data, size_t length) {
    while (length > 0) {
        ssize_t n = write(fd, data, length);
        if (n > 0) {
            data += n;
            length -= (size_t)n;
        } else if (n < 0 && errno == EAGAIN) {
            struct pollfd room = {.fd = fd, .events = POLLOUT};
            (void)poll(&room, 1, -1);
        } else if (n < 0 && errno != EINTR) {
            return; /* a broken log is nothing that could be logged */
        }
    }
}

static size_t note_text(char *out, size_t size, uint64_t lost) {
    int n = snprintf(out, size, "... %llu lines were lost: the log did not take them", (unsigned long long)lost);
    return (size_t)n;
}

static void lost_tell(int fd, journal_note *note, uint64_t lost) {
    char line[NOTE_SIZE];
    size_t length = note(line, sizeof(line) - 1, lost);
    line[length] = '\n';
    write_out(fd, line, length + 1);
}

static void *writer(void *argument) {
    struct journal *j = argument;
    const struct timespec gather = {.tv_nsec = GATHER_MS * 1000000L};
    bool closing = false;
    while (!closing) {
        pthread_mutex_lock(&j->mutex);
        while (j->filling.length == 0 && j->next_fd < 0 && !j->closing) {
            j->waiting = true;
            pthread_cond_wait(&j->wake, &j->mutex);
        }
        j->waiting = false;
        closing = j->closing;
        pthread_mutex_unlock(&j->mutex);
        if (!closing) {
            nanosleep(&gather, NULL); /* one write for many lines */
        }
        pthread_mutex_lock(&j->mutex);
        struct buffer full = j->filling;
        struct buffer last = j->last;
        int next_fd = j->next_fd;
        uint64_t lost = j->lost;
        journal_note *note = j->note;
        j->filling = j->writing;
        j->last = (struct buffer){0};
        j->next_fd = -1;
        j->lost = 0;
        pthread_mutex_unlock(&j->mutex);
        j->writing = full;
        if (lost > 0) {
            lost_tell(j->fd, note, lost);
        }
        if (next_fd >= 0) {
            write_out(j->fd, last.data, last.length);
            buffer_free(&last);
            close(j->fd);
            j->fd = next_fd;
        }
        write_out(j->fd, full.data, full.length);
        j->writing.length = 0;
    }
    if (j->path) {
        fd_close(&j->fd);
    }
    return NULL;
}

/* Never waits, not even for the reader of a FIFO. */
static int open_log(const char *path) {
    const int flags = O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
    int fd = open(path, flags | O_WRONLY, 0640);
    return fd < 0 && errno == ENXIO ? open(path, flags | O_RDWR, 0640) : fd;
}

struct journal *journal_open(const char *path) {
    struct journal *j = calloc(1, sizeof(*j));
    if (!j) {
        return NULL;
    }
    bool owned = strcmp(path, "stderr") != 0;
    j->path = owned ? strdup(path) : NULL;
    j->next_fd = -1;
    j->note = note_text;
    j->fd = !owned ? STDERR_FILENO : j->path ? open_log(path) : -1;
    if (j->fd < 0) {
        free(j->path);
        free(j);
        return NULL;
    }
    pthread_mutex_init(&j->mutex, NULL);
    pthread_cond_init(&j->wake, NULL);
    int error = pthread_create(&j->thread, NULL, writer, j);
    if (error) {
        if (j->path) {
            fd_close(&j->fd);
        }
        free(j->path);
        free(j);
        errno = error;
        return NULL;
    }
    return j;
}

bool journal_is(const struct journal *j, const char *path) {
    return strcmp(j->path ? j->path : "stderr", path) == 0;
}

void journal_note_by(struct journal *j, journal_note *note) {
    pthread_mutex_lock(&j->mutex);
    j->note = note ? note : note_text;
    pthread_mutex_unlock(&j->mutex);
}

/* What is newest says most about a log that is stuck. */
static void drop_older_half(struct journal *j) {
    struct buffer *b = &j->filling;
    size_t end = b->length / 2;
    while (end < b->length && b->data[end - 1] != '\n') {
        end++;
    }
    for (size_t i = 0; i < end; i++) {
        j->lost += b->data[i] == '\n';
    }
    buffer_consume(b, end);
}

void journal_line(struct journal *j, const char *line, size_t length) {
    pthread_mutex_lock(&j->mutex);
    struct buffer *b = &j->filling;
    if (b->length + length + 1 > HELD_MAX) {
        drop_older_half(j);
    }
    if (buffer_reserve(b, length + 1)) {
        j->lost++;
    } else {
        (void)buffer_append(b, line, length);
        (void)buffer_append(b, "\n", 1);
    }
    pthread_mutex_unlock(&j->mutex);
}

/* Twice before the thread has come to it: the file in between gets nothing, for nothing was taken for it that could not
 * go into the older one as well. */
int journal_reopen(struct journal *j) {
    int fd = j->path ? open_log(j->path) : -1;
    if (fd < 0) {
        return j->path ? -errno : 0;
    }
    pthread_mutex_lock(&j->mutex);
    int error = j->last.length + j->filling.length > HELD_MAX
                    ? -ENOBUFS
                    : buffer_append(&j->last, j->filling.data, j->filling.length);
    int useless = error ? fd : j->next_fd;
    if (!error) {
        j->filling.length = 0;
        j->next_fd = fd;
    }
    pthread_mutex_unlock(&j->mutex);
    fd_close(&useless);
    pthread_cond_signal(&j->wake);
    return error;
}

void journal_kick(struct journal *j) {
    pthread_mutex_lock(&j->mutex);
    bool wake = j->waiting && j->filling.length > 0;
    if (wake) {
        j->waiting = false;
    }
    pthread_mutex_unlock(&j->mutex);
    if (wake) {
        pthread_cond_signal(&j->wake);
    }
}

static void journal_end(struct journal *j) {
    pthread_mutex_lock(&j->mutex);
    j->closing = true;
    pthread_mutex_unlock(&j->mutex);
    pthread_cond_signal(&j->wake);
}

/* Its thread has ended. */
static void journal_free(struct journal *j) {
    free(j->path);
    pthread_mutex_destroy(&j->mutex);
    pthread_cond_destroy(&j->wake);
    fd_close(&j->next_fd);
    buffer_free(&j->last);
    buffer_free(&j->filling);
    buffer_free(&j->writing);
    free(j);
}

void journal_close(struct journal *j) {
    if (!j) {
        return;
    }
    journal_end(j);
    struct timespec deadline;
    clock_gettime(CLOCK_REALTIME, &deadline);
    deadline.tv_sec += CLOSE_SECONDS;
    if (pthread_timedjoin_np(j->thread, NULL, &deadline) == 0) {
        journal_free(j);
    } /* else it is still blocked: it goes with the process, and so must what it uses */
}

void journal_leave(struct journal *j, struct journal **left) {
    j->next = *left;
    *left = j;
    journal_end(j);
}

void journals_sweep(struct journal **left, bool wait) {
    struct journal *j = *left;
    *left = NULL;
    while (j) {
        struct journal *next = j->next;
        if (wait) {
            journal_close(j);
        } else if (pthread_tryjoin_np(j->thread, NULL) == 0) {
            journal_free(j);
        } else {
            j->next = *left;
            *left = j;
        }
        j = next;
    }
}
