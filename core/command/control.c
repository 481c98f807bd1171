/* The commands that talk to a running server. */
#include "command/control.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command/arguments.h"
#include "command/talk.h"
#include "config/complaint.h"

enum { WATCH_SECONDS = 1 };

struct control {
    const char *admin;
    bool json, watch, now;
};

static const char help[] = "Usage: socgi status [--json | --watch]   what a running server does\n"
                           "       socgi reload                      read configuration and plugins anew\n"
                           "       socgi upgrade                     replace it by the program in its place\n"
                           "       socgi reopen                      open its logs anew\n"
                           "       socgi stop [--now]                let it finish and end; --now: at once\n"
                           "\n"
                           "  -a, --admin ADDRESS   its admin listener: a socket's path, or HOST:PORT;\n"
                           "                        default: the one server that runs here\n"
                           "  -j, --json            status for programs\n"
                           "  -w, --watch           status again each second, until Ctrl-C\n"
                           "  -h, --help            this text\n";

static const struct option long_options[] = {
    {"admin", required_argument, NULL, 'a'}, {"json", no_argument, NULL, 'j'}, {"watch", no_argument, NULL, 'w'},
    {"now", no_argument, NULL, 'n'},         {"help", no_argument, NULL, 'h'}, {0},
};

/* One of ARGUMENTS_*. */
static int options_read(struct control *control, int argc, char **argv) {
    *control = (struct control){0};
    for (int c; (c = getopt_long(argc, argv, "a:jwh", long_options, NULL)) != -1;) {
        switch (c) {
        case 'a':
            control->admin = optarg;
            break;
        case 'j':
            control->json = true;
            break;
        case 'w':
            control->watch = true;
            break;
        case 'n':
            control->now = true;
            break;
        case 'h':
            fputs(help, stdout);
            return ARGUMENTS_DONE;
        default:
            return arguments_usage("socgi status");
        }
    }
    if (optind < argc) {
        complaint("socgi: found \"%s\", expected an option", argv[optind]);
        return arguments_usage("socgi status");
    }
    return ARGUMENTS_FINE;
}

/* An option of another command must not look as if it did something. */
static int options_refuse(const char *command, const char *option) {
    complaint("socgi %s: found %s, which is of another command", command, option);
    return arguments_usage("socgi status");
}

static int print(const struct buffer *text) {
    bool written = fwrite(text->data ? text->data : "", 1, text->length, stdout) == text->length;
    return written ? arguments_printed() : EXIT_FAILURE;
}

static int status_print(const struct control *control) {
    struct buffer body = {0};
    int fd = talk_open(control->admin);
    int status = fd < 0 ? -1 : talk(fd, "GET", "/status", control->json ? "application/json" : "text/plain", &body);
    int result = EXIT_FAILURE;
    if (status == 200) {
        if (control->watch) {
            fputs("\033[H\033[J", stdout);
        }
        result = print(&body);
    } else if (status > 0) {
        complaint("socgi: the server answered %d: %s", status, body.data ? body.data : "");
    }
    buffer_free(&body);
    return result;
}

int control_status(int argc, char **argv) {
    struct control control;
    int result = options_read(&control, argc, argv);
    if (result) {
        return result == ARGUMENTS_DONE ? arguments_printed() : result;
    }
    if (control.now) {
        return options_refuse("status", "--now");
    }
    result = status_print(&control);
    while (control.watch && result == EXIT_SUCCESS) {
        sleep(WATCH_SECONDS);
        result = status_print(&control);
    }
    return result;
}

static int order(const struct control *control, const char *path) {
    struct buffer body = {0};
    int fd = talk_open(control->admin);
    int status = fd < 0 ? -1 : talk(fd, "POST", path, "text/plain", &body);
    int result = EXIT_FAILURE;
    if (status == 200) {
        result = print(&body);
    } else if (status > 0) {
        complaint("socgi: %s", body.data ? body.data : "refused");
    }
    buffer_free(&body);
    return result;
}

static int order_give(int argc, char **argv, const char *path, const char *now_path) {
    struct control control;
    int result = options_read(&control, argc, argv);
    if (result) {
        return result == ARGUMENTS_DONE ? arguments_printed() : result;
    }
    if (control.json || control.watch || (control.now && !now_path)) {
        return options_refuse(path + 1, control.json ? "--json" : control.watch ? "--watch" : "--now");
    }
    return order(&control, control.now ? now_path : path);
}

int control_reload(int argc, char **argv) {
    return order_give(argc, argv, "/reload", NULL);
}

int control_upgrade(int argc, char **argv) {
    return order_give(argc, argv, "/upgrade", NULL);
}

int control_reopen(int argc, char **argv) {
    return order_give(argc, argv, "/reopen", NULL);
}

int control_stop(int argc, char **argv) {
    return order_give(argc, argv, "/drain", "/stop");
}
