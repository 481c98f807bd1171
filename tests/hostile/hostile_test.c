/*
 * What a handler does reaches nobody else. For each deed a fresh server: while a plugin does it, two people ask on six
 * connections that they keep. Each must get their own answers and nothing else, soon; afterwards the log names whose
 * handler it was, and the server stops in peace with nothing left of it.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "server.h"
#include "text.h"

enum { CONNECTIONS = 6, REQUESTS = 200, PACE_MS = 8, RENEWED = 40 };

/* A second. Where all workers have ended at once, one must start first: with sanitizers, on a busy machine, for
 * seconds.
 */
#if defined(__SANITIZE_ADDRESS__)
enum { SOON_MS = 8000 };
#else
enum { SOON_MS = 1000 };
#endif

struct deed {
    const char *plugin;
    const char *name;
    const char *says; /* what the log must hold of it; NULL: nothing need be said */
    int times;        /* how often it is done, on connections of their own; 0: once */
    const char *setting;
};

/* Somebody who keeps a connection. */
struct person {
    char name[16];
    struct client *client;
};

static int64_t longest; /* of all that was waited */
static int64_t calm;    /* of that, before the deed: what this machine takes anyway, when others use it, too */

/* Nothing comes that was not asked for. */
static void silence_check(const struct person *p, const char *deed) {
    struct pollfd unasked = {.fd = p->client->fd, .events = POLLIN};
    if (poll(&unasked, 1, 0) > 0) {
        char bytes[128] = "";
        long length = client_fill(p->client, sizeof(bytes) - 1);
        (void)snprintf(bytes, sizeof(bytes), "%.*s", length > 0 ? (int)length : 0, p->client->in ? p->client->in : "");
        fail_msg("%s: %s got unasked: %ld \"%s\"", deed, p->name, length, bytes);
    }
}

static void asks(struct person *p, const char *deed) {
    struct answer answer;
    char path[64];
    char expected[64];
    (void)snprintf(path, sizeof(path), "/whose?of=%s", p->name);
    (void)snprintf(expected, sizeof(expected), "this is %s's\n", p->name);
    silence_check(p, deed);
    int64_t begun = clock_now_ms();
    client_get(p->client, path);
    int error = client_read(p->client, false, &answer);
    int64_t took = clock_now_ms() - begun;
    if (error || answer.status != 200 || strcmp(answer.body, expected) != 0) {
        fail_msg("%s: %s got %d, %d \"%.60s\" after %lld ms", deed, p->name, error, error ? 0 : answer.status,
                 error ? "" : answer.body, (long long)took);
    }
    longest = took > longest ? took : longest;
    if (took > SOON_MS + 4 * calm) {
        fail_msg("%s: %s waited %lld ms", deed, p->name, (long long)took);
    }
    answer_free(&answer);
}

static void person_begin(struct person *p, const struct server *server, int number) {
    (void)snprintf(p->name, sizeof(p->name), "%s%d", number % 2 ? "ann" : "ben", number);
    p->client = client_open(server);
}

/* Asks in turns, each for itself; one of them comes anew now and then. */
static void others_ask(const struct server *server, struct person people[CONNECTIONS], int count, const char *deed) {
    for (int i = 0; i < count; i++) {
        struct person *p = &people[i % CONNECTIONS];
        if (i % RENEWED == RENEWED - 1) {
            client_close(p->client);
            person_begin(p, server, i);
        }
        asks(p, deed);
        (void)poll(NULL, 0, PACE_MS); /* the pace of a person, not the wait for something */
    }
}

static void deed_done(void **state) {
    const struct deed *deed = *state;
    *state = NULL; /* the server's from now on, for the teardown */
    char plugins[64];
    char label[80];
    char path[96];
    (void)snprintf(plugins, sizeof(plugins), "whose %s", deed->plugin);
    (void)snprintf(label, sizeof(label), "%s %s", deed->plugin, deed->name);
    (void)snprintf(path, sizeof(path), "/%s?do=%s", deed->plugin, deed->name);
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = plugins,
                                                   .guard = true,
                                                   .workers = 3,
                                                   .settings = {"handler_timeout=1500ms", "crash_limit=0",
                                                                "log_level=info", "send_timeout=2s", deed->setting}});
    struct person people[CONNECTIONS];
    for (int i = 0; i < CONNECTIONS; i++) {
        person_begin(&people[i], server, i);
    }
    calm = SOON_MS;
    others_ask(server, people, 2 * CONNECTIONS, label); /* every connection is kept somewhere by now */
    calm = longest;
    struct client *doers[8];
    int times = deed->times ? deed->times : 1;
    for (int i = 0; i < times; i++) {
        doers[i] = client_open(server);
        client_get(doers[i], path);
    }
    others_ask(server, people, REQUESTS, label);
    for (int i = 0; i < times; i++) {
        client_close(doers[i]);
    }
    for (int i = 0; i < CONNECTIONS; i++) {
        silence_check(&people[i], label);
        client_close(people[i].client);
    }
    if (deed->says) {
        server_log_await(server, deed->says, 1);
    }
    server_calm(server);
    server_stop(server, SIGINT);
    server->incidents = server_log_count(server, "] incident ");
    server_end(server);
    print_message("%-24s longest %lld ms\n", label, (long long)longest);
    longest = 0;
}

#define NAMES_IT "blunder"

static const struct deed blunders[] = {
    {.name = "close_input"},
    {.name = "close_output", .says = NAMES_IT, .times = 4},
    {.name = "close_error", .says = NAMES_IT},
    {.name = "close_standard", .says = NAMES_IT, .times = 4},
    {.name = "close_ours", .says = NAMES_IT},
    {.name = "close_all", .says = NAMES_IT, .times = 4},
    {.name = "close_kept", .times = 4},
    {.name = "replace_output"},
    {.name = "replace_standard"},
    {.name = "close_stream", .says = NAMES_IT},
    {.name = "leak", .says = NAMES_IT, .setting = "files_limit=64"},
    {.name = "leak_some", .times = 4},
    {.name = "fork_and_return", .says = NAMES_IT, .times = 4},
    {.name = "exec_fails", .says = NAMES_IT, .times = 4},
    {.name = "leave_children"},
    {.name = "end_exit", .says = NAMES_IT},
    {.name = "end_quietly", .says = NAMES_IT},
    {.name = "end_at_once", .says = NAMES_IT},
    {.name = "end_thread", .says = NAMES_IT},
    {.name = "end_abort", .says = NAMES_IT},
    {.name = "crash", .says = NAMES_IT},
    {.name = "crash_idle", .says = NAMES_IT},
    {.name = "exit_idle"},
    {.name = "hang", .says = NAMES_IT},
    {.name = "overflow", .says = NAMES_IT},
    {.name = "pipe_default", .says = NAMES_IT},
    {.name = "crash_ignored", .says = NAMES_IT},
    {.name = "crash_blocked", .says = NAMES_IT},
    {.name = "alarm_set", .says = NAMES_IT},
    {.name = "timer_set", .says = NAMES_IT},
    {.name = "folder_changed", .says = NAMES_IT},
    {.name = "mask_changed", .says = NAMES_IT},
    {.name = "locale_changed", .says = NAMES_IT},
    {.name = "rounding_changed", .says = NAMES_IT},
    {.name = "traps_set", .says = NAMES_IT},
    {.name = "environment_changed", .says = NAMES_IT},
    {.name = "files_limited", .says = NAMES_IT},
    {.name = "size_limited", .says = NAMES_IT},
    {.name = "print_unended", .says = "blunder: an end is missing here"},
    {.name = "print_much", .says = "blunder: line 1 of many"},
};

#undef NAMES_IT
#define NAMES_IT "malice"

static const struct deed malice[] = {
    {.name = "traced", .says = NAMES_IT},
    {.name = "lingering"},
    {.name = "done_and_hangs"},
    {.name = "done_and_stops"},
    {.name = "stops", .says = NAMES_IT},
    {.name = "bell"},
    {.name = "prints", .says = NAMES_IT},
    {.name = "prints_endless"},
    {.name = "counts_much", .says = "broken the protocol"},
    {.name = "status_strange", .says = "broken the protocol"},
    {.name = "channel_flood"},
    {.name = "mailbox_noise"},
    {.name = "parent_ends"},
    {.name = "parent_stops"},
    {.name = "guard_ends"},
};

static int kind_run(const char *plugin, const struct deed *deeds, size_t count, const char *only) {
    struct CMUnitTest tests[64];
    struct deed done[64];
    size_t chosen = 0;
    for (size_t i = 0; i < count; i++) {
        if (!only || strcmp(only, deeds[i].name) == 0) {
            done[chosen] = deeds[i];
            done[chosen].plugin = plugin;
            tests[chosen] = (struct CMUnitTest){.name = deeds[i].name,
                                                .test_func = deed_done,
                                                .teardown_func = server_teardown,
                                                .initial_state = &done[chosen]};
            chosen++;
        }
    }
    return chosen > 0 ? _cmocka_run_group_tests(plugin, tests, chosen, NULL, NULL) : 2;
}

/* hostile_test blunder | malice [DEED] */
int main(int argc, char **argv) {
    const char *only = argc > 2 ? argv[2] : NULL;
    if (argc > 1 && strcmp(argv[1], "malice") == 0) {
        return kind_run("malice", malice, sizeof(malice) / sizeof(malice[0]), only);
    }
    return kind_run("blunder", blunders, sizeof(blunders) / sizeof(blunders[0]), only);
}
