/*
 * A server under test: the real binary in a session and a folder of its own, its logs in files there.
 *
 *     static void greets(void **state) {
 *         struct server *server = server_start(state, &(struct server_setup){.plugins = "hello"});
 *         ...
 *         server_end(server);
 *     }
 *     ... SYSTEM_TEST(greets) ...
 *
 * Everything here asserts by cmocka. A test that does not reach server_end has failed: the log is shown, the server
 * killed and the folder removed by the teardown that SYSTEM_TEST adds. The struct lives until then.
 */
#ifndef SYSTEM_SERVER_H
#define SYSTEM_SERVER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <cmocka.h>

/* How long anything awaited may take: far more than it does, for it only ends tests that fail. */
enum { WAIT_MS = 120000, WORKERS_MAX = 16 };

struct server_setup {
    const char *plugins;       /* names, space separated, that are copied into the plugin folder */
    const char *plugin_folder; /* or a folder to serve as it is */
    unsigned workers;          /* 0: 2 */
    unsigned expected;         /* workers that there are at rest, when they are not those; 0: they are */
    const char *config;        /* text of a configuration file; NULL: none */
    const char *listen[4]; /* none: "127.0.0.1:0"; "unix:NAME" is put into the server's folder; "none": as configured */
    const char *settings[12]; /* NAME=VALUE */
    const char *options[8];   /* PLUGIN.NAME=VALUE */
    bool companion;  /* it is started by a shell that has a child of its own, whose pid is in the file "companion" */
    bool guard;      /* its master has a guard, which is the process that was started: server->session */
    bool own_binary; /* runs a copy of the program in its folder, "socgi", which may be replaced */
    bool released;   /* and is started as current/socgi there, where current is a link to the folder release-1 */
    int inherit;     /* a listening socket that it gets by socket activation; 0: none */
    void (*before)(void); /* called in its process before that becomes the server; NULL: nothing */
    const char *until;    /* it is started when it has logged this; NULL: when it is ready, with all workers */
    bool journal;         /* its stderr is said to be journald's */
    const char *notify;   /* the address that it gets as NOTIFY_SOCKET; NULL: none */
    bool gate;            /* opens a gate for the plugin "hold" */
    bool file_log;        /* the error log is written to its file by configuration, not by way of stderr */
    bool blocked_log;     /* the error log is a FIFO, read only while the harness itself waits for a line or the end */
};

struct server {
    pid_t pid;
    pid_t session; /* its first pid: an upgraded one has another, and so has one with a guard */
    bool guarded;
    int pidfd; /* of the first process, or of the master that it was upgraded to */
    unsigned workers;
    uint16_t port;      /* of the first TCP listener */
    char folder[48];    /* the server's own; it is removed in the end */
    char log[64];       /* the error log and whatever else reached stderr */
    char access[64];    /* the access log */
    size_t incidents;   /* how many the test has provoked: the log must hold exactly as many */
    size_t descriptors; /* of the master when it was ready */
    int gate;           /* where the handlers of "hold" knock, or -1 */
    int fifo;           /* the reading end of a blocked log, or -1 */
    bool stopped;
    bool ended;
};

/* Starts one and waits until it is ready. */
struct server *server_start(void **state, const struct server_setup *setup);

/* Starts one that must refuse to start: waits for its end with status 1. The log tells why. */
struct server *server_refuse(void **state, const struct server_setup *setup);

/* Waits until exactly server->workers workers run, none of them a zombie, and gives their pids. */
void server_workers(struct server *server, pid_t workers[WORKERS_MAX]);

/* Waits until the master is as it was when it became ready: the same number of descriptors, all workers. */
void server_calm(struct server *server);

/* Returns once the master has answered a request by itself, and so has looked at what reached it before. */
void server_sync(struct server *server);

/* Waits until so many upgrades have succeeded, all in all, and every master but the last has ended in peace; the server
 * is that one from then on. */
void server_upgraded(struct server *server, size_t times);

/* The master that serves now, by the log: the server's own, or one that has taken over since. */
pid_t server_latest(struct server *server);

/* Puts a shell script in the place of its program: own_binary. */
void server_program(const struct server *server, const char *script);

/* Sends the signal, to its guard if it has one, and waits for the end, which must be in peace: status 0, "stopped" the
 * last line of the log. */
void server_stop(struct server *server, int signal);

/* Waits for that end. */
void server_await_stop(struct server *server);

/* What every test ends with: calm, stopped (by INT if it still runs), no process of it left, nothing alarming in the
 * log and no incident that was not expected. */
void server_end(struct server *server);

/* cmocka teardown. */
int server_teardown(void **state);

#define SYSTEM_TEST(test) cmocka_unit_test_setup_teardown(test, NULL, server_teardown)

/* Waits until the log holds `text` at least `times`. */
void server_log_await(struct server *server, const char *text, size_t times);

/* ---- Its plugin folder ---- */

/* The path of a built plugin, ours or the tests', good or bad, by its name; in memory that the next call uses again. */
const char *plugin_source(const char *name);

/* Puts a plugin into the folder under the name "AS.so", whole from the first moment: it is renamed into place. */
void plugin_put(const struct server *server, const char *name, const char *as);

/* The same, by writing over what is there. */
void plugin_overwrite(const struct server *server, const char *name, const char *as);

void plugin_remove(const struct server *server, const char *as);

/* A folder of that name beside it, with a copy of the program; and the link "current" to it, swapped in one step. */
const char *release_make(const struct server *server, const char *name); /* the name */
void release_link(const struct server *server, const char *name);

/* Waits until a generation of that number or a later one serves. */
void generation_await(struct server *server, unsigned number);

/* How often the log holds it now. */
size_t server_log_count(struct server *server, const char *text);

/* Waits for the next handler of the plugin "hold" to run. Returns a descriptor, which the caller closes to let the
 * handler go on; `worker` (may be NULL) is where it runs. */
int gate_await(struct server *server, pid_t *worker);

#endif
