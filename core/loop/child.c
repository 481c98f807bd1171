/* Child processes and their ends. */
#include "loop/child.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "loop/process.h"

/* How soon, and how late, it is looked again for what could not be reaped. */
static const uint64_t LOOK_FIRST_NS = 20 * NS_PER_MS, LOOK_LAST_NS = NS_PER_SECOND;

/* A process that could not be reaped yet. */
struct remains {
    struct list link; /* in children->away */
    pid_t pid;
    uint64_t since;
};

static struct remains *remains_at(struct list *link) {
    return container_of(link, struct remains, link);
}

/* The soft limit that we were started with, or the master before us. */
static uint64_t files_given(void) {
    struct rlimit limit;
    const char *text = getenv(CHILDREN_FILES_VARIABLE);
    uint64_t given = text ? strtoull(text, NULL, 10) : 0;
    unsetenv(CHILDREN_FILES_VARIABLE);
    return given > 0 ? given : getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : 0;
}

void children_init(struct children *all, struct loop *loop) {
    all->loop = loop;
    all->files = files_given();
    list_init(&all->running);
    list_init(&all->away);
    all->look = UINT64_MAX;
}

void children_close(struct children *all) {
    while (all->loop && !list_empty(&all->away)) {
        struct remains *r = remains_at(all->away.next);
        list_remove(&r->link);
        free(r);
    }
}

bool children_have(const struct children *all, pid_t pid) {
    for (struct list *at = all->running.next; at != &all->running; at = at->next) {
        if (container_of(at, struct child, link)->pid == pid) {
            return true;
        }
    }
    for (struct list *at = all->away.next; at != &all->away; at = at->next) {
        if (remains_at(at)->pid == pid) {
            return true;
        }
    }
    return false;
}

/* ---- The beginning ---- */

static int process_start(const struct child_start *start, pid_t *pid) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int error = posix_spawn_file_actions_init(&actions);
    if (error) {
        return -error;
    }
    error = posix_spawnattr_init(&attributes);
    if (error) {
        posix_spawn_file_actions_destroy(&actions);
        return -error;
    }
    for (int i = 0; i < start->count && !error; i++) {
        error = posix_spawn_file_actions_adddup2(&actions, start->fds[i], start->first + i);
    }
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setpgroup(&attributes, 0);
    short group = start->own_group ? POSIX_SPAWN_SETPGROUP : 0;
    posix_spawnattr_setflags(&attributes, (short)(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | group));
    if (!error) {
        error = posix_spawn(pid, start->program, &actions, &attributes, start->argv, environ);
    }
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return -error;
}

/* More than select(2) can have is for those who ask for it: we do, for ourselves. Best effort. */
static void files_give(const struct children *all, pid_t pid) {
    struct rlimit limit;
    if (all->files > 0 && prlimit(pid, RLIMIT_NOFILE, NULL, &limit) == 0 && limit.rlim_cur > all->files) {
        limit.rlim_cur = all->files;
        (void)prlimit(pid, RLIMIT_NOFILE, &limit, NULL);
    }
}

static void child_ready(struct source *source, uint32_t events) {
    (void)events;
    struct child *child = container_of(source, struct child, source);
    if (child->pid > 0) {
        child->ended(child);
    }
}

int child_start(struct children *all, struct child *child, const struct child_start *start) {
    int error = process_start(start, &child->pid);
    if (error) {
        child->pid = 0;
        return error;
    }
    files_give(all, child->pid);
    child->all = all;
    child->source.ready = child_ready;
    list_init(&child->link);
    list_append(&all->running, &child->link);
    child->pidfd = (int)syscall(SYS_pidfd_open, child->pid, 0); /* close-on-exec by itself */
    error = child->pidfd < 0 ? -errno : loop_watch(all->loop, child->pidfd, &child->source, EPOLLIN);
    if (error) {
        child_kill(child);
        (void)child_reap(child); /* put away, most likely: it has had no time to end */
    }
    return error;
}

int child_start_self(struct children *all, struct child *child, const char *what, const int *fds, int count) {
    char name[] = "socgi";
    char command[32];
    char parent[16];
    snprintf(command, sizeof(command), "%s", what);
    snprintf(parent, sizeof(parent), "%d", (int)getpid());
    char *argv[] = {name, command, parent, NULL};
    const struct child_start start = {
        .program = "/proc/self/exe", .argv = argv, .fds = fds, .count = count, .own_group = true};
    return child_start(all, child, &start);
}

/* ---- The end ---- */

void child_signal(const struct child *child, int number) {
    if (child->pid > 0) {
        kill(child->pid, number);
    }
}

void child_kill(const struct child *child) {
    if (child->pid > 0) { /* 0 is our own group */
        kill(-child->pid, SIGKILL);
        kill(child->pid, SIGKILL);
    }
}

void child_leave(struct child *child) {
    loop_forget(child->all->loop, child->pidfd);
    fd_close(&child->pidfd);
    list_remove(&child->link);
    child->pid = 0;
}

/* An orphan, when there is no memory: those are looked for, too. */
static void child_put_away(struct children *all, pid_t pid) {
    struct remains *r = malloc(sizeof(*r));
    if (r) {
        *r = (struct remains){.pid = pid, .since = all->loop->now};
        list_init(&r->link);
        list_append(&all->away, &r->link);
        all->pause = LOOK_FIRST_NS;
        all->look = all->look < all->loop->now + LOOK_FIRST_NS ? all->look : all->loop->now + LOOK_FIRST_NS;
    }
    all->orphaned = true;
}

void child_bury(struct children *all, pid_t pid) {
    kill(pid, SIGKILL);
    if (waitpid(pid, NULL, WNOHANG) == 0) {
        child_put_away(all, pid);
    }
}

/* waitpid(2) waits for who traces the process, too, hence never without WNOHANG. */
int child_reap(struct child *child) {
    struct children *all = child->all;
    pid_t pid = child->pid;
    int status = 0;
    if (pid <= 0) {
        return status;
    }
    kill(-pid, SIGKILL);
    pid_t reaped = waitpid(pid, &status, WNOHANG);
    child_leave(child);
    if (reaped == 0) {
        status = process_status(pid, SIGKILL);
        child_put_away(all, pid);
    }
    return status;
}

/* ---- What was put away ---- */

void children_expect(struct children *all) {
    all->pause = LOOK_FIRST_NS;
    all->look = list_empty(&all->away) ? UINT64_MAX : all->loop->now;
}

uint64_t children_next(const struct children *all) {
    return all->look;
}

/* A debugger that is none of ours is left alone: it lets go when it is told to. */
static void tracer_end(pid_t pid) {
    pid_t tracer = process_tracer(pid);
    if (tracer > 0 && process_descends(tracer)) {
        log_line(LOG_WARNING, "process %d, which has ended, is traced by process %d, which comes from us: killed",
                 (int)pid, (int)tracer);
        kill(tracer, SIGKILL);
    }
}

/* What it waits for in the kernel may be what it has started itself, and would be an orphan only after its end. */
static void children_end(pid_t pid) {
    unsigned count = process_kill_children(pid);
    if (count > 0) {
        log_line(LOG_WARNING, "process %d was killed and does not end: %u that it has started are killed", (int)pid,
                 count);
    }
}

void children_turn(struct children *all) {
    uint64_t now = all->loop->now;
    if (now < all->look) {
        return;
    }
    for (struct list *at = all->away.next, *next; at != &all->away; at = next) {
        struct remains *r = remains_at(at);
        next = at->next;
        if (waitpid(r->pid, NULL, WNOHANG) != 0) {
            all->orphaned = true;
            list_remove(&r->link);
            free(r);
        } else if (now >= r->since + LOOK_FIRST_NS) {
            tracer_end(r->pid);
            children_end(r->pid);
        }
    }
    all->look = list_empty(&all->away) ? UINT64_MAX : now + all->pause;
    all->pause = 2 * all->pause < LOOK_LAST_NS ? 2 * all->pause : LOOK_LAST_NS;
}
