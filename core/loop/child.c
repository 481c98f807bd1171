/* Child processes and their ends. */
#include "loop/child.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"

void children_init(struct children *all, struct loop *loop) {
    all->loop = loop;
    list_init(&all->running);
}

bool children_have(const struct children *all, pid_t pid) {
    for (struct list *at = all->running.next; at != &all->running; at = at->next) {
        if (container_of(at, struct child, link)->pid == pid) {
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
    child->all = all;
    child->source.ready = child_ready;
    list_init(&child->link);
    list_append(&all->running, &child->link);
    child->pidfd = (int)syscall(SYS_pidfd_open, child->pid, 0); /* close-on-exec by itself */
    error = child->pidfd < 0 ? -errno : loop_watch(all->loop, child->pidfd, &child->source, EPOLLIN);
    if (error) {
        child_kill(child);
        (void)child_reap(child);
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

int child_reap(struct child *child) {
    int status = 0;
    if (child->pid <= 0) {
        return status;
    }
    kill(-child->pid, SIGKILL);
    while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR) {
    }
    child_leave(child);
    return status;
}
