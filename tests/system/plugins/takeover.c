/*
 * What a handler that was taken over would try: ?do=DEED&pids=MASTER-or-others. A deed is done to the first of the pids
 * that is not its own process. Answers "done", or the name of the error.
 */
#include <socgi/plugin.h>

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATH_BYTES = 128 };

static const char own; /* something of this file */

/* 0, or errno; a descriptor is closed. */
static int result(long returned) {
    return returned < 0 ? errno : 0;
}

static int result_closed(long fd) {
    int error = result(fd);
    if (fd >= 0) {
        close((int)fd);
    }
    return error;
}

/* ---- To others ---- */

static int open_of(pid_t pid, const char *what, int flags) {
    char path[PATH_BYTES];
    (void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, what);
    return result_closed(open(path, flags | O_CLOEXEC));
}

static int memory(pid_t pid) {
    return open_of(pid, "mem", O_RDWR);
}

/* Its mailbox, if it is a worker. */
static int descriptor(pid_t pid) {
    return open_of(pid, "fd/4", O_RDONLY);
}

static int environment(pid_t pid) {
    return open_of(pid, "environ", O_RDONLY);
}

/* Where it is, and the registers of the call that it waits in. */
static int registers(pid_t pid) {
    char path[PATH_BYTES];
    char text[PATH_BYTES];
    (void)snprintf(path, sizeof(path), "/proc/%d/syscall", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    int error = result(fd);
    error = error ? error : result(read(fd, text, sizeof(text)));
    if (fd >= 0) {
        close(fd);
    }
    return error;
}

/* Until the one who traces ends. */
static int trace_by(long request, pid_t pid) {
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        _exit(result(syscall(SYS_ptrace, request, pid, 0, 0)));
    }
    return child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status) ? EIO : WEXITSTATUS(status);
}

static int trace(pid_t pid) {
    return trace_by(PTRACE_SEIZE, pid);
}

/* As the leak checker of some builds does to its own threads, so that they cannot forbid it altogether. */
static int attach(pid_t pid) {
    return trace_by(PTRACE_ATTACH, pid);
}

static int peek(pid_t pid) {
    static int place;
    int read = 0;
    const struct iovec here = {.iov_base = &read, .iov_len = sizeof(read)};
    const struct iovec there = {.iov_base = &place, .iov_len = sizeof(place)};
    int error = result(process_vm_readv(pid, &here, 1, &there, 1, 0));
    return error == EFAULT ? 0 : error; /* it may, but there is nothing */
}

static int poke(pid_t pid) {
    int written = 0;
    const struct iovec here = {.iov_base = &written, .iov_len = sizeof(written)};
    const struct iovec there = {.iov_base = NULL, .iov_len = sizeof(written)};
    int error = result(process_vm_writev(pid, &here, 1, &there, 1, 0));
    return error == EFAULT ? 0 : error; /* it may, but there is nothing */
}

static int take(pid_t pid) {
    int process = (int)syscall(SYS_pidfd_open, pid, 0);
    int error = result_closed(syscall(SYS_pidfd_getfd, process, 1, 0));
    close(process);
    return error;
}

/* Signal 0 says whether another could be sent. */
static int send_signal(pid_t pid) {
    return result(kill(pid, 0));
}

static int send_by_descriptor(pid_t pid) {
    int process = (int)syscall(SYS_pidfd_open, pid, 0);
    int error = result(syscall(SYS_pidfd_send_signal, process, 0, NULL, 0));
    close(process);
    return error;
}

/* ---- To the machine ---- */

static int new_user(pid_t pid) {
    (void)pid;
    int status = 0;
    pid_t child = (pid_t)syscall(SYS_clone, SIGCHLD | CLONE_NEWUSER, NULL, NULL, NULL, NULL);
    if (child == 0) {
        _exit(0);
    }
    return child < 0 ? errno : waitpid(child, &status, 0) == child ? 0 : EIO;
}

static int unshared(pid_t pid) {
    (void)pid;
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        _exit(result(unshare(CLONE_NEWUSER)));
    }
    return child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status) ? EIO : WEXITSTATUS(status);
}

static int mounted(pid_t pid) {
    (void)pid;
    return result(syscall(SYS_mount, "none", "/no/such/folder", "tmpfs", 0, NULL));
}

static int unmounted(pid_t pid) {
    (void)pid;
    return result(syscall(SYS_umount2, "/no/such/folder", 0));
}

static int named(pid_t pid) {
    (void)pid;
    return result(syscall(SYS_sethostname, "", -1)); /* no length */
}

static int tree(pid_t pid) {
    (void)pid;
    return result_closed(syscall(SYS_fsopen, "no-such-file-system", 0));
}

static int rings(pid_t pid) {
    (void)pid;
    struct io_uring_params params = {0};
    return result_closed(syscall(SYS_io_uring_setup, 1, &params));
}

static int program(pid_t pid) {
    (void)pid;
    return result(syscall(SYS_bpf, -1, NULL, 0));
}

static int counter(pid_t pid) {
    (void)pid;
    return result_closed(syscall(SYS_perf_event_open, NULL, 0, -1, -1, 0));
}

static int faults(pid_t pid) {
    (void)pid;
    return result_closed(syscall(SYS_userfaultfd, O_CLOEXEC));
}

static int key(pid_t pid) {
    (void)pid;
    return result(syscall(SYS_keyctl, 0, -3, 0, 0, 0)); /* KEYCTL_GET_KEYRING_ID of the session's */
}

static int module(pid_t pid) {
    (void)pid;
    return result(syscall(SYS_finit_module, -1, "", 0));
}

static int handle_opened(pid_t pid) {
    (void)pid;
    return result(syscall(SYS_open_by_handle_at, -1, NULL, 0));
}

static int new_root(pid_t pid) {
    (void)pid;
    return result(chroot("/"));
}

static int other_space(pid_t pid) {
    (void)pid;
    return result(setns(-1, 0));
}

static int clock_set(pid_t pid) {
    (void)pid;
    const struct timespec time = {0};
    return result(syscall(SYS_clock_settime, -1, &time));
}

static int restart(pid_t pid) {
    (void)pid;
    return result(syscall(SYS_reboot, 0, 0, 0, NULL)); /* not the magic numbers */
}

/* With bits above those that the kernel looks at. */
static int typed(pid_t pid) {
    (void)pid;
    char letter = 'x';
    return result(syscall(SYS_ioctl, 0, (1UL << 32) | TIOCSTI, &letter));
}

/* ---- What any handler may do ---- */

static void *thread_run(void *data) {
    return data;
}

static int threads(pid_t pid) {
    pthread_t thread;
    void *returned = NULL;
    int error = pthread_create(&thread, NULL, thread_run, &pid);
    error = error ? error : pthread_join(thread, &returned);
    return error ? error : returned == &pid ? 0 : EIO;
}

static int child_killed(pid_t pid) {
    (void)pid;
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        for (;;) {
            (void)pause();
        }
    }
    int error = result(kill(child, SIGTERM));
    return error ? error : waitpid(child, &status, 0) == child && WIFSIGNALED(status) ? 0 : EIO;
}

static int spawned(pid_t pid) {
    (void)pid;
    char *argv[] = {(char[]){"sh"}, (char[]){"-c"}, (char[]){"sleep 100 & kill $! && exit 7"}, NULL};
    int status = 0;
    pid_t child;
    int error = posix_spawn(&child, "/bin/sh", NULL, NULL, argv, environ);
    if (error || waitpid(child, &status, 0) != child) {
        return error ? error : ECHILD;
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 7 ? 0 : EIO;
}

/* A file goes from one folder to another, and under a second name into it. */
/* The file that its siblings have loaded: to change it would change them. */
static int copy(pid_t pid) {
    (void)pid;
    Dl_info self;
    if (dladdr(&own, &self) == 0) {
        return ESRCH;
    }
    (void)chmod(self.dli_fname, 0644);
    return result_closed(open(self.dli_fname, O_WRONLY | O_CLOEXEC));
}

static int moved(pid_t pid) {
    (void)pid;
    char folder[] = "/tmp/socgi-takeover-XXXXXX";
    char from[PATH_BYTES], to[PATH_BYTES], again[PATH_BYTES];
    if (!mkdtemp(folder)) {
        return errno;
    }
    (void)snprintf(from, sizeof(from), "%s/file", folder);
    (void)snprintf(to, sizeof(to), "%s/deeper/file", folder);
    (void)snprintf(again, sizeof(again), "%s/again", folder);
    char *below = strdup(to);
    *strrchr(below, '/') = '\0';
    int error = result(mkdir(below, 0700));
    error = error ? error : result_closed(creat(from, 0600));
    error = error ? error : result(rename(from, to));
    error = error ? error : result(link(to, again));
    (void)unlink(again);
    (void)unlink(to);
    (void)rmdir(below);
    (void)rmdir(folder);
    free(below);
    return error;
}

/* A socket with an abstract name, to itself. */
static int abstract(pid_t pid) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, "socgi-takeover-%d", (int)pid);
    int one = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int two = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int error = result(bind(one, (const struct sockaddr *)&address, sizeof(address)));
    error = error ? error : result(listen(one, 1));
    error = error ? error : result(connect(two, (const struct sockaddr *)&address, sizeof(address)));
    close(one);
    close(two);
    return error;
}

/* Memory that is written and then run. */
static int compiled(pid_t pid) {
    (void)pid;
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int error = page == MAP_FAILED ? errno : result(mprotect(page, 4096, PROT_READ | PROT_EXEC));
    if (page != MAP_FAILED) {
        munmap(page, 4096);
    }
    return error;
}

static const struct {
    const char *name;
    int (*run)(pid_t pid);
} deeds[] = {{"memory", memory},
             {"descriptor", descriptor},
             {"environment", environment},
             {"trace", trace},
             {"attach", attach},
             {"peek", peek},
             {"take", take},
             {"registers", registers},
             {"poke", poke},
             {"unmounted", unmounted},
             {"named", named},
             {"signal", send_signal},
             {"signal-by-descriptor", send_by_descriptor},
             {"new-user", new_user},
             {"unshared", unshared},
             {"mounted", mounted},
             {"tree", tree},
             {"rings", rings},
             {"program", program},
             {"counter", counter},
             {"faults", faults},
             {"key", key},
             {"module", module},
             {"handle", handle_opened},
             {"root", new_root},
             {"space", other_space},
             {"clock", clock_set},
             {"restart", restart},
             {"typed", typed},
             {"threads", threads},
             {"child", child_killed},
             {"spawned", spawned},
             {"moved", moved},
             {"copy", copy},
             {"abstract", abstract},
             {"compiled", compiled}};

/* Its sockets, but for the first six descriptors, which every worker has. */
static void sockets_print(struct socgi_response *res) {
    enum { FIRST = 6, DESCRIPTORS = 256 };
    int count = 0;
    for (int fd = FIRST; fd < DESCRIPTORS; fd++) {
        struct stat st;
        count += fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode);
    }
    (void)socgi_printf(res, "uid %d, %d sockets", (int)getuid(), count);
}

/* What the kernel says of this process. */
static void status_print(struct socgi_response *res) {
    char line[256];
    FILE *file = fopen("/proc/self/status", "re");
    while (file && fgets(line, sizeof(line), file)) {
        if (strncmp(line, "NoNewPrivs:", 11) == 0 || strncmp(line, "Seccomp:", 8) == 0) {
            (void)socgi_printf(res, "%s", line);
        }
    }
    if (file) {
        (void)fclose(file);
    }
}

/* Who a program is that it starts, which may be somebody else's and setuid: "id -u". */
static void identity_print(struct socgi_response *res, const char *path) {
    char command[PATH_BYTES];
    char line[32] = "nobody";
    (void)snprintf(command, sizeof(command), "%s -u", path);
    FILE *id = popen(command, "re");
    if (id && fgets(line, sizeof(line), id)) {
        line[strcspn(line, "\n")] = '\0';
    }
    if (id) {
        (void)pclose(id);
    }
    (void)socgi_printf(res, "%s", line);
}

static pid_t victim_of(const struct socgi_request *req) {
    const char *pids = socgi_query(req, "pids", "");
    char *end;
    pid_t first = (pid_t)strtol(pids, &end, 10);
    return first != getpid() ? first : (pid_t)strtol(*end == ',' ? end + 1 : end, NULL, 10);
}

static int handle(const struct socgi_request *req, struct socgi_response *res) {
    const char *name = socgi_query(req, "do", "");
    if (strcmp(name, "sockets") == 0) {
        sockets_print(res);
        return 200;
    }
    if (strcmp(name, "become") == 0) {
        identity_print(res, socgi_query(req, "pids", ""));
        return 200;
    }
    if (strcmp(name, "status") == 0) {
        status_print(res);
        return 200;
    }
    for (size_t i = 0; i < sizeof(deeds) / sizeof(*deeds); i++) {
        if (strcmp(deeds[i].name, name) == 0) {
            int error = deeds[i].run(victim_of(req));
            (void)socgi_printf(res, "%s", error ? strerrorname_np(error) : "done");
            return 200;
        }
    }
    return 404;
}
SOCGI_PLUGIN(.handle = handle)
