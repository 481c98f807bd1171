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

static const uint32_t deny = SCMP_ACT_ERRNO(EPERM);

static int calls_add(scmp_filter_ctx filter) {
    int error = 0;
    for (size_t i = 0; i < sizeof(denied) / sizeof(denied[0]) && !error; i++) {
        error = seccomp_rule_add(filter, deny, denied[i], 0);
    }
    return error;
}

static int ptrace_add(scmp_filter_ctx filter) {
    if (!LEAKS_ARE_SOUGHT) {
        return seccomp_rule_add(filter, deny, SCMP_SYS(ptrace), 0);
    }
    int error = seccomp_rule_add(filter, deny, SCMP_SYS(ptrace), 1, SCMP_A0(SCMP_CMP_EQ, PTRACE_TRACEME));
    return error ? error : seccomp_rule_add(filter, deny, SCMP_SYS(ptrace), 1, SCMP_A0(SCMP_CMP_EQ, PTRACE_SEIZE));
}

/* Where the flags of clone3(2) are no filter sees: without it the C library takes clone(2). */
static int namespaces_add(scmp_filter_ctx filter) {
    int error = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
    for (size_t i = 0; i < NAMESPACES && !error; i++) {
        const struct scmp_arg_cmp flag = SCMP_A0(SCMP_CMP_MASKED_EQ, namespaces[i], namespaces[i]);
        error = seccomp_rule_add(filter, deny, SCMP_SYS(unshare), 1, flag);
        if (!error && namespaces[i] != CLONE_NEWTIME) {
            error = seccomp_rule_add(filter, deny, SCMP_SYS(clone), 1, flag);
        }
    }
    return error;
}

/* The kernel looks at 32 bits of it. */
static int terminal_add(scmp_filter_ctx filter) {
    int error = 0;
    for (size_t i = 0; i < sizeof(terminal) / sizeof(terminal[0]) && !error; i++) {
        error =
            seccomp_rule_add(filter, deny, SCMP_SYS(ioctl), 1, SCMP_A1(SCMP_CMP_MASKED_EQ, UINT32_MAX, terminal[i]));
    }
    return error;
}

/* Programs of 32 bits that this machine may run, under the same rules; calls of any other kind there are not. */
static int machines_add(scmp_filter_ctx filter) {
#if defined(__x86_64__)
    int error = seccomp_arch_add(filter, SCMP_ARCH_X86);
#elif defined(__aarch64__)
    int error = seccomp_arch_add(filter, SCMP_ARCH_ARM);
#else
    int error = 0;
#endif
    return error ? error : seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(ENOSYS));
}

int filter_enter(void) {
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    if (!filter) {
        return -ENOMEM;
    }
    int error = machines_add(filter);
    error = error ? error : seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2); /* a binary tree */
    error = error ? error : calls_add(filter);
    error = error ? error : ptrace_add(filter);
    error = error ? error : namespaces_add(filter);
    error = error ? error : terminal_add(filter);
    error = error ? error : seccomp_load(filter);
    seccomp_release(filter);
    return error;
}
