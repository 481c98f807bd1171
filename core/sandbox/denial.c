/* Denials. */
#include "sandbox/denial.h"

#include <errno.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* Where the calls of a process stand in the numbering of its machine; `number` is that of ours. */
static const char *remedy(int number, const struct seccomp_data *call) {
    if (number == SCMP_SYS(execve) || number == SCMP_SYS(execveat)) {
        return "exec:/PATH";
    }
    if (number == SCMP_SYS(listen)) {
        return "listen:tcp:PORT";
    }
    bool made = number == SCMP_SYS(socket) || number == SCMP_SYS(socketpair);
    if (made && (int)call->args[0] == AF_UNIX) {
        return "connect:unix";
    }
    if (made && ((int)call->args[0] == AF_INET || (int)call->args[0] == AF_INET6)) {
        int type = (int)call->args[1] & 15;
        return type == SOCK_STREAM ? "connect:tcp:PORT" : "";
    }
    return "";
}

static void describe(const struct seccomp_notif *told, struct denial *out) {
    char *name = seccomp_syscall_resolve_num_arch(told->data.arch, told->data.nr);
    *out = (struct denial){.pid = (pid_t)told->pid};
    snprintf(out->call, sizeof(out->call), "%s", name ? name : "unknown");
    snprintf(out->remedy, sizeof(out->remedy), "%s",
             name ? remedy(seccomp_syscall_resolve_name(name), &told->data) : "");
    free(name);
}

int denial_take(int listener, struct denial *out) {
    struct seccomp_notif *told = NULL;
    struct seccomp_notif_resp *answer = NULL;
    int error = seccomp_notify_alloc(&told, &answer);
    if (!error) {
        errno = 0;
        error = seccomp_notify_receive(listener, told) < 0 ? -(errno ? errno : EIO) : 0;
    }
    if (!error) {
        describe(told, out);
        answer->id = told->id;
        answer->error = -EPERM;
        errno = 0;
        error = seccomp_notify_respond(listener, answer) < 0 ? -(errno ? errno : EIO) : 0;
    }
    seccomp_notify_free(told, answer);
    return error == -ENOENT || error == -EINTR ? 0 : error < 0 ? error : 1;
}
