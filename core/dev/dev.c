/*
 * socgi dev: a process that compiles what changes in a folder, and a server beside it, its child, that serves what has
 * been compiled and is told to show failures in full. The server itself never compiles.
 */
#include "dev/dev.h"

#include <dirent.h>
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
#include "command/arguments.h"
#include "config/complaint.h"
#include "dev/lookout.h"
#include "dev/toolchain.h"
#include "dev/unit.h"

#define ADDRESS "127.0.0.1:8000"

static const char help[] = "Usage: socgi dev [OPTIONS] [FOLDER]\n"
                           "\n"
                           "Serves the plugins of a folder (default: the current one) while you write them:\n"
                           "each source that is saved there, or in a folder in it, is compiled, and its next\n"
                           "request answered by it. What does not compile or load, or crashes, is shown\n"
                           "where it should answer, with the lines of its source, and in this terminal.\n"
                           "\n"
                           "A file that says SOCGI_PLUGIN is a plugin, with the other sources beside it but\n"
                           "NAME_test.c. NAME.so is taken as it is. A plugin's file may say what it needs:\n"
                           "  /* socgi: pkg-config sqlite3 */\n"
                           "  /* socgi: cflags -DLIMIT=3 -lm */\n"
                           "\n"
                           "It serves at " ADDRESS ". OPTIONS are those of socgi, as -l :9000 or\n"
                           "-o hello.name=you; see 'socgi --help'. Ctrl-C ends it. To compile and no more:\n"
                           "socgi build.\n";

struct dev {
    const char *folder;
    char address[160]; /* where it is served, for people */
    char made[64];     /* folder of what has been compiled */
    struct toolchain toolchain;
    struct units known;
    struct words command; /* of the server */
    int lookout;
    int signals;
    pid_t server;
};

/* ---- Compiling ---- */

/* In the place of a plugin: why there is none. */
static int placeholder_put(const struct dev *dev, const struct unit *unit, const struct buffer *said) {
    char path[512];
    char made[512];
    snprintf(made, sizeof(made), "%s/.%s.so", dev->made, unit->name);
    snprintf(path, sizeof(path), "%s/%s.so", dev->made, unit->name);
    FILE *file = fopen(made, "we");
    if (!file) {
        return -errno;
    }
    fprintf(file, PLACEHOLDER_MARK "%s does not compile\n\n%s", unit->files.list[0], said->data ? said->data : "");
    return fclose(file) || rename(made, path) < 0 ? -errno : 0;
}

static void unit_make(const struct dev *dev, const struct unit *unit) {
    struct buffer said = {0};
    uint64_t begun = clock_now();
    int status = toolchain_make(&dev->toolchain, unit, dev->made, &said);
    unsigned ms = (unsigned)((clock_now() - begun) / 1000000);
    fputs(said.data ? said.data : "", stderr);
    if (status == 0) {
        complaint("socgi dev: %s %s in %u ms", unit->files.list[0], unit->built ? "taken" : "compiled", ms);
    } else {
        if (status < 0) {
            (void)buffer_format(&said, "%s\n", strerror(-status));
        }
        int error = placeholder_put(dev, unit, &said);
        complaint("socgi dev: %s does not compile%s%s", unit->files.list[0],
                  error ? ", and that cannot be shown: " : "", error ? strerror(-error) : "");
    }
    buffer_free(&said);
}

/* Compiles what has changed, and withdraws what is no longer there. */
static void units_renew(struct dev *dev) {
    struct units now;
    int error = units_find(dev->folder, &now);
    if (error) {
        complaint("socgi dev: %s: %s", dev->folder, strerror(-error));
        return;
    }
    for (size_t i = 0; i < now.count; i++) {
        const struct unit *before = units_named(&dev->known, now.list[i].name);
        if (!before || before->stamp != now.list[i].stamp || before->files.count != now.list[i].files.count) {
            unit_make(dev, &now.list[i]);
        }
    }
    for (size_t i = 0; i < dev->known.count; i++) {
        const char *name = dev->known.list[i].name;
        char path[512];
        if (!units_named(&now, name)) {
            snprintf(path, sizeof(path), "%s/%s.so", dev->made, name);
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
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() == parent) {
        sigprocmask(SIG_SETMASK, &none, NULL);
        execv("/proc/self/exe", argv);
    }
    _exit(EXIT_FAILURE);
}

static int server_start(struct dev *dev) {
    int error = words_add(&dev->command, dev->made);
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

static int signals_open(void) {
    sigset_t mine;
    sigemptyset(&mine);
    sigaddset(&mine, SIGCHLD);
    sigaddset(&mine, SIGINT);
    sigaddset(&mine, SIGTERM);
    sigaddset(&mine, SIGHUP);
    sigaddset(&mine, SIGQUIT);
    sigprocmask(SIG_BLOCK, &mine, NULL);
    int fd = signalfd(-1, &mine, SFD_CLOEXEC | SFD_NONBLOCK);
    return fd < 0 ? -errno : fd;
}

/* Whoever ends us ends the server, and we wait for it. */
static void signals_take(struct dev *dev) {
    struct signalfd_siginfo info;
    while (read(dev->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
        if (info.ssi_signo != SIGCHLD) {
            kill(dev->server, info.ssi_signo == SIGQUIT ? SIGQUIT : SIGTERM);
        }
    }
}

static int dev_run(struct dev *dev) {
    int status;
    struct pollfd sources[] = {{.fd = dev->signals, .events = POLLIN}, {.fd = dev->lookout, .events = POLLIN}};
    while (!server_ended(dev, &status)) {
        if (poll(sources, 2, -1) < 0 && errno != EINTR) {
            complaint("socgi dev: poll: %s", strerror(errno));
            kill(dev->server, SIGTERM);
        }
        signals_take(dev);
        if (sources[1].revents) {
            int error = lookout_take(dev->lookout, dev->folder);
            if (error) {
                complaint("socgi dev: %s: %s", dev->folder, strerror(-error));
            }
            units_renew(dev);
        }
    }
    return status;
}

static void made_remove(const struct dev *dev) {
    DIR *folder = opendir(dev->made);
    for (struct dirent *entry = folder ? readdir(folder) : NULL; entry; entry = readdir(folder)) {
        unlinkat(dirfd(folder), entry->d_name, 0);
    }
    if (folder) {
        closedir(folder);
    }
    rmdir(dev->made);
}

static int made_create(struct dev *dev) {
    const char *parent = getenv("TMPDIR");
    int length =
        snprintf(dev->made, sizeof(dev->made), "%s/socgi-dev-XXXXXX", parent && strlen(parent) < 32 ? parent : "/tmp");
    if (length < 0 || !mkdtemp(dev->made)) {
        complaint("socgi dev: %s: %s", dev->made, strerror(errno));
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}

static int dev_serve(struct dev *dev) {
    dev->signals = signals_open();
    dev->lookout = lookout_open(dev->folder);
    if (dev->lookout < 0 || dev->signals < 0) {
        complaint("socgi dev: %s: %s", dev->folder, strerror(dev->lookout < 0 ? -dev->lookout : -dev->signals));
        return EXIT_FAILURE;
    }
    units_renew(dev);
    if (dev->known.count == 0) {
        complaint(
            "socgi dev: %s holds no plugin yet: save a .c with SOCGI_PLUGIN(...) there, or see 'socgi new --help'",
            dev->folder);
    }
    complaint("socgi dev: serving %s at %s; Ctrl-C ends it", dev->folder, dev->address);
    int error = server_start(dev);
    if (error) {
        complaint("socgi dev: the server cannot be started: %s", strerror(-error));
        return EXIT_FAILURE;
    }
    return dev_run(dev);
}

/* The author's options go before ours. The address is one of its own, unless the configuration's file says where: the
 * usual one may be an installed server's. */
static int command_make(struct dev *dev, char *const *given, int count, bool file) {
    static const char *const ours[] = {"-s", "development=on", "-s", "watch_quiet=10ms", "-s", "crash_limit=0"};
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
        return fflush(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
    }
    struct dev dev = {.lookout = -1, .signals = -1, .server = -1};
    int status = options_take(&dev, argc, argv);
    if (status) {
        words_free(&dev.command);
        return status == ARGUMENTS_DONE ? fflush(stdout) ? EXIT_FAILURE : EXIT_SUCCESS : status;
    }
    if (toolchain_find(&dev.toolchain, GOAL_DEBUG) || made_create(&dev)) {
        toolchain_free(&dev.toolchain);
        words_free(&dev.command);
        return EXIT_FAILURE;
    }
    status = dev_serve(&dev);
    made_remove(&dev);
    units_free(&dev.known);
    toolchain_free(&dev.toolchain);
    words_free(&dev.command);
    fd_close(&dev.lookout);
    fd_close(&dev.signals);
    return status;
}
