/* socgi purge: has a running server forget answers that it keeps. */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/arguments.h"
#include "command/control.h"
#include "command/talk.h"
#include "config/complaint.h"
#include "config/form.h"

static const char help[] = "Usage: socgi purge PATH | 'PREFIX*' | --plugin NAME | --all\n"
                           "Has a running server forget answers that it keeps.\n"
                           "\n"
                           "  PATH                  those of that path, with any query, of any host\n"
                           "  PREFIX*               of every path that begins so\n"
                           "  -p, --plugin NAME     of that plugin\n"
                           "      --all             all\n"
                           "  -a, --admin ADDRESS   its admin listener: a socket's path, or HOST:PORT;\n"
                           "                        default: the one server that runs here\n"
                           "  -h, --help            this text\n";

static const struct option long_options[] = {
    {"admin", required_argument, NULL, 'a'},
    {"plugin", required_argument, NULL, 'p'},
    {"all", no_argument, NULL, 'A'},
    {"help", no_argument, NULL, 'h'},
    {0},
};

struct purge {
    const char *admin, *plugin, *path;
    bool all;
};

/* One of ARGUMENTS_*. */
static int purge_read(struct purge *p, int argc, char **argv) {
    for (int c; (c = getopt_long(argc, argv, "a:p:h", long_options, NULL)) != -1;) {
        switch (c) {
        case 'a':
            p->admin = optarg;
            break;
        case 'p':
            p->plugin = optarg;
            break;
        case 'A':
            p->all = true;
            break;
        case 'h':
            fputs(help, stdout);
            return ARGUMENTS_DONE;
        default:
            return arguments_usage("socgi purge");
        }
    }
    p->path = optind < argc ? argv[optind] : NULL;
    if (argc - optind > 1 || (p->path != NULL) + (p->plugin != NULL) + p->all != 1) {
        complaint("socgi purge: expected one of PATH, 'PREFIX*', --plugin NAME and --all");
        return arguments_usage("socgi purge");
    }
    if (p->plugin && !plugin_name_valid(p->plugin)) {
        complaint("socgi purge: --plugin: found \"%s\", expected " PLUGIN_NAME_EXPECTED, p->plugin);
        return ARGUMENTS_USAGE;
    }
    if (p->path && (p->path[0] != '/' || strpbrk(p->path, " \t\r\n#"))) {
        complaint("socgi purge: found \"%s\", expected a path as a request has it, from its /", p->path);
        return ARGUMENTS_USAGE;
    }
    return ARGUMENTS_FINE;
}

int control_purge(int argc, char **argv) {
    struct purge p = {0};
    struct buffer target = {0};
    struct buffer body = {0};
    int result = purge_read(&p, argc, argv);
    if (result) {
        return result == ARGUMENTS_DONE ? arguments_printed() : result;
    }
    int error = buffer_format(&target, "/purge?%s%s",
                              p.all      ? "all"
                              : p.plugin ? "plugin="
                                         : "path=",
                              p.all      ? ""
                              : p.plugin ? p.plugin
                                         : p.path);
    int fd = error ? -1 : talk_open(p.admin);
    int status = fd < 0 ? -1 : talk(fd, "POST", target.data, "text/plain", &body);
    if (status == 200) {
        fputs(body.data ? body.data : "", stdout);
        result = arguments_printed();
    } else {
        result = EXIT_FAILURE;
        if (status > 0) {
            complaint("socgi: %s", body.data ? body.data : "refused");
        }
    }
    buffer_free(&target);
    buffer_free(&body);
    return result;
}
