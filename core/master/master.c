/* The master: puts its parts together, runs their turns, and ends in order. */
#include "master/master.h"

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "config/complaint.h"
#include "master/account.h"
#include "master/catalog.h"
#include "master/connection.h"
#include "master/dispatch.h"
#include "master/errorlog.h"
#include "master/generation.h"
#include "master/keep.h"
#include "master/listener.h"
#include "master/pidfile.h"
#include "master/server.h"
#include "wire/request.h"

/* How the master ends, in the order in which it may proceed. */
enum stage { SERVING, DRAINING, STOPPING, STOPPED };

struct master {
    struct server server;
    struct source signal_source;
    int signals;
    enum stage stage;
    uint64_t deadline; /* of the stage */
    bool accepting;
    const struct master_start *start;
    char pid_file[4096]; /* that we have written; "" none */
};

/* The most that field_limit can be. */
enum { FIELDS_MAX = 10000 };
enum { STOP_MS = 2000, SPARE_FDS = 64, FDS_PER_WORKER = 8 };

/* ---- Limits ---- */

/* As many descriptors as we may have; connections get what is left by workers, logs and answers on their way. */
static void connections_limit(struct server *server, const struct config *config) {
    struct rlimit limit;
    server->connection_limit = config->connections;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
        uint64_t reserved = SPARE_FDS + (uint64_t)FDS_PER_WORKER * config_workers(config) + limit.rlim_cur / 8;
        uint64_t room = limit.rlim_cur > reserved + 1 ? limit.rlim_cur - reserved : 1;
        if (room < server->connection_limit) {
            log_line(LOG_WARNING, "connections: %u are wanted, the limit of open files (%llu) leaves room for %llu",
                     config->connections, (unsigned long long)limit.rlim_cur, (unsigned long long)room);
            server->connection_limit = (uint32_t)room;
        }
    }
}

static void watch_configure(struct server *server, const struct config *config) {
    struct watch *watch = &server->renewal.watch;
    if (!config->watch) {
        watch_close(watch);
        return;
    }
    int error = watch_open(watch, &server->loop, config->plugin_folder, config->watch_quiet_ms);
    if (error) {
        log_line(LOG_WARNING, "changes in %s will not be noticed: %s", config->plugin_folder, strerror(-error));
    }
}

static void configure(struct server *server, const struct config *config) {
    log_set_level(config->log_level);
    server->limits = (struct http_limits){
        .request_line = config->request_line_limit, .head = config->head_limit, .fields = config->field_limit};
    connections_limit(server, config);
    connection_configure(server, config);
    watch_configure(server, config);
}

void server_configure(struct server *server, struct config *config) {
    if (config == server->config) {
        return;
    }
    struct config *before = server->config;
    server->config = config_hold(config);
    logs_configure(server);
    config_drop(before);
    configure(server, config);
    notify(&server->notifier, "READY=1");
    listeners_switch(server);
    renewal_request(server, NULL); /* what changed before the watch began */
}

/* ---- Signals and stages ---- */

static void stage_drain(struct master *m) {
    if (m->stage != SERVING) {
        return;
    }
    log_line(LOG_NOTICE, "draining: no new connections, %u to finish", m->server.connection_count);
    m->stage = DRAINING;
    m->deadline = m->server.loop.now + m->server.config->drain_timeout_ms * NS_PER_MS;
    notify(&m->server.notifier, "STOPPING=1");
    upgrade_cancel(&m->server, "this one is ending");
    if (m->server.upgrade.done) {
        listeners_hand_over(&m->server);
    } else {
        listeners_accept_last(&m->server);
    }
    m->server.draining = true;
    listeners_close(&m->server, false);
    renewal_stop(&m->server);
    connections_drain(&m->server);
    generations_drain(&m->server);
}

static void stage_stop(struct master *m) {
    if (m->stage >= STOPPING) {
        return;
    }
    m->stage = STOPPING;
    m->deadline = m->server.loop.now + STOP_MS * NS_PER_MS;
    notify(&m->server.notifier, "STOPPING=1");
    upgrade_cancel(&m->server, "this one is ending");
    m->server.draining = m->server.stopping = true;
    listeners_close(&m->server, false);
    renewal_stop(&m->server);
    generations_stop(&m->server);
}

/* ---- Orders, by signal or by the admin listener ---- */

static char *complaints; /* of ADMIN_TEXT bytes: where complaints of a reload are gathered; NULL: nowhere */

static void reload_complaint(const char *line) {
    log_line(LOG_ERROR, "not reloaded: %s", line);
    if (complaints) {
        size_t length = strlen(complaints);
        snprintf(complaints + length, ADMIN_TEXT - length, "%s%s", length ? "\n" : "", line);
    }
}

/* A configuration with errors changes nothing. */
static int order_reload(void *data, char *text) {
    struct master *m = data;
    if (m->stage != SERVING) {
        snprintf(text, ADMIN_TEXT, "not reloaded: the server is ending");
        return -EBUSY;
    }
    complaints = text;
    complaint_to(reload_complaint);
    struct config *config = m->start->reader(m->start->data);
    complaint_to(NULL);
    complaints = NULL;
    if (!config) {
        return -EINVAL;
    }
    int error = listeners_prepare(&m->server, config, text, ADMIN_TEXT);
    if (error) {
        log_line(LOG_ERROR, "not reloaded: %s", text);
        config_drop(config);
        return error;
    }
    log_line(LOG_NOTICE, "reloading");
    notify(&m->server.notifier, "RELOADING=1\nMONOTONIC_USEC=%llu", (unsigned long long)(clock_now() / 1000));
    renewal_request(&m->server, config);
    snprintf(text, ADMIN_TEXT, "reloading");
    return 0;
}

static int order_upgrade(void *data, char *text) {
    struct master *m = data;
    int error = upgrade_begin(&m->server);
    snprintf(text, ADMIN_TEXT, "%s", error ? "no upgrade: the log tells why" : "upgrading");
    return error;
}

static int order_reopen(void *data, char *text) {
    struct master *m = data;
    int error = logs_reopen(&m->server);
    snprintf(text, ADMIN_TEXT, "%s", error ? strerror(-error) : "logs are open anew");
    return error;
}

static int order_drain(void *data, char *text) {
    stage_drain(data);
    snprintf(text, ADMIN_TEXT, "draining");
    return 0;
}

static int order_stop(void *data, char *text) {
    log_line(LOG_NOTICE, "stopping: by order");
    stage_stop(data);
    snprintf(text, ADMIN_TEXT, "stopping");
    return 0;
}

static void orders_set(struct master *m) {
    m->server.orders = (struct admin_orders){.reload = order_reload,
                                             .upgrade = order_upgrade,
                                             .reopen = order_reopen,
                                             .drain = order_drain,
                                             .stop = order_stop,
                                             .data = m};
}

static void signals_ready(struct source *source, uint32_t events) {
    (void)events;
    struct master *m = container_of(source, struct master, signal_source);
    struct signalfd_siginfo info;
    char text[ADMIN_TEXT] = "";
    while (read(m->signals, &info, sizeof(info)) == sizeof(info)) {
        if (info.ssi_signo == SIGQUIT) {
            stage_drain(m);
        } else if (info.ssi_signo == SIGHUP) {
            (void)order_reload(m, text);
        } else if (info.ssi_signo == SIGUSR1) {
            (void)order_reopen(m, text);
        } else if (info.ssi_signo == SIGUSR2) {
            (void)order_upgrade(m, text);
        } else if (info.ssi_signo == SIGCHLD) {
            orphans_expect(&m->server);
        } else {
            log_line(LOG_NOTICE, "stopping: %s", strsignal((int)info.ssi_signo));
            stage_stop(m);
        }
    }
}

static sigset_t signals_ours(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGQUIT);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGUSR2);
    sigaddset(&set, SIGCHLD);
    return set;
}

/* Before any thread exists: one that had them unblocked would be ended by them, and we with it. */
static void signals_block(void) {
    const sigset_t set = signals_ours();
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static int signals_open(struct master *m) {
    const sigset_t set = signals_ours();
    m->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    m->signal_source.ready = signals_ready;
    return m->signals < 0 ? -errno : loop_watch(&m->server.loop, m->signals, &m->signal_source, EPOLLIN);
}

static void stage_turn(struct master *m) {
    struct server *server = &m->server;
    bool late = server->loop.now >= m->deadline;
    if (m->stage == DRAINING && (server->connection_count == 0 || late)) {
        if (late) {
            log_line(LOG_WARNING, "draining took too long: %u connections are cut", server->connection_count);
        }
        stage_stop(m);
    } else if (m->stage == STOPPING) {
        if (late) {
            generations_kill(server);
        }
        if (generations_empty(server) && server->orphans.look == UINT64_MAX) {
            m->stage = STOPPED;
        }
    }
}

/* ---- The turns ---- */

static uint64_t earlier(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

static uint64_t next_deadline(const struct master *m) {
    const struct server *s = &m->server;
    const struct timeout_queue *queues[] = {&s->header_timeouts, &s->body_timeouts,   &s->idle_timeouts,
                                            &s->send_timeouts,   &s->linger_timeouts, &s->queue_timeouts,
                                            &s->drain_timeouts};
    uint64_t next =
        earlier(earlier(generations_next(s), renewal_next(s)), earlier(listeners_next(s), backtraces_next(s)));
    next = earlier(next, earlier(s->upgrade.deadline, s->notifier.next));
    next = earlier(next, earlier(s->orphans.look, dispatch_next(s)));
    for (size_t i = 0; i < sizeof(queues) / sizeof(queues[0]); i++) {
        next = earlier(next, timeout_queue_next(queues[i]));
    }
    return m->stage == SERVING ? next : earlier(next, m->deadline);
}

static void timeouts_run(struct server *s) {
    uint64_t now = s->loop.now;
    timeout_queue_run(&s->header_timeouts, now);
    timeout_queue_run(&s->body_timeouts, now);
    timeout_queue_run(&s->idle_timeouts, now);
    timeout_queue_run(&s->send_timeouts, now);
    timeout_queue_run(&s->linger_timeouts, now);
    timeout_queue_run(&s->queue_timeouts, now);
    timeout_queue_run(&s->drain_timeouts, now);
}

/* The first generation serves. */
static void serving_begin(struct master *m) {
    m->accepting = true;
    (void)listeners_watch(&m->server);
    if (pidfile_write(m->server.config->pid_file) == 0) {
        snprintf(m->pid_file, sizeof(m->pid_file), "%s", m->server.config->pid_file);
    }
    notify_ready(&m->server.notifier);
}

static void master_turn(struct master *m) {
    struct server *server = &m->server;
    bool rest = dispatch_sleep(server) && list_empty(&server->again);
    loop_wait(&server->loop, rest ? next_deadline(m) : 0);
    dispatch_wake(server);
    dispatch_collect(server); /* who has done what before something new comes: that is for those who are idle */
    loop_run(&server->loop);
    connections_again(server);
    timeouts_run(server);
    renewal_turn(server);
    generations_turn(server);
    dispatch_turn(server);
    backtraces_turn(server);
    keep_turn(server);
    upgrade_turn(server);
    orphans_turn(server);
    notifier_turn(&server->notifier, server->loop.now);
    if (server->generation && !m->accepting && m->stage == SERVING) {
        serving_begin(m);
    }
    if (server->upgrade.done) {
        stage_drain(m);
    }
    stage_turn(m);
    connections_sweep(server);
    workers_sweep(server);
    generations_sweep(server);
    listeners_resume(server);
    logs_kick(server);
}

/* ---- Beginning and end ---- */

static void listener_tell(const struct listener *l) {
    char address[LISTENER_TEXT];
    log_line(LOG_NOTICE, "listening on %s", listener_address(l, address));
}

/* Sockets that we were started with go before the configuration, but for an upgrade, where it decides. */
static int listeners_open(struct server *server) {
    struct inheritance *in = &server->inheritance;
    int error = inherit(in);
    bool adopted = false;
    for (int fd; !error && !in->upgrade_of && (fd = inheritance_next(in, false)) >= 0; adopted = true) {
        const struct listener *l = listener_adopt(server, fd, false);
        error = l ? 0 : -ENOMEM;
        if (l) {
            listener_tell(l);
        }
    }
    for (size_t i = 0; !error && !adopted && i < server->config->listen_count; i++) {
        const struct listener *l = listener_open(server, server->config->listen[i], false, false);
        error = l ? 0 : -errno;
        if (l) {
            listener_tell(l);
        }
    }
    error = error ? error : admin_open(server);
    inheritance_close(in);
    return error;
}

static int master_open(struct master *m) {
    struct server *server = &m->server;
    server->wire_fields = calloc(FIELDS_MAX, sizeof(*server->wire_fields));
    int error = server->wire_fields ? loop_open(&server->loop) : -ENOMEM;
    if (!error) {
        server->started = server->loop.now;
        if (getrandom(&server->instance, sizeof(server->instance), GRND_NONBLOCK) < 0) {
            server->instance = server->started ^ (uint64_t)getpid()
                                                     << 32; /* so early that there is no randomness yet */
        }
        notifier_open(&server->notifier, server->loop.now);
        orders_set(m);
        orphans_adopt(server);
        connection_setup(server);
        configure(server, server->config);
        error = signals_open(m);
    }
    if (!error) {
        error = listeners_open(server);
    }
    if (!error) {
        error = store_open(&server->store, server->config->spool_folder);
    }
    return error ? error : renewal_open(server);
}

static void master_close(struct master *m) {
    struct server *server = &m->server;
    upgrade_cancel(server, "this one is ending");
    pidfile_remove(m->pid_file);
    notifier_close(&server->notifier);
    connections_close(server);
    connections_sweep(server);
    listeners_close(server, true);
    renewal_close(server);
    backtraces_close(server);
    keep_close(server);
    orphans_close(server);
    workers_sweep(server);
    generations_close(server);
    catalog_free(&server->catalog);
    accounts_free(&server->accounts);
    incidents_free(&server->incidents);
    store_close(&server->store);
    fd_close(&m->signals);
    loop_close(&server->loop);
    free(server->wire_fields);
}

static struct master *master_new(const struct master_start *start) {
    struct master *m = calloc(1, sizeof(*m));
    if (m) {
        struct server *server = &m->server;
        m->signals = -1;
        m->deadline = UINT64_MAX;
        server->config = start->config;
        m->start = start;
        upgrade_init(&server->upgrade, start->program, start->argv);
        server->loop.epoll = -1;
        list_init(&server->listeners);
        list_init(&server->connections);
        list_init(&server->again);
        list_init(&server->closed);
        census_init(&server->census);
        list_init(&server->catalog);
        list_init(&server->accounts);
        list_init(&server->generations);
        list_init(&server->buried);
        list_init(&server->keepers);
        backtraces_init(&server->backtraces);
        server->renewal.watch.fd = server->renewal.done = -1;
        dispatch_setup(server);
    }
    return m;
}

/* What a turn frees the next one wants again: it is not given back to the kernel, page by page, each time. */
static void memory_setup(void) {
    enum { MAPPED_FROM = 1 << 20, KEPT = 8 << 20 };
    mallopt(M_MMAP_THRESHOLD, MAPPED_FROM);
    mallopt(M_TRIM_THRESHOLD, KEPT);
}

int master_main(const struct master_start *start) {
    memory_setup();
    struct master *m = master_new(start);
    signals_block();
    if (!m || logs_open(&m->server)) {
        config_drop(start->config);
        free(m);
        return 1;
    }
    int error = master_open(m);
    while (!error && m->stage != STOPPED) {
        master_turn(m);
    }
    master_close(m);
    if (error) {
        log_line(LOG_ERROR, "not started: %s", strerror(-error));
    } else {
        log_line(LOG_NOTICE, "stopped");
    }
    logs_close(&m->server);
    config_drop(m->server.config);
    free(m);
    return error ? 1 : 0;
}
