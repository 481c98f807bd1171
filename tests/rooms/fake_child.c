/* Child processes that are none. */
#include "fake_child.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "between.h"

enum { CHILDREN_MAX = 64, PID_FIRST = 5000000 }; /* the kernel's are below 2^22 */

static struct fake_child all[CHILDREN_MAX];
static int count;

struct fake_child *fake_child(pid_t pid) {
    assert_between(pid, PID_FIRST, PID_FIRST + count - 1);
    return &all[pid - PID_FIRST];
}

static void child_ready(struct source *source, uint32_t events) {
    (void)events;
    struct child *child = container_of(source, struct child, source);
    if (child->pid > 0) {
        child->ended(child);
    }
}

int fake_child_start(struct children *children, struct child *child) {
    assert_true(count < CHILDREN_MAX);
    child->all = children;
    child->pid = PID_FIRST + count;
    all[count++] = (struct fake_child){.pid = child->pid};
    child->source.ready = child_ready;
    list_init(&child->link);
    list_append(&children->running, &child->link);
    child->pidfd = eventfd(0, EFD_CLOEXEC);
    return loop_watch(children->loop, child->pidfd, &child->source, EPOLLIN);
}

static struct children *children_all;

void fake_child_end(pid_t pid, int status) {
    struct fake_child *fake = fake_child(pid);
    assert_false(fake->over);
    fake->over = true;
    fake->status = status;
    for (struct list *at = children_all->running.next; at != &children_all->running; at = at->next) {
        struct child *child = container_of(at, struct child, link);
        if (child->pid == pid) {
            assert_int_equal(eventfd_write(child->pidfd, 1), 0);
        }
    }
}

void fake_children_clear(void) {
    count = 0;
}

/* ---- loop/child.h ---- */

void children_init(struct children *children, struct loop *loop) {
    children->loop = loop;
    list_init(&children->running);
    children_all = children;
}

/* There is no tool. */
int child_start_self(struct children *children, struct child *child, const char *command, const int *fds, int n) {
    (void)children;
    (void)child;
    (void)command;
    (void)fds;
    (void)n;
    return -ENOSYS;
}

void child_signal(const struct child *child, int number) {
    fake_child(child->pid)->signal = number;
}

void child_kill(const struct child *child) {
    if (child->pid > 0) {
        fake_child(child->pid)->killed = true;
    }
}

void child_leave(struct child *child) {
    loop_forget(child->all->loop, child->pidfd);
    fd_close(&child->pidfd);
    list_remove(&child->link);
    child->pid = 0;
}

int child_reap(struct child *child) {
    if (child->pid <= 0) {
        return 0;
    }
    const struct fake_child *fake = fake_child(child->pid);
    assert_true(fake->over); /* else a real one would be waited for */
    child_leave(child);
    return fake->status;
}
