/*
 * Everything at once: load, while workers are killed, stopped and continued, plugins are replaced by good, bad and
 * crashing ones, the configuration is reloaded, logs are opened anew and the server is upgraded. Every answer is one
 * that may be, and nothing is left over. The seed is printed; SOCGI_CHAOS_SEED repeats it, SOCGI_CHAOS_SECONDS makes it
 * longer or shorter.
 */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "client.h"
#include "fetch.h"
#include "process.h"
#include "server.h"
#include "text.h"

enum { BATCH = 400, CONNECTIONS = 24, SECONDS = 60, EVENT_EVERY = 12, BODY = 100000 };

struct chaos {
    struct server *server;
    unsigned seed;
    pid_t stopped;   /* a worker that is stopped now, or 0 */
    size_t upgrades; /* begun */
    size_t events;
};

static unsigned draw(struct chaos *c, unsigned below) {
    return (unsigned)rand_r(&c->seed) % below;
}

/* A master's children may also be a tracer, or the master that is to take over, which is not to be killed. */
static bool is_worker(pid_t pid) {
    char path[64];
    (void)snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
    char *name = file_read(path);
    bool is = strcmp(name, "socgi-worker\n") == 0;
    free(name);
    return is;
}

static pid_t any_worker(struct chaos *c) {
    pid_t workers[WORKERS_MAX];
    size_t count = process_children(server_latest(c->server), workers, WORKERS_MAX);
    pid_t pid = count > 0 ? workers[draw(c, (unsigned)(count < WORKERS_MAX ? count : WORKERS_MAX))] : 0;
    return pid > 0 && is_worker(pid) ? pid : 0;
}

/* ---- What happens ---- */

static void kill_one(struct chaos *c) {
    pid_t pid = any_worker(c);
    if (pid > 0) {
        (void)kill(pid, SIGKILL);
    }
}

static void stop_or_continue(struct chaos *c) {
    if (c->stopped > 0) {
        (void)kill(c->stopped, SIGCONT);
        c->stopped = 0;
    } else {
        c->stopped = any_worker(c);
        if (c->stopped > 0) {
            (void)kill(c->stopped, SIGSTOP);
        }
    }
}

static void replace_plugin(struct chaos *c) {
    static const char *const versions[] = {"swap_one",   "swap_two",    "swap_one",   "swap_two", "no_symbol",
                                           "init_fails", "init_aborts", "unresolved", "text",     "major"};
    plugin_put(c->server, versions[draw(c, sizeof(versions) / sizeof(*versions))], "swap");
}

static void reload(struct chaos *c) {
    (void)kill(server_latest(c->server), SIGHUP);
}

static void reopen(struct chaos *c) {
    (void)kill(server_latest(c->server), SIGUSR1);
}

/* One at a time, so that it is known who serves. */
static void upgrade(struct chaos *c) {
    size_t over = server_log_count(c->server, "upgraded: process ") + server_log_count(c->server, "no upgrade: ");
    if (over == c->upgrades) {
        (void)kill(server_latest(c->server), SIGUSR2);
        c->upgrades++;
    }
}

static void event(void *data, size_t done) {
    static void (*const events[])(struct chaos *) = {kill_one,       kill_one,       stop_or_continue, stop_or_continue,
                                                     replace_plugin, replace_plugin, reload,           reopen};
    struct chaos *c = data;
    if (done % EVENT_EVERY == 0) {
        c->events++;
        if (draw(c, 40) == 0) {
            upgrade(c);
        } else {
            events[draw(c, sizeof(events) / sizeof(*events))](c);
        }
    }
}

/* ---- What may be answered ---- */

static char body[BODY];

static void request_draw(struct chaos *c, struct fetch *f) {
    *f = (struct fetch){.path = "/hello"};
    switch (draw(c, 8)) {
    case 0:
    case 1:
        f->path = "/swap";
        break;
    case 2:
        f->path = "/mirror";
        f->method = "POST";
        f->upload = body;
        f->upload_length = draw(c, BODY);
        break;
    case 3:
        f->path = draw(c, 6) == 0 ? "/crash" : "/crash?how=not";
        break;
    case 4:
        f->path = "/sleep?ms=20";
        break;
    default:
        break;
    }
}

/* Killed: 502. Stopped for too long: 504. In quarantine, or no version that loads: 503. */
static bool status_allowed(const struct fetch *f) {
    return f->status == 200 || f->status == 502 || f->status == 503 || f->status == 504;
}

static void answer_check(const struct fetch *f) {
    if (!status_allowed(f)) {
        fail_msg("%s was answered %ld: %s", f->path, f->status, f->body);
    }
    if (f->status == 200 && strcmp(f->path, "/hello") == 0) {
        assert_string_equal(f->body, "Hello, world!\n");
    } else if (f->status == 200 && strcmp(f->path, "/swap") == 0) {
        if (strcmp(f->body, "one") != 0 && strcmp(f->body, "two") != 0) {
            fail_msg("%s was answered \"%s\"", f->path, f->body);
        }
    } else if (f->status == 200 && strcmp(f->path, "/mirror") == 0) {
        assert_int_equal(f->length, f->upload_length);
        assert_memory_equal(f->body, body, f->length);
    }
}

/* A connection of our own is kept through it all; only a master that leaves ends it, and says so before. */
static struct client *kept_check(struct chaos *c, struct client *client) {
    struct answer answer;
    client_get(client, "/hello");
    int result = client_read(client, false, &answer);
    bool closing = result == 0 && answer.closing;
    answer_free(&answer);
    if (result == -ENODATA || closing) { /* a master that drains ends what is idle for a second */
        assert_true(c->upgrades > 0);
        client_close(client);
        client = client_open(c->server);
    } else if (result) {
        fail_msg("a kept connection: %d", result);
    }
    return client;
}

static void leftovers_check(const struct server *server) {
    DIR *folder = opendir(server->folder);
    assert_non_null(folder);
    for (const struct dirent *entry; (entry = readdir(folder));) {
        if (strncmp(entry->d_name, "socgi-copies-", 13) == 0 || strstr(entry->d_name, ".sock")) {
            fail_msg("left over: %s", entry->d_name);
        }
    }
    (void)closedir(folder);
}

static void incidents_check(struct server *server) {
    char *log = file_read(server->log);
    char *rest = log;
    for (const char *line; (line = strsep(&rest, "\n"));) {
        if (strstr(line, "] incident ")) {
            assert_true(
                text_matches(line, "\\] incident [0-9a-f]{16}: plugin (hello|swap|mirror|crash|sleep): worker "));
            server->incidents++;
        }
    }
    free(log);
}

static unsigned number_of(const char *name, unsigned fallback) {
    const char *text = getenv(name);
    return text ? (unsigned)strtoul(text, NULL, 10) : fallback;
}

static void chaos(void **state) {
    struct chaos c = {.seed = number_of("SOCGI_CHAOS_SEED", (unsigned)time(NULL) ^ (unsigned)getpid() << 16)};
    printf("SOCGI_CHAOS_SEED=%u\n", c.seed);
    (void)fflush(stdout);
    for (size_t i = 0; i < BODY; i++) {
        body[i] = (char)rand_r(&c.seed);
    }
    c.server = server_start(
        state, &(struct server_setup){.plugins = "hello mirror crash sleep",
                                      .workers = 4,
                                      .own_binary = true,
                                      .file_log = true,
                                      .config = "spool_folder = \".\"\n",
                                      .settings = {"handler_timeout=1s", "quarantine=200ms", "watch_quiet=5ms",
                                                   "worker_requests=200", "start_timeout=5s"}});
    plugin_put(c.server, "swap_one", "swap");
    generation_await(c.server, 2);
    struct client *kept = client_open(c.server);
    struct fetch *fetches = calloc(BATCH, sizeof(*fetches));
    size_t requests = 0;
    size_t cut = 0;
    int64_t until = clock_now_ms() + 1000 * (int64_t)number_of("SOCGI_CHAOS_SECONDS", SECONDS);
    while (clock_now_ms() < until) {
        for (size_t i = 0; i < BATCH; i++) {
            request_draw(&c, &fetches[i]);
        }
        fetch_all(c.server, fetches, BATCH, CONNECTIONS, event, &c);
        for (size_t i = 0; i < BATCH; i++) {
            if (fetches[i].result == CURLE_OK) {
                answer_check(&fetches[i]);
            } else {
                printf("%s: %s\n", fetches[i].path, curl_easy_strerror(fetches[i].result));
                cut++;
            }
        }
        requests += BATCH;
        fetch_free(fetches, BATCH);
        kept = kept_check(&c, kept);
    }
    free(fetches);
    client_close(kept);
    if (c.stopped > 0) {
        (void)kill(c.stopped, SIGCONT);
    }
    /* An answer may be cut only where its worker died over it. */
    size_t told = server_log_count(c.server, ": connection closed, status");
    printf("%zu requests, %zu events, %zu upgrades, %zu answers cut (%zu told)\n", requests, c.events, c.upgrades, cut,
           told);
    assert_true(cut <= told);
    for (size_t over = 0; over < c.upgrades;) { /* none is under way any more */
        over = server_log_count(c.server, "upgraded: process ") + server_log_count(c.server, "no upgrade: ");
    }
    server_upgraded(c.server, server_log_count(c.server, "upgraded: process "));
    server_stop(c.server, SIGINT);
    incidents_check(c.server);
    leftovers_check(c.server);
    server_end(c.server);
}

int main(void) {
    const struct CMUnitTest tests[] = {SYSTEM_TEST(chaos)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
