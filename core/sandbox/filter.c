/* The filter of system calls. What is not named here is allowed, and the kernel finds that without running the filter;
 * only a call whose arguments matter costs. */
#include "sandbox/filter.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>

#include "base/needs.h"

/* A leak checker stops its own threads by ptrace(2) when the process ends: the calls of that stay in such builds. */
#if defined(__SANITIZE_ADDRESS__)
enum { LEAKS_ARE_SOUGHT = 1 };
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
enum { LEAKS_ARE_SOUGHT = 1 };
#else
enum { LEAKS_ARE_SOUGHT = 0 };
#endif
#else
enum { LEAKS_ARE_SOUGHT = 0 };
#endif

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

static const int denied[] = {
    /* Other processes. */
    SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev), SCMP_SYS(process_madvise), SCMP_SYS(pidfd_getfd),
    SCMP_SYS(kcmp), SCMP_SYS(migrate_pages),
    /* What is mounted where. */
    SCMP_SYS(mount), SCMP_SYS(umount), SCMP_SYS(umount2), SCMP_SYS(pivot_root), SCMP_SYS(chroot), SCMP_SYS(setns),
    SCMP_SYS(open_tree), SCMP_SYS(move_mount), SCMP_SYS(mount_setattr), SCMP_SYS(fsopen), SCMP_SYS(fsconfig),
    SCMP_SYS(fsmount), SCMP_SYS(fspick), SCMP_SYS(open_by_handle_at), SCMP_SYS(quotactl), SCMP_SYS(quotactl_fd),
    SCMP_SYS(swapon), SCMP_SYS(swapoff),
    /* Parts of the kernel that have often been a way into it; and io_uring, whose operations no filter sees. */
    SCMP_SYS(bpf), SCMP_SYS(perf_event_open), SCMP_SYS(userfaultfd), SCMP_SYS(io_uring_setup), SCMP_SYS(io_uring_enter),
    SCMP_SYS(io_uring_register), SCMP_SYS(add_key), SCMP_SYS(request_key), SCMP_SYS(keyctl), SCMP_SYS(vm86),
    SCMP_SYS(vm86old), SCMP_SYS(uselib), SCMP_SYS(lookup_dcookie), SCMP_SYS(nfsservctl),
    /* The machine. */
    SCMP_SYS(reboot), SCMP_SYS(kexec_load), SCMP_SYS(kexec_file_load), SCMP_SYS(init_module), SCMP_SYS(finit_module),
    SCMP_SYS(delete_module), SCMP_SYS(create_module), SCMP_SYS(iopl), SCMP_SYS(ioperm), SCMP_SYS(acct),
    SCMP_SYS(syslog), SCMP_SYS(settimeofday), SCMP_SYS(clock_settime), SCMP_SYS(clock_settime64), SCMP_SYS(stime),
    SCMP_SYS(sethostname), SCMP_SYS(setdomainname), SCMP_SYS(vhangup), SCMP_SYS(_sysctl)};

/* New namespaces, in which one is root of a kind; all but the last also by clone(2). */
static const uint64_t namespaces[] = {CLONE_NEWNS,  CLONE_NEWUTS, CLONE_NEWIPC,    CLONE_NEWUSER,
                                      CLONE_NEWPID, CLONE_NEWNET, CLONE_NEWCGROUP, CLONE_NEWTIME};
enum { NAMESPACES = sizeof(namespaces) / sizeof(namespaces[0]) };

/* Typing on the terminal that the server was started from. */
static const uint64_t terminal[] = {TIOCSTI, TIOCLINUX};

bool filter_possible(void) {
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL) < 0 && errno == EFAULT; /* as seccomp(2) says */
}

/* ---- Its rules ---- */

/* A filter in the making, and what it does to a call that it denies. */
struct filter {
    scmp_filter_ctx calls;
    uint32_t deny;
};

static int list_add(const struct filter *filter, const int *calls, size_t count) {
    int error = 0;
    for (size_t i = 0; i < count && !error; i++) {
        error = seccomp_rule_add(filter->calls, filter->deny, calls[i], 0);
    }
    return error;
}

static int ptrace_add(const struct filter *filter) {
    if (!LEAKS_ARE_SOUGHT) {
        return seccomp_rule_add(filter->calls, filter->deny, SCMP_SYS(ptrace), 0);
    }
    int error =
        seccomp_rule_add(filter->calls, filter->deny, SCMP_SYS(ptrace), 1, SCMP_A0(SCMP_CMP_EQ, PTRACE_TRACEME));
    return error
               ? error
               : seccomp_rule_add(filter->calls, filter->deny, SCMP_SYS(ptrace), 1, SCMP_A0(SCMP_CMP_EQ, PTRACE_SEIZE));
}

/* Where the flags of clone3(2) are no filter sees: without it the C library takes clone(2). */
static int namespaces_add(const struct filter *filter) {
    int error = seccomp_rule_add(filter->calls, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
    for (size_t i = 0; i < NAMESPACES && !error; i++) {
        const struct scmp_arg_cmp flag = SCMP_A0(SCMP_CMP_MASKED_EQ, namespaces[i], namespaces[i]);
        error = seccomp_rule_add(filter->calls, filter->deny, SCMP_SYS(unshare), 1, flag);
        if (!error && namespaces[i] != CLONE_NEWTIME) {
            error = seccomp_rule_add(filter->calls, filter->deny, SCMP_SYS(clone), 1, flag);
        }
    }
    return error;
}

/* The kernel looks at 32 bits of it. */
static int terminal_add(const struct filter *filter) {
    int error = 0;
    for (size_t i = 0; i < sizeof(terminal) / sizeof(terminal[0]) && !error; i++) {
        error = seccomp_rule_add(filter->calls, filter->deny, SCMP_SYS(ioctl), 1,
                                 SCMP_A1(SCMP_CMP_MASKED_EQ, UINT32_MAX, terminal[i]));
    }
    return error;
}

/* Programs of 32 bits that this machine may run, under the same rules; calls of any other kind there are not. */
static int machines_add(const struct filter *filter, bool all) {
    int error = 0;
#if defined(__x86_64__)
    uint32_t machine = SCMP_ARCH_X86;
#elif defined(__aarch64__)
    uint32_t machine = SCMP_ARCH_ARM;
#else
    uint32_t machine = 0;
#endif
    if (machine && all) { /* where they make a socket is no filter sees */
        error = seccomp_arch_add(filter->calls, machine);
    }
    return error ? error : seccomp_attr_set(filter->calls, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(ENOSYS));
}

/* ---- Needs ---- */

/* Sockets of those families are denied that are not for what is needed; the highest bits of a number, which the kernel
 * does not look at, let none pass. */
static int families_add(const struct filter *filter, bool tcp, bool local) {
    enum { FAMILIES = 64 };
    int error = seccomp_rule_add(filter->calls, filter->deny, SCMP_SYS(socket), 1, SCMP_A0(SCMP_CMP_GE, FAMILIES));
    for (int family = 0; family < FAMILIES && !error; family++) {
        bool needed = family == AF_UNIX ? local : tcp && (family == AF_INET || family == AF_INET6);
        if (!needed) {
            error = seccomp_rule_add(filter->calls, filter->deny, SCMP_SYS(socket), 1,
                                     SCMP_A0(SCMP_CMP_EQ, (uint64_t)family));
        }
    }
    return error;
}

/* A pair of sockets is its maker's alone, but one for datagrams could send them to others. */
static int pairs_add(const struct filter *filter, bool local) {
    enum { TYPES = 16 };
    return local ? 0
                 : seccomp_rule_add(filter->calls, filter->deny, SCMP_SYS(socketpair), 1,
                                    SCMP_A1(SCMP_CMP_MASKED_EQ, TYPES - 1, SOCK_DGRAM));
}

/* Of the internet's only streams, and of these only TCP: of others the kernel does not look at the port. */
static int streams_add(const struct filter *filter) {
    enum { TYPES = 16, PROTOCOL_TCP = 6 };
    static const uint64_t families[] = {AF_INET, AF_INET6};
    int error = 0;
    for (size_t i = 0; i < sizeof(families) / sizeof(families[0]) && !error; i++) {
        const struct scmp_arg_cmp family = SCMP_A0(SCMP_CMP_EQ, families[i]);
        for (uint64_t type = 0; type < TYPES && !error; type++) {
            if (type != SOCK_STREAM) {
                error = seccomp_rule_add(filter->calls, filter->deny, SCMP_SYS(socket), 2, family,
                                         SCMP_A1(SCMP_CMP_MASKED_EQ, TYPES - 1, type));
            }
        }
        for (uint64_t protocol = 1; protocol < PROTOCOL_TCP && !error; protocol++) {
            error = seccomp_rule_add(filter->calls, filter->deny, SCMP_SYS(socket), 2, family,
                                     SCMP_A2(SCMP_CMP_EQ, protocol));
        }
        if (!error) {
            error = seccomp_rule_add(filter->calls, filter->deny, SCMP_SYS(socket), 2, family,
                                     SCMP_A2(SCMP_CMP_GT, PROTOCOL_TCP));
        }
    }
    return error;
}

static int needs_add(const struct filter *filter, const char *needs) {
    /* Memory and messages that any process of the user may share. */
    static const int shared[] = {SCMP_SYS(shmget), SCMP_SYS(msgget), SCMP_SYS(semget), SCMP_SYS(mq_open)};
    static const int programs[] = {SCMP_SYS(execve), SCMP_SYS(execveat)};
    static const int listening[] = {SCMP_SYS(listen)};
    bool listens = needs_have(needs, NEED_LISTEN_TCP);
    bool tcp = listens || needs_have(needs, NEED_CONNECT_TCP);
    bool local = needs_have(needs, NEED_CONNECT_UNIX);
    int error = families_add(filter, tcp, local);
    error = error ? error : pairs_add(filter, local);
    error = error || !tcp ? error : streams_add(filter);
    error = error ? error : list_add(filter, shared, sizeof(shared) / sizeof(shared[0]));
    if (!error && !listens) {
        error = list_add(filter, listening, 1);
    }
    if (!error && !needs_have(needs, NEED_EXEC)) {
        error = list_add(filter, programs, 2);
    }
    return error;
}

/* All of it, with the needs and without. */
static int rules_add(const struct filter *filter, const char *needs) {
    bool all = needs_all(needs);
    int error = machines_add(filter, all);
    error = error ? error : seccomp_attr_set(filter->calls, SCMP_FLTATR_CTL_OPTIMIZE, 2); /* a binary tree */
    error = error ? error : list_add(filter, denied, sizeof(denied) / sizeof(denied[0]));
    error = error ? error : ptrace_add(filter);
    error = error ? error : namespaces_add(filter);
    error = error ? error : terminal_add(filter);
    return error || all ? error : needs_add(filter, needs);
}

static int enter(const char *needs, uint32_t deny, int *listener) {
    struct filter filter = {.calls = seccomp_init(SCMP_ACT_ALLOW), .deny = deny};
    if (!filter.calls) {
        return -ENOMEM;
    }
    int error = rules_add(&filter, needs);
    error = error ? error : seccomp_load(filter.calls);
    if (!error && listener) {
        *listener = seccomp_notify_fd(filter.calls);
    }
    seccomp_release(filter.calls);
    return error;
}

/* Nobody listens on a kernel before 5.0, nor where somebody does already: a container's manager may, and there is one
 * listener for all filters of a process. */
int filter_enter(const char *needs, int *listener) {
    if (listener) {
        *listener = -1;
        if (enter(needs, SCMP_ACT_NOTIFY, listener) == 0) {
            return 0;
        }
    }
    return enter(needs, SCMP_ACT_ERRNO(EPERM), NULL);
}
