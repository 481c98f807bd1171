/*
 * The log files of the master: two buffers, one that the master fills and one that the thread writes, swapped under a
 * mutex that is never held while writing. What a file does not take (a full disk) stays with the thread, which tries
 * again each second, from the very byte; meanwhile the master's buffer fills, and drops its older half.
 */
#include "record/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/fd.h"

enum { HELD_MAX = 4 << 20, GATHER_MS = 20, CLOSE_SECONDS = 1, AGAIN_SECONDS = 1, NOTE_SIZE = 384 };

struct journal {
    struct journal *next; /* of those that have been left */
    char *path;           /* NULL: the descriptor is not ours to close */
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t wake;

    struct buffer filling; /* these under the mutex */
    size_t turn;           /* how much of that was taken before the file was opened anew */
    int next_fd;           /* that new one; -1: none */
    uint64_t lost;         /* lines, since that was told */
    int lost_by;           /* the fault that there was then */
    uint64_t lost_ever;
    int fault;          /* an errno: the file does not take what it should; 0: it does */
    int news;           /* that, until journal_fault has told of it */
    journal_note *note; /* how losses are told */
    bool waiting;
    bool closing;

    int fd; /* the thread's own, once it runs; it closes it in the end */
    struct buffer writing;
    size_t before;  /* how much of that goes to `fd` ... */
    int new_fd;     /* ... before it goes on with this one; -1: all of it */
    uint64_t noted; /* lines of whose loss its first line tells */
    bool within;    /* the file ends within a line, of which `writing` has the rest */
    bool broken;    /* ... of which nobody has: it was found so */
};

static uint64_t lines_count(const char *data, size_t length) {
    uint64_t lines = 0;
    for (size_t i = 0; i < length; i++) {
        lines += data[i] == '\n';
    }
    return lines;
}

/* Under the mutex. */
static void lost_count(struct journal *j, uint64_t lines) {
    j->lost += lines;
    j->lost_ever += lines;
    j->lost_by = j->fault;
}

/* ---- In the thread ---- */

/* Whether somebody's last line in it has no end. */
static bool line_broken(int fd) {
    char name[32];
    char last = '\n';
    struct stat st;
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size == 0) {
        return false;
    }
    snprintf(name, sizeof(name), "/proc/self/fd/%d", fd); /* a log is open for writing only */
    int again = open(name, O_RDONLY | O_CLOEXEC);
    bool known = again >= 0 && pread(again, &last, 1, st.st_size - 1) == 1;
    fd_close(&again);
    return known && last != '\n';
}

/* Writes until something is not taken: how much was, and an errno or 0. The descriptor may be non-blocking if whoever
 * started us made it so: wait then, this thread has the time. */
static size_t bytes_write(int fd, const char *data, size_t length, int *error) {
    size_t done = 0;
    *error = 0;
    while (done < length && !*error) {
        ssize_t n = write(fd, data + done, length - done);
        if (n > 0) {
            done += (size_t)n;
        } else if (n < 0 && errno == EAGAIN) {
            struct pollfd room = {.fd = fd, .events = POLLOUT};
            (void)poll(&room, 1, -1);
        } else if (n == 0 || errno != EINTR) {
            *error = n == 0 ? EIO : errno;
        }
    }
    return done;
}

/* The first `length` bytes of what it holds; what was taken it holds no more. 0, or an errno. */
static int batch_write(struct journal *j, size_t length) {
    int error = 0;
    if (length > 0 && j->broken && bytes_write(j->fd, "\n", 1, &error) == 0) {
        return error;
    }
    j->broken = j->broken && length == 0;
    size_t done = length > 0 ? bytes_write(j->fd, j->writing.data, length, &error) : 0;
    if (done > 0) {
        j->within = j->writing.data[done - 1] != '\n';
        j->noted = 0;
        j->before -= done < j->before ? done : j->before;
        buffer_consume(&j->writing, done);
    }
    return error;
}

/* Goes on in the new file with what the older one has not taken, from a whole line on. */
static void file_turn(struct journal *j) {
    uint64_t cut = 0;
    if (j->within) {
        const char *end = memchr(j->writing.data, '\n', j->writing.length);
        size_t rest = end ? (size_t)(end - j->writing.data) + 1 : j->writing.length;
        cut = rest > 1; /* a line of which the end alone is missing is no loss */
        buffer_consume(&j->writing, rest);
    }
    close(j->fd);
    j->fd = j->new_fd;
    j->new_fd = -1;
    j->before = 0;
    j->within = false;
    j->broken = line_broken(j->fd);
    pthread_mutex_lock(&j->mutex);
    lost_count(j, cut);
    pthread_mutex_unlock(&j->mutex);
}

/* Under the mutex: what is written next, behind a line that tells what is not there. */
static void batch_take(struct journal *j) {
    struct buffer full = j->filling;
    j->filling = j->writing; /* empty, but its memory is of use */
    j->writing = full;
    j->before = j->turn;
    j->new_fd = j->next_fd;
    j->turn = 0;
    j->next_fd = -1;
    char line[NOTE_SIZE];
    if (j->lost == 0 || buffer_reserve(&j->writing, sizeof(line))) {
        return;
    }
    size_t length = j->note(line, sizeof(line) - 1, j->lost, j->lost_by);
    line[length++] = '\n';
    memmove(j->writing.data + length, j->writing.data, j->writing.length);
    memcpy(j->writing.data, line, length);
    j->writing.length += length;
    j->before += length;
    j->noted = j->lost;
    j->lost = 0;
}

/* Until there is something to do. Whether the journal is to end. */
static bool work_await(struct journal *j, int error) {
    struct timespec again;
    clock_gettime(CLOCK_MONOTONIC, &again);
    again.tv_sec += AGAIN_SECONDS;
    int over = 0;
    while (error && j->next_fd < 0 && !j->closing && !over) {
        over = pthread_cond_clockwait(&j->wake, &j->mutex, CLOCK_MONOTONIC, &again);
    }
    while (!error && j->filling.length == 0 && j->lost == 0 && j->next_fd < 0 && !j->closing) {
        j->waiting = true;
        pthread_cond_wait(&j->wake, &j->mutex);
    }
    j->waiting = false;
    return j->closing;
}

/* One go at the file, with all that there is. 0, or an errno. */
static int batch_go(struct journal *j) {
    pthread_mutex_lock(&j->mutex);
    if (j->writing.length == 0) {
        batch_take(j);
    }
    pthread_mutex_unlock(&j->mutex);
    int error = batch_write(j, j->new_fd >= 0 ? j->before : j->writing.length);
    pthread_mutex_lock(&j->mutex);
    if (error && j->new_fd < 0) { /* another file may take it */
        j->new_fd = j->next_fd;
        j->next_fd = -1;
        j->turn = 0;
    }
    pthread_mutex_unlock(&j->mutex);
    if (j->new_fd >= 0) {
        file_turn(j);
        error = batch_write(j, j->writing.length);
    }
    return error;
}

static void *writer(void *argument) {
    struct journal *j = argument;
    const struct timespec gather = {.tv_nsec = GATHER_MS * 1000000L};
    int error = 0;
    bool over = false;
    j->broken = j->path && line_broken(j->fd);
    while (!over) {
        pthread_mutex_lock(&j->mutex);
        bool closing = work_await(j, error);
        pthread_mutex_unlock(&j->mutex);
        if (!closing) {
            nanosleep(&gather, NULL); /* one write for many lines */
        }
        error = batch_go(j);
        pthread_mutex_lock(&j->mutex);
        j->news = error && !j->fault ? error : j->news;
        j->fault = error;
        over = closing && (error || (j->filling.length == 0 && j->lost == 0));
        if (over) {
            lost_count(j, lines_count(j->writing.data, j->writing.length) - (j->noted > 0) +
                              lines_count(j->filling.data, j->filling.length));
            j->lost += j->noted;
        }
        pthread_mutex_unlock(&j->mutex);
    }
    if (j->path) {
        fd_close(&j->fd);
    }
    return NULL;
}

static size_t note_text(char *out, size_t size, uint64_t lost, int error) {
    int n = snprintf(out, size, "... %llu lines were lost: the log did not take them%s%s", (unsigned long long)lost,
                     error ? ": " : "", error ? strerror(error) : "");
    return (size_t)n;
}

/* ---- In the master ---- */

/* Never waits, not even for the reader of a FIFO. */
static int open_log(const char *path) {
    const int flags = O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
    int fd = open(path, flags | O_WRONLY, 0640);
    return fd < 0 && errno == ENXIO ? open(path, flags | O_RDWR, 0640) : fd;
}

struct journal *journal_open(const char *path, bool *opened) {
    struct journal *j = calloc(1, sizeof(*j));
    if (!j) {
        return NULL;
    }
    bool owned = strcmp(path, "stderr") != 0;
    j->path = owned ? strdup(path) : NULL;
    j->next_fd = j->new_fd = -1;
    j->note = note_text;
    j->fd = !owned ? STDERR_FILENO : j->path ? open_log(path) : -1;
    if (j->fd < 0) {
        free(j->path);
        free(j);
        return NULL;
    }
    if (opened) {
        *opened = true;
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
    lost_count(j, lines_count(b->data, end));
    j->turn -= end < j->turn ? end : j->turn;
    buffer_consume(b, end);
}

void journal_line(struct journal *j, const char *line, size_t length) {
    pthread_mutex_lock(&j->mutex);
    struct buffer *b = &j->filling;
    if (b->length + length + 1 > HELD_MAX) {
        drop_older_half(j);
    }
    if (buffer_reserve(b, length + 1)) {
        lost_count(j, 1);
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
    int useless = j->next_fd;
    j->turn = j->filling.length;
    j->next_fd = fd;
    pthread_mutex_unlock(&j->mutex);
    fd_close(&useless);
    pthread_cond_signal(&j->wake);
    return 0;
}

int journal_fault(struct journal *j) {
    pthread_mutex_lock(&j->mutex);
    int news = j->news;
    j->news = 0;
    pthread_mutex_unlock(&j->mutex);
    return news;
}

uint64_t journal_lost(struct journal *j) {
    pthread_mutex_lock(&j->mutex);
    uint64_t lost = j->lost_ever;
    pthread_mutex_unlock(&j->mutex);
    return lost;
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

/* Its thread has ended. How many lines were lost that nobody was told of. */
static uint64_t journal_free(struct journal *j) {
    uint64_t lost = j->lost;
    free(j->path);
    pthread_mutex_destroy(&j->mutex);
    pthread_cond_destroy(&j->wake);
    fd_close(&j->next_fd);
    fd_close(&j->new_fd);
    buffer_free(&j->filling);
    buffer_free(&j->writing);
    free(j);
    return lost;
}

uint64_t journal_close(struct journal *j) {
    if (!j) {
        return 0;
    }
    journal_end(j);
    struct timespec deadline;
    clock_gettime(CLOCK_REALTIME, &deadline);
    deadline.tv_sec += CLOSE_SECONDS;
    if (pthread_timedjoin_np(j->thread, NULL, &deadline)) {
        return 0; /* it is still blocked: it goes with the process, and so must what it uses */
    }
    return journal_free(j);
}

void journal_leave(struct journal *j, struct journal **left) {
    j->next = *left;
    *left = j;
    journal_end(j);
}

uint64_t journals_sweep(struct journal **left, bool wait) {
    struct journal *j = *left;
    uint64_t lost = 0;
    *left = NULL;
    while (j) {
        struct journal *next = j->next;
        if (wait) {
            lost += journal_close(j);
        } else if (pthread_tryjoin_np(j->thread, NULL) == 0) {
            lost += journal_free(j);
        } else {
            j->next = *left;
            *left = j;
        }
        j = next;
    }
    return lost;
}
