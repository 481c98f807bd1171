/*
 * socgi dev: a process that compiles what changes in a folder, and a server beside it, its child, that serves what has
 * been compiled and is told to show failures in full. The server itself never compiles.
 */
#include "dev/dev.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/placeholder.h"
#include "base/reason.h"
#include "command/arguments.h"
#include "config/complaint.h"
#include "dev/lookout.h"
#include "dev/made.h"
#include "dev/toolchain.h"
#include "dev/unit.h"

#define ADDRESS "127.0.0.1:8000"

enum { FILE_PATH_MAX = PATH_MAX + NAME_MAX + 8, LOOK_MS = 250 };

static const char help[] = "Usage: socgi dev [OPTIONS] [FOLDER]\n"
                           "\n"
                           "Serves the plugins of a folder (default: the current one) while you write them:\n"
                           "each source that is saved there, or in a folder in it, is compiled, and its next\n"
                           "request answered by it. What does not compile or load, or crashes, is shown\n"
                           "where it should answer, with the lines of its source, and in this terminal.\n"
                           "\n"
                           "Each source is a plugin, named by its file; in a folder in it, or one with a\n"
                           "CMakeLists.txt, the sources belong to the one that says SOCGI_PLUGIN, and\n"
                           "NAME_test.c to none. NAME.so is taken as it is. A plugin's file may say what\n"
                           "it needs:\n"
                           "  /* socgi: pkg-config sqlite3 */\n"
                           "  /* socgi: cflags -DLIMIT=3 -lm */\n"
                           "\n"
                           "It serves at " ADDRESS ". OPTIONS are those of socgi, as -l :9000 or\n"
                           "-o hello.name=you; see 'socgi --help'. Ctrl-C ends it. To compile and no more:\n"
                           "socgi build.\n";

struct dev {
    const char *folder;
    char address[160]; /* where it is served, for people */
    struct made made;  /* what has been compiled */
    struct toolchain toolchain;
    struct units known;
    struct words command; /* of the server */
    int lookout;
    int ends;     /* the signals that end us */
    int children; /* and SIGCHLD */
    bool lost;    /* the folder is not there */
    bool lacking; /* a plugin needs what is not installed */
    pid_t server;
};

/* ---- Compiling ---- */

/* In the place of a plugin: why there is none. */
static int placeholder_put(const struct dev *dev, const struct unit *unit, int status, const struct buffer *said) {
    char path[FILE_PATH_MAX];
    char made[FILE_PATH_MAX];
    snprintf(made, sizeof(made), "%s/.%s.so", dev->made.path, unit->name);
    snprintf(path, sizeof(path), "%s/%s.so", dev->made.path, unit->name);
    FILE *file = fopen(made, "we");
    if (!file) {
        return -errno;
    }
    fprintf(file, PLACEHOLDER_MARK "%s %s\n\n%s", unit->files.list[0], toolchain_verdict(status),
            said->data ? said->data : "");
    return fclose(file) || rename(made, path) < 0 ? -errno : 0;
}

static void unit_tell(const struct dev *dev, const struct unit *unit, int status, unsigned ms, struct buffer *said) {
    if (unit->rival) {
        complaint("socgi dev: %s is left out: %s is named %s, too", unit->rival, unit->files.list[0], unit->name);
    }
    fputs(said->data ? said->data : "", stderr);
    if (status == 0) {
        complaint("socgi dev: %s %s in %u ms", unit->files.list[0], unit->built ? "taken" : "compiled", ms);
        return;
    }
    if (status < 0) {
        (void)buffer_format(said, "%s\n", strerror(-status));
    }
    int error = placeholder_put(dev, unit, status, said);
    complaint("socgi dev: %s %s%s%s", unit->files.list[0], toolchain_verdict(status),
              error ? ", and that cannot be shown: " : "", error ? strerror(-error) : "");
}

/* 0, also when it does not compile; -EINTR: we are to end. `again`: it lacked something the last time. */
static int unit_make(const struct dev *dev, struct unit *unit, bool again) {
    struct buffer said = {0};
    uint64_t begun = clock_now();
    int status = toolchain_make(&dev->toolchain, unit, dev->made.path, &said);
    unsigned ms = (unsigned)((clock_now() - begun) / NS_PER_MS);
    unit->lacking = status == TOOLCHAIN_LACKING;
    if (status != -EINTR && !(again && unit->lacking)) {
        unit_tell(dev, unit, status, ms, &said);
    }
    buffer_free(&said);
    return status == -EINTR ? status : 0;
}

/* Compiles what has changed, and withdraws what is no longer there. */
static void units_renew(struct dev *dev) {
    struct units now;
    dev->lacking = false;
    int error = units_find(dev->folder, &now);
    if (error) {
        complaint("socgi dev: %s: %s", dev->folder, strerror(-error));
        return;
    }
    for (size_t i = 0; i < now.count && !error; i++) {
        struct unit *u = &now.list[i];
        const struct unit *before = units_named(&dev->known, u->name);
        bool changed = !before || before->stamp != u->stamp || before->files.count != u->files.count;
        if (changed || before->lacking) {
            error = unit_make(dev, u, !changed);
        }
        dev->lacking |= u->lacking;
    }
    if (error) {
        units_free(&now);
        return;
    }
    for (size_t i = 0; i < dev->known.count; i++) {
        const char *name = dev->known.list[i].name;
        char path[FILE_PATH_MAX];
        if (!units_named(&now, name)) {
            snprintf(path, sizeof(path), "%s/%s.so", dev->made.path, name);
            unlink(path);
            complaint("socgi dev: %s removed", name);
        }
    }
    units_free(&dev->known);
    dev->known = now;
}

/* ---- The server ---- */

/* In the child: it ends when we do, however that comes about. */
static void server_become(char **argv, pid_t parent) {
    sigset_t none;
    sigemptyset(&none);
    prctl(PR_SET_PDEATHSIG, SIGINT);
    if (getppid() == parent) {
        sigprocmask(SIG_SETMASK, &none, NULL);
        execv("/proc/self/exe", argv);
    }
    _exit(EXIT_FAILURE);
}

static int server_start(struct dev *dev) {
    int error = words_add(&dev->command, dev->made.path);
    pid_t parent = getpid();
    if (!error) {
        dev->server = fork();
        if (dev->server == 0) {
            server_become(dev->command.list, parent);
        }
        error = dev->server < 0 ? -errno : 0;
    }
    return error;
}

/* True: the server has ended, *status is ours. */
static bool server_ended(struct dev *dev, int *status) {
    int how;
    if (waitpid(dev->server, &how, WNOHANG) != dev->server) {
        return false;
    }
    dev->server = -1;
    *status = WIFEXITED(how) ? WEXITSTATUS(how) : 128 + WTERMSIG(how);
    return true;
}

/* ---- The whole ---- */

static int signals_open(const int *list, size_t count) {
    sigset_t mine;
    sigemptyset(&mine);
    for (size_t i = 0; i < count; i++) {
        sigaddset(&mine, list[i]);
    }
    sigprocmask(SIG_BLOCK, &mine, NULL);
    int fd = signalfd(-1, &mine, SFD_CLOEXEC | SFD_NONBLOCK);
    return fd < 0 ? -errno : fd;
}

static bool is_ending(const struct dev *dev) {
    struct pollfd end = {.fd = dev->ends, .events = POLLIN};
    return poll(&end, 1, 0) > 0;
}

/* Whoever ends us ends the server, and we wait for it. */
static void signals_take(struct dev *dev) {
    struct signalfd_siginfo info;
    while (read(dev->children, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
    }
    while (read(dev->ends, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
        kill(dev->server, info.ssi_signo == SIGQUIT ? SIGQUIT : SIGINT);
    }
}

/* A folder may be moved away, and another one put in its place. What was made of it is served meanwhile. */
static void folder_take(struct dev *dev) {
    int error = lookout_take(dev->lookout, dev->folder);
    if (error && !dev->lost) {
        complaint("socgi dev: %s: %s", dev->folder, strerror(-error));
    }
    dev->lost = error != 0;
    if (!error) {
        units_renew(dev);
    }
}

static int dev_run(struct dev *dev) {
    int status;
    struct pollfd sources[] = {{.fd = dev->ends, .events = POLLIN},
                               {.fd = dev->children, .events = POLLIN},
                               {.fd = dev->lookout, .events = POLLIN}};
    while (!server_ended(dev, &status)) {
        if (poll(sources, 3, dev->lost || dev->lacking ? LOOK_MS : -1) < 0 && errno != EINTR) {
            complaint("socgi dev: poll: %s", strerror(errno));
            kill(dev->server, SIGINT);
        }
        signals_take(dev);
        if (sources[2].revents || dev->lost || dev->lacking) {
            folder_take(dev);
        }
    }
    return status;
}

static int dev_serve(struct dev *dev) {
    static const int ends[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    static const int children[] = {SIGCHLD};
    dev->ends = signals_open(ends, sizeof(ends) / sizeof(ends[0]));
    dev->children = signals_open(children, 1);
    dev->lookout = lookout_open(dev->folder);
    int error = dev->ends < 0 ? dev->ends : dev->children < 0 ? dev->children : dev->lookout < 0 ? dev->lookout : 0;
    if (error) {
        complaint("socgi dev: %s: %s", dev->folder, dev->lookout < 0 ? reason_watch(-error) : strerror(-error));
        return EXIT_FAILURE;
    }
    dev->toolchain.stop = dev->ends;
    units_renew(dev);
    if (is_ending(dev)) {
        return EXIT_SUCCESS;
    }
    if (dev->known.count == 0) {
        complaint(
            "socgi dev: %s holds no plugin yet: save a .c with SOCGI_PLUGIN(...) there, or see 'socgi new --help'",
            dev->folder);
    }
    complaint("socgi dev: serving %s at %s; Ctrl-C ends it", dev->folder, dev->address);
    error = server_start(dev);
    if (error) {
        complaint("socgi dev: the server cannot be started: %s", strerror(-error));
        return EXIT_FAILURE;
    }
    int status = dev_run(dev);
    if (status == EXIT_FAILURE) {
        complaint("socgi dev: the server could not go on; if its address is taken, -l 127.0.0.1:8001 names another");
    }
    return status;
}

static int made_make(struct dev *dev) {
    int error = made_open(&dev->made);
    if (error) {
        complaint("socgi dev: %s: %s", dev->made.path, strerror(-error));
    }
    return error ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* The author's options go before ours. The address is one of its own, unless the configuration's file says where: the
 * usual one may be an installed server's. */
static int command_make(struct dev *dev, char *const *given, int count, bool file) {
    static const char *const ours[] = {"-s", "development=on",     "-s", "watch_quiet=10ms", "-s", "crash_limit=0",
                                       "-s", "handler_timeout=5s", "-s", "log_level=info"};
    int error = words_add(&dev->command, "socgi");
    for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]) && !error; i++) {
        error = words_add(&dev->command, ours[i]);
    }
    if (!error && !file) {
        error = words_add(&dev->command, "-s");
        error = error ? error : words_add(&dev->command, "listen=" ADDRESS);
    }
    for (int i = 0; i < count && !error; i++) {
        error = words_add(&dev->command, given[i]);
    }
    return error;
}

static void address_learn(struct dev *dev) {
    const struct arguments arguments = {.argc = (int)dev->command.count, .argv = dev->command.list};
    struct config *config;
    if (arguments_options(&arguments, &config, NULL) == ARGUMENTS_FINE) {
        const char *listen = config->listen[0];
        snprintf(dev->address, sizeof(dev->address), "%s%s%s", *listen == 'u' ? "" : "http://",
                 *listen == ':' ? "127.0.0.1" : "", listen);
    }
    config_drop(config);
}

/* What the author gives is checked as the server would, before anything begins. */
static int options_take(struct dev *dev, int argc, char **argv) {
    const struct arguments arguments = {.argc = argc, .argv = argv};
    struct config *config;
    const char *file;
    int status = arguments_options(&arguments, &config, &file);
    if (status == ARGUMENTS_FINE) {
        bool named = arguments_folder(&arguments);
        dev->folder = named ? argv[argc - 1] : "."; /* getopt(3) has moved it there */
        if (command_make(dev, argv + 1, argc - 1 - named, file != NULL)) {
            complaint("socgi dev: %s", strerror(ENOMEM));
            status = ARGUMENTS_WRONG;
        } else {
            address_learn(dev);
        }
    }
    config_drop(config);
    return status;
}

int dev_main(int argc, char **argv) {
    if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        fputs(help, stdout);
        return arguments_printed();
    }
    struct dev dev = {.made.lock = -1, .lookout = -1, .ends = -1, .children = -1, .server = -1};
    int status = options_take(&dev, argc, argv);
    if (status) {
        words_free(&dev.command);
        return status == ARGUMENTS_DONE ? arguments_printed() : status;
    }
    status = toolchain_find(&dev.toolchain, GOAL_DEBUG) ? EXIT_FAILURE : made_make(&dev);
    status = status ? status : dev_serve(&dev);
    made_close(&dev.made);
    units_free(&dev.known);
    toolchain_free(&dev.toolchain);
    words_free(&dev.command);
    fd_close(&dev.lookout);
    fd_close(&dev.ends);
    fd_close(&dev.children);
    return status;
}
