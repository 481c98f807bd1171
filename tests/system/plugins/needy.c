/* Uses the system, as ?do=USE&what=PATH-or-PORT tells: what a plugin's needs are about. Answers "done", or the name of
 * the error. It is built as several plugins, which say by NEEDY_NEEDS what they need, and look at a file when they are
 * loaded. */
#include <socgi/plugin.h>

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static int result(long returned) {
    return returned < 0 ? errno : 0;
}

static int result_closed(int fd) {
    int error = result(fd);
    if (fd >= 0) {
        close(fd);
    }
    return error;
}

static int read_file(const char *path) {
    return result_closed(open(path, O_RDONLY | O_CLOEXEC));
}

static int list_folder(const char *path) {
    DIR *folder = opendir(path);
    int error = folder ? 0 : errno;
    if (folder) {
        (void)closedir(folder);
    }
    return error;
}

/* A file in that folder is made, written, moved, cut and removed. */
static int write_below(const char *path) {
    char name[256], other[256];
    (void)snprintf(name, sizeof(name), "%s/needy", path);
    (void)snprintf(other, sizeof(other), "%s/needy.moved", path);
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    int error = result(fd);
    error = error ? error : result(write(fd, "x", 1));
    if (fd >= 0) {
        close(fd);
    }
    error = error ? error : result(rename(name, other));
    error = error ? error : result(truncate(other, 0));
    int removed = result(unlink(error ? name : other));
    return error ? error : removed;
}

/* A program, which is to end with 0. */
static int run(const char *path) {
    char *copy = strdup(path);
    char *argv[] = {copy, NULL};
    int status = 0;
    pid_t child;
    int error = posix_spawn(&child, path, NULL, NULL, argv, environ);
    free(copy);
    if (error || waitpid(child, &status, 0) != child) {
        return error ? error : ECHILD;
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : EIO;
}

static struct sockaddr_in port_address(const char *port) {
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)strtoul(port, NULL, 10)),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static int connect_port(const char *port) {
    struct sockaddr_in address = port_address(port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int error = result(fd);
    error = error ? error : result(connect(fd, (const struct sockaddr *)&address, sizeof(address)));
    if (fd >= 0) {
        close(fd);
    }
    return error;
}

static int listen_port(const char *port) {
    struct sockaddr_in address = port_address(port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int one = 1;
    int error = result(fd);
    error = error ? error : result(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)));
    error = error ? error : result(bind(fd, (const struct sockaddr *)&address, sizeof(address)));
    error = error ? error : result(listen(fd, 1));
    if (fd >= 0) {
        close(fd);
    }
    return error;
}

/* On a port that the kernel chooses. */
static int listen_anywhere(const char *what) {
    (void)what;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int error = result(fd);
    error = error ? error : result(listen(fd, 1));
    if (fd >= 0) {
        close(fd);
    }
    return error;
}

static int connect_path(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int error = result(fd);
    error = error ? error : result(connect(fd, (const struct sockaddr *)&address, sizeof(address)));
    if (fd >= 0) {
        close(fd);
    }
    return error;
}

/* A pair for datagrams can send to any name. */
static int pair(const char *what) {
    (void)what;
    int fds[2];
    int error = result(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, fds));
    if (!error) {
        close(fds[0]);
        close(fds[1]);
    }
    return error;
}

static int datagrams(const char *what) {
    (void)what;
    return result_closed(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
}

/* TCP by another protocol's number, at whose ports the kernel does not look. */
static int paths(const char *what) {
    enum { MPTCP = 262 };
    (void)what;
    return result_closed(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, MPTCP));
}

static int other_family(const char *what) {
    (void)what;
    return result_closed(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0));
}

static int share(const char *what) {
    (void)what;
    int id = shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600);
    int error = result(id);
    if (!error) {
        (void)shmctl(id, IPC_RMID, NULL);
    }
    return error;
}

/* What came of reading that before it was asked for anything. */
#define EARLY "/var/lib/dpkg/status"
static int constructed, begun;

__attribute__((constructor)) static void construct(void) {
    constructed = read_file(EARLY);
}

static int begin(struct socgi_context *ctx) {
    (void)ctx;
    begun = read_file(EARLY);
    return 0;
}

static int early(const char *what) {
    (void)what;
    return constructed == begun ? begun : EIO;
}

static int messages(const char *what) {
    (void)what;
    int id = msgget(IPC_PRIVATE, IPC_CREAT | 0600);
    int error = result(id);
    if (!error) {
        (void)msgctl(id, IPC_RMID, NULL);
    }
    return error;
}

static int semaphores(const char *what) {
    (void)what;
    int id = semget(IPC_PRIVATE, 1, IPC_CREAT | 0600);
    int error = result(id);
    if (!error) {
        (void)semctl(id, 0, IPC_RMID);
    }
    return error;
}

static int mail(const char *what) {
    (void)what;
    char name[64];
    (void)snprintf(name, sizeof(name), "/socgi-needy-%d", (int)getpid());
    int error = result_closed((int)mq_open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600, NULL));
    if (!error) {
        (void)mq_unlink(name);
    }
    return error;
}

static int mode(const char *path) {
    return result(chmod(path, 0644));
}

static const struct {
    const char *name;
    int (*run)(const char *what);
} uses[] = {{"read", read_file},
            {"list", list_folder},
            {"write", write_below},
            {"run", run},
            {"connect", connect_port},
            {"listen", listen_port},
            {"listen-anywhere", listen_anywhere},
            {"local", connect_path},
            {"pair", pair},
            {"datagrams", datagrams},
            {"paths", paths},
            {"family", other_family},
            {"share", share},
            {"messages", messages},
            {"semaphores", semaphores},
            {"mail", mail},
            {"mode", mode},
            {"early", early}};

static int handle(const struct socgi_request *req, struct socgi_response *res) {
    const char *name = socgi_query(req, "do", "");
    if (strcmp(name, "pid") == 0) {
        (void)socgi_printf(res, "%d", (int)getpid());
        return 200;
    }
    for (size_t i = 0; i < sizeof(uses) / sizeof(*uses); i++) {
        if (strcmp(uses[i].name, name) == 0) {
            int error = uses[i].run(socgi_query(req, "what", ""));
            (void)socgi_printf(res, "%s", error ? strerrorname_np(error) : "done");
            return 200;
        }
    }
    return 404;
}

#ifndef NEEDY_NEEDS
#define NEEDY_NEEDS NULL
#endif
static const struct socgi_option options[] = {{"root", NULL, "a path that it may need"}, {NULL, NULL, NULL}};
SOCGI_PLUGIN(.handle = handle, .init = begin, .options = options, .needs = NEEDY_NEEDS)
