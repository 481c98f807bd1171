/* The master: puts the rooms together, runs their turns, and ends in order. */
#include "master/master.h"

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "client/listeners.h"
#include "inside/inside.h"
#include "loop/orphans.h"
#include "loop/signals.h"
#include "loop/threads.h"
#include "master/notify.h"
#include "master/reload.h"
#include "master/upgrade.h"
#include "pool/kernel.h"
#include "record/pidfile.h"
#include "service/service.h"

/* How the master ends, in the order in which it may proceed. */
enum ending { SERVING, LEAVING, DRAINING, STOPPING, STOPPED };

/* The rooms, lower ones first, and what is nobody else's. */
struct master {
    struct loop loop;
    struct children children;
    struct orphans orphans;
    struct signals signals;
    struct ward ward;
    struct record record;
    struct clients clients;
    struct pools pools;
    struct generations generations;
    struct plugin_service service;
    struct inside inside;

    struct config *config; /* of the generation that serves; at first, what the master was started with */
    struct notifier notifier;
    struct upgrade upgrade;
    enum ending ending;
    uint64_t deadline; /* of the ending's stage */
    uint64_t termed;   /* when the first SIGTERM came; 0: none has */
    uint32_t late;     /* how often it has passed while we were stopping */
    bool accepting;
    const struct master_start *start;
    char pid_file[4096]; /* that we have written; "" none */
};

/* SAME_MS: a signal to a whole group comes from the guard, too, and timeout(1) sends it twice. */
enum { STOP_MS = 2000, LATE_MAX = 2, SAME_MS = 500 };

static const int signal_numbers[] = {SIGINT, SIGTERM, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2, SIGCHLD};
enum { SIGNAL_COUNT = sizeof(signal_numbers) / sizeof(signal_numbers[0]) };

/* ---- Stages ---- */

static void ending_tell(struct master *m) {
    if (m->ending == SERVING) {
        notify(&m->notifier, "STOPPING=1");
        upgrade_cancel(&m->upgrade, "this one is ending");
    }
}

static void stage_drain(struct master *m) {
    if (m->ending >= DRAINING) {
        return;
    }
    log_line(LOG_NOTICE, "draining: no new connections, %u to finish", m->clients.count);
    ending_tell(m);
    m->ending = DRAINING;
    m->deadline = m->loop.now + m->config->drain_timeout_ms * NS_PER_MS;
    clients_drain(&m->clients, m->upgrade.successor != 0);
    generations_settle(&m->generations);
    pools_drain(&m->pools);
}

/* Whoever sends clients here has time to learn that it is over. */
static void stage_leave(struct master *m) {
    uint32_t delay = m->accepting ? m->config->drain_delay_ms : 0;
    if (m->ending != SERVING) {
        return;
    }
    if (delay == 0) {
        stage_drain(m);
        return;
    }
    log_line(LOG_NOTICE, "leaving: not ready any more, draining in %u ms", delay);
    ending_tell(m);
    m->ending = LEAVING;
    m->inside.leaving = true;
    m->deadline = m->loop.now + delay * NS_PER_MS;
}

static void stage_stop(struct master *m) {
    if (m->ending >= STOPPING) {
        return;
    }
    ending_tell(m);
    m->ending = STOPPING;
    m->deadline = m->loop.now + STOP_MS * NS_PER_MS;
    clients_unlisten(&m->clients);
    generations_settle(&m->generations);
    pools_stop(&m->pools);
}

/* Whether nothing of ours is left. What does not end though it was killed is waited for only so long. */
static bool all_ended(const struct master *m) {
    return pools_empty(&m->pools) && (m->late >= LATE_MAX || (orphans_next(&m->orphans) == UINT64_MAX &&
                                                              children_next(&m->children) == UINT64_MAX));
}

static void stage_turn(struct master *m) {
    if (m->ending == LEAVING && m->loop.now >= m->deadline) {
        stage_drain(m); /* of nobody, perhaps: then no event follows that would end it */
    }
    bool late = m->loop.now >= m->deadline;
    if (m->ending == DRAINING && (m->clients.count == 0 || late)) {
        if (late) {
            log_line(LOG_WARNING, "draining took too long: %u connections are cut", m->clients.count);
        }
        stage_stop(m);
    } else if (m->ending == STOPPING) {
        if (late) {
            pools_kill(&m->pools);
            m->late++;
            m->deadline = m->loop.now + STOP_MS * NS_PER_MS;
        }
        if (all_ended(m)) {
            m->ending = STOPPED;
        }
    }
}

/* ---- Orders, by signal or by the admin listener ---- */

/* A configuration with errors changes nothing. */
static int order_reload(void *data, char *text) {
    struct master *m = data;
    if (m->ending != SERVING) {
        snprintf(text, ORDER_TEXT, "not reloaded: the server is ending");
        return -EBUSY;
    }
    struct config *config = reload_read(m->start, text);
    if (!config) {
        generations_not_renewed(&m->generations, text);
        return -EINVAL;
    }
    int error = listeners_prepare(&m->clients, &m->service.service, config, text, ORDER_TEXT);
    if (error) {
        log_line(LOG_ERROR, "not reloaded: %s", text);
        generations_not_renewed(&m->generations, text);
        config_drop(config);
        return error;
    }
    log_line(LOG_NOTICE, "reloading");
    notify(&m->notifier, "RELOADING=1\nMONOTONIC_USEC=%llu", (unsigned long long)(clock_now() / 1000));
    generations_renew(&m->generations, config);
    snprintf(text, ORDER_TEXT, "reloading");
    return 0;
}

static int order_upgrade(void *data, char *text) {
    struct master *m = data;
    const struct upgrade_heritage heritage = {.clients = &m->clients,
                                              .ward = &m->ward,
                                              .manager = m->notifier.manager,
                                              .timeout_ms = m->config->upgrade_timeout_ms};
    if (m->ending != SERVING) {
        log_line(LOG_WARNING, "no upgrade: the server is ending");
    }
    int error = m->ending != SERVING ? -EALREADY : upgrade_begin(&m->upgrade, &m->children, &heritage);
    snprintf(text, ORDER_TEXT, "%s", error ? "no upgrade: the log tells why" : "upgrading");
    return error;
}

static int order_reopen(void *data, char *text) {
    struct master *m = data;
    int error = record_reopen(&m->record);
    snprintf(text, ORDER_TEXT, "%s", error ? strerror(-error) : "logs are open anew");
    return error;
}

static int order_drain(void *data, char *text) {
    stage_leave(data);
    snprintf(text, ORDER_TEXT, "draining");
    return 0;
}

static int order_stop(void *data, char *text) {
    log_line(LOG_NOTICE, "stopping: by order");
    stage_stop(data);
    snprintf(text, ORDER_TEXT, "stopping");
    return 0;
}

/* The first word lets it finish, the second does not: what docker, Kubernetes and systemd send before they kill. */
static void term_came(struct master *m) {
    uint64_t now = m->loop.now;
    if (m->ending == SERVING) {
        m->termed = now;
        stage_leave(m);
    } else if (m->termed == 0 || now - m->termed >= SAME_MS * NS_PER_MS) {
        log_line(LOG_NOTICE, "stopping: %s", strsignal(SIGTERM));
        stage_stop(m);
    }
}

static void signal_came(struct signals *signals, int number) {
    struct master *m = container_of(signals, struct master, signals);
    char text[ORDER_TEXT] = "";
    switch (number) {
    case SIGTERM:
        term_came(m);
        break;
    case SIGQUIT:
        stage_leave(m);
        break;
    case SIGHUP:
        (void)order_reload(m, text);
        break;
    case SIGUSR1:
        (void)order_reopen(m, text);
        break;
    case SIGUSR2:
        (void)order_upgrade(m, text);
        break;
    case SIGCHLD:
        children_expect(&m->children);
        orphans_expect(&m->orphans);
        break;
    default:
        log_line(LOG_NOTICE, "stopping: %s", strsignal(number));
        stage_stop(m);
        break;
    }
}

/* Nothing would see to what we leave behind any more, and who has killed the guard wants all of it to end. */
static void guard_ended(struct ward *ward) {
    struct master *m = container_of(ward, struct master, ward);
    log_line(LOG_WARNING, "stopping: the guard was killed");
    stage_stop(m);
}

/* ---- What the generations tell ---- */

/* The configuration that a new generation has holds for everything else, too. */
static void config_serves(void *data, struct config *config) {
    struct master *m = data;
    struct config *before = m->config;
    m->config = config_hold(config);
    record_configure(&m->record, config);
    clients_configure(&m->clients, config);
    cache_configure(&m->service.cache, config);
    config_drop(before);
    notify(&m->notifier, "READY=1");
}

static void reload_over(void *data) {
    struct master *m = data;
    listeners_abandon(&m->clients);
    notify(&m->notifier, "READY=1");
}

/* ---- The turns ---- */

static uint64_t earlier(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

static uint64_t next_deadline(const struct master *m) {
    uint64_t next = earlier(clients_next(&m->clients), pools_next(&m->pools));
    next = earlier(next, earlier(generations_next(&m->generations), upgrade_next(&m->upgrade)));
    next = earlier(next, cache_next(&m->service.cache));
    next = earlier(next, earlier(orphans_next(&m->orphans), children_next(&m->children)));
    next = earlier(next, earlier(threads_next(), m->notifier.next));
    return m->ending == SERVING ? next : earlier(next, m->deadline);
}

/* A new master serves: it is no orphan, and we end. */
static void succession_turn(struct master *m) {
    upgrade_turn(&m->upgrade);
    if (m->upgrade.successor && m->ending == SERVING) {
        notify(&m->notifier, "MAINPID=%d", (int)m->upgrade.successor);
        ward_succeeded(&m->ward, m->upgrade.successor);
        orphans_leave(&m->orphans);
        stage_drain(m);
    }
}

/* The first generation serves. */
static void serving_begin(struct master *m) {
    m->accepting = true;
    (void)listeners_watch(&m->clients);
    if (pidfile_write(m->config->pid_file) == 0) {
        snprintf(m->pid_file, sizeof(m->pid_file), "%s", m->config->pid_file);
    }
    notify_ready(&m->notifier);
}

static void master_turn(struct master *m) {
    bool rest = pools_sleep(&m->pools);
    uint64_t next = rest ? next_deadline(m) : 0;
    threads_rest();
    loop_wait(&m->loop, next);
    m->record.counters.stalls = threads_turn(m->loop.now);
    pools_wake(&m->pools);
    loop_run(&m->loop);
    clients_turn(&m->clients);
    cache_turn(&m->service.cache, m->loop.now);
    generations_turn(&m->generations);
    pools_turn(&m->pools);
    succession_turn(m);
    children_turn(&m->children);
    orphans_turn(&m->orphans);
    notifier_turn(&m->notifier, m->loop.now);
    if (m->generations.serving && !m->accepting && m->ending == SERVING) {
        serving_begin(m);
    }
    stage_turn(m);
    clients_sweep(&m->clients);
    pools_sweep(&m->pools);
    generations_sweep(&m->generations);
    record_turn(&m->record);
    threads_sweep(m->loop.now);
}

/* ---- Beginning and end ---- */

static int listeners_begin(struct master *m) {
    const struct orders orders = {.reload = order_reload,
                                  .upgrade = order_upgrade,
                                  .reopen = order_reopen,
                                  .drain = order_drain,
                                  .stop = order_stop,
                                  .data = m};
    int error = listeners_open(&m->clients, &m->service.service);
    m->inside = (struct inside){.clients = &m->clients,
                                .pools = &m->pools,
                                .generations = &m->generations,
                                .record = &m->record,
                                .cache = &m->service.cache,
                                .started = m->loop.now};
    error = error ? error : inside_open(&m->inside, &m->clients, &orders);
    inheritance_close(&m->clients.inheritance);
    listeners_expect(&m->clients);
    return error;
}

static int master_open(struct master *m) {
    const struct generations_owner owner = {.configured = config_serves, .ready = reload_over, .data = m};
    int error = threads_start();
    error = error ? error : loop_open(&m->loop);
    children_init(&m->children, &m->loop);
    notifier_open(&m->notifier, m->loop.now);
    orphans_adopt(&m->orphans, &m->children);
    plugin_service_open(&m->service, &m->clients, &m->pools, &m->generations, &m->record);
    cache_configure(&m->service.cache, m->config);
    pools_open(&m->pools, &m->loop, &m->children, &m->record, &m->service.events);
    upgrade_init(&m->upgrade, &m->loop, m->start->argv);
    error = error ? error : clients_open(&m->clients, &m->loop, &m->record, m->config);
    error = error ? error : signals_open(&m->signals, &m->loop, signal_numbers, SIGNAL_COUNT, signal_came);
    error = error ? error : ward_open(&m->ward, &m->loop, guard_ended);
    error = error ? error : listeners_begin(m);
    return error ? error : generations_open(&m->generations, &m->loop, &m->pools, m->config, &owner);
}

static void master_close(struct master *m) {
    upgrade_close(&m->upgrade);
    pidfile_remove(m->pid_file);
    notifier_close(&m->notifier);
    clients_close(&m->clients);
    cache_close(&m->service.cache);
    pools_close(&m->pools);
    generations_close(&m->generations);
    record_finish(&m->record);
    orphans_close(&m->orphans);
    children_close(&m->children);
    signals_close(&m->signals);
    ward_close(&m->ward);
    loop_close(&m->loop);
    threads_rest(); /* that was the last turn */
}

/* What a turn frees the next one wants again: it is not given back to the kernel, page by page, each time. */
static void memory_setup(void) {
    enum { MAPPED_FROM = 1 << 20, KEPT = 8 << 20 };
    mallopt(M_MMAP_THRESHOLD, MAPPED_FROM);
    mallopt(M_TRIM_THRESHOLD, KEPT);
}

int master_main(const struct master_start *start) {
    memory_setup();
    struct master *m = calloc(1, sizeof(*m));
    signals_block(signal_numbers, SIGNAL_COUNT);
    if (!m || record_open(&m->record, start->config)) {
        config_drop(start->config);
        free(m);
        return 1;
    }
    m->start = start;
    m->config = start->config;
    m->deadline = UINT64_MAX;
    kernel_judge(m->config);
    int error = master_open(m);
    while (!error && m->ending != STOPPED && !m->loop.error) {
        master_turn(m);
    }
    master_close(m);
    if (m->loop.error) {
        log_line(LOG_ERROR, "stopped: nothing can be waited for: %s", strerror(-m->loop.error));
    } else if (error) {
        log_line(LOG_ERROR, "not started: %s", strerror(-error));
    } else {
        log_line(LOG_NOTICE, "stopped");
    }
    record_close(&m->record);
    config_drop(m->config);
    error = error ? error : m->loop.error;
    free(m);
    return error ? 1 : 0;
}
