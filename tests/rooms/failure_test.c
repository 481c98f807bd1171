/* The service room alone: what a client is told when a worker has died over its request. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/config.h"
#include "house.h"
#include "record/incident.h"
#include "wire/saved.h"

enum { QUIET = 50 }; /* milliseconds, and more than watch_quiet */

/* A guest whose request a worker has. */
static struct job *begun(struct house *h, int *guest) {
    *guest = guest_come(h);
    ask(h, *guest, "GET /hello?x");
    return job_take(&h->stage.pools);
}

static const struct incident *latest(const struct house *h) {
    return incident_at(&h->record.incidents, 0);
}

static const char *incident_line(const struct house *h) {
    static char line[64];
    (void)snprintf(line, sizeof(line), "\nincident %016" PRIx64, latest(h)->id);
    return line;
}

static void assert_idle(struct house *h) {
    house_turn(h);
    assert_int_equal(users(h), 0);
    assert_int_equal(retiring(h), 0);
    assert_true(list_empty(&h->service.untraced));
}

/* The connection goes on: nobody has written on it. */
static void the_client_is_told_which_incident(void **state) {
    static const struct {
        struct job_loss how;
        int status;
        const char *text;
    } cases[] = {
        {{0}, 502, "The plugin hello crashed while it handled this request.\nincident "},
        {{.outran = true}, 504, "The plugin hello took too long over this request.\nincident "},
    };
    struct house *h = house_open(state, "");
    int guest = guest_come(h);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        fake.reports = true;
        ask(h, guest, "GET /hello?x");
        job_lose(job_take(&h->stage.pools), cases[i].how);
        const char *answer = heard(guest);
        assert_non_null(strstr(answer, cases[i].text));
        assert_non_null(strstr(answer, incident_line(h)));
        assert_null(strstr(answer, "SIG")); /* that is for the log, and for the author */
        assert_int_equal(atoi(answer + strlen("HTTP/1.1 ")), cases[i].status);
        assert_string_equal(latest(h)->request, "GET /hello?x");
        assert_true(latest(h)->answered);
        assert_true(latest(h)->traced);
        assert_int_equal(fake.incident, latest(h)->id);
        assert_int_equal(h->record.counters.statuses[cases[i].status], 1);
        assert_idle(h);
    }
    guest_go(h, guest);
}

/* What was begun on it cannot be ended, and in the end there is nobody to tell of it. */
static void the_connection_is_cut(void **state) {
    static const struct {
        struct job_loss how;
        int status; /* in the log */
        uint64_t incidents;
    } cases[] = {
        {{.touched = true}, 502, 1},
        {{.touched = true, .outran = true}, 504, 1},
        {{.stopping = true}, 503, 0},
        {{.stopping = true, .touched = true}, 503, 0},
    };
    for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(*cases); i++) {
        struct house *h = house_open(state, i % 2 ? "development = on\n" : "");
        int guest;
        struct job *job = begun(h, &guest);
        fake.reports = true;
        job_lose(job, cases[i / 2].how);
        assert_cut(guest);
        assert_int_equal(h->record.incidents.count, cases[i / 2].incidents);
        assert_true(cases[i / 2].incidents == 0 || !latest(h)->answered);
        assert_int_equal(h->record.counters.statuses[cases[i / 2].status], 1);
        assert_idle(h);
        guest_go(h, guest);
        (void)house_teardown(state);
        (void)house_setup(state);
    }
}

/* It has been forgotten by the time when it is to be answered for. */
static void of_too_many_incidents_less_is_told(void **state) {
    for (int development = 0; development < 2; development++) {
        struct house *h = house_open(state, development ? "development = on\n" : "");
        const struct incident_facts facts = {
            .plugin = "other", .method = "GET", .method_length = 3, .target = "", .request_id = "", .others = ""};
        int guest;
        struct job *job = begun(h, &guest);
        const struct job_loss loss = {.worker = job->worker, .others = ""};
        fake.reports = true;
        h->service.events.died(job, &loss);
        for (int i = 0; i < INCIDENTS_KEPT; i++) {
            (void)incident_log(&h->record.incidents, &facts);
        }
        h->service.events.lost(job, &loss);
        assert_heard(guest, 502, "\r\n\r\n502 Bad Gateway\n");
        assert_idle(h);
        guest_go(h, guest);
        (void)house_teardown(state);
        (void)house_setup(state);
    }
}

/* ---- In development ---- */

static void the_author_is_shown_the_trace(void **state) {
    struct house *h = house_open(state, "development = on\n");
    int guests[2];
    struct job *jobs[2] = {begun(h, &guests[0]), begun(h, &guests[1])};
    uint64_t incidents[2];
    fake.reports = true;
    for (int i = 0; i < 2; i++) {
        job_lose(jobs[i], (struct job_loss){0});
        house_turn(h);
        assert_string_equal(heard(guests[i]), "");
        incidents[i] = latest(h)->id;
    }
    assert_int_equal(users(h), 2);
    struct incident *second = incident_find(&h->record.incidents, incidents[1]);
    assert_int_equal(buffer_string(&second->trace, "#0 handle at hello.c:12\n"), 0);
    h->service.events.traced(h->service.events.data, incidents[1]);
    assert_heard(guests[1], 502, "(Segmentation fault) while it handled it.\n#0 handle at hello.c:12\n");
    assert_string_equal(heard(guests[0]), "");
    h->service.events.traced(h->service.events.data, incidents[1]); /* of nobody, or nobody's any more */
    assert_int_equal(users(h), 1);
    plugin_put(&h->stage, "hello.so", "serves hello /hello 2");
    house_later(h, QUIET);
    assert_int_equal(retiring(h), 1); /* the plugin of who still waits */
    h->service.events.traced(h->service.events.data, incidents[0]);
    assert_heard(guests[0], 502, "Its worker ended by signal 11");
    assert_idle(h);
    guest_go(h, guests[0]);
    guest_go(h, guests[1]);
}

static void without_a_report_nobody_waits(void **state) {
    struct house *h = house_open(state, "development = on\n");
    int guest;
    job_lose(begun(h, &guest), (struct job_loss){0});
    assert_heard(guest, 502, "Its worker ended by signal 11");
    assert_idle(h);
    guest_go(h, guest);
}

/* The trace comes all the same, and finds nobody. */
static void who_waits_for_a_trace_may_go(void **state) {
    struct house *h = house_open(state, "development = on\nqueue_timeout = 1s\n");
    int guest;
    fake.reports = true;
    job_lose(begun(h, &guest), (struct job_loss){0});
    house_later(h, 2000);
    assert_string_equal(heard(guest), "");
    guest_go(h, guest);
    h->service.events.traced(h->service.events.data, latest(h)->id);
    assert_idle(h);
    assert_int_equal(h->clients.count, 0);
    job_lose(begun(h, &guest), (struct job_loss){0});
    clients_end(h);
    assert_cut(guest);
    assert_int_equal(users(h), 0);
    h->service.events.traced(h->service.events.data, latest(h)->id);
    close(guest);
}

/* ---- Saved requests ---- */

/* The latest request is kept in a file: its head. */
static struct saved_head saved(struct house *h) {
    struct saved_head head = {0};
    char path[128];
    char text[8192];
    saves_close(&h->record.saves);
    (void)snprintf(path, sizeof(path), "%s/incidents/%016" PRIx64 ".request", h->stage.folder, latest(h)->id);
    FILE *in = fopen(path, "re");
    assert_non_null(in);
    size_t length = fread(text, 1, sizeof(text), in);
    assert_int_equal(fclose(in), 0);
    long begin = saved_head_read(&head, text, length);
    assert_true(begin > 0);
    assert_int_equal(length, (uint64_t)begin + head.length + head.body);
    return head;
}

/* With its body, wherever that is. */
static void the_request_is_saved(void **state) {
    struct house *h = *state;
    char settings[160];
    plugin_put(&h->stage, "form.so", "serves form /form 1 POST");
    assert_int_equal(mkdir(stage_path(&h->stage, "incidents"), 0755), 0);
    (void)snprintf(settings, sizeof(settings), "incident_folder = \"%s\"\nbody_inline = 4\n",
                   stage_path(&h->stage, "incidents"));
    (void)house_open(state, settings);
    int guest = guest_come(h);
    for (uint64_t length = 4; length <= 5; length++) {
        say(h, guest, "POST /form HTTP/1.1\r\nHost: localhost\r\n");
        say(h, guest, length == 4 ? "Content-Length: 4\r\n\r\n1234" : "Content-Length: 5\r\n\r\n12345");
        job_lose(job_take(&h->stage.pools), (struct job_loss){0});
        struct saved_head head = saved(h);
        assert_string_equal(head.file, "form.so");
        assert_string_equal(head.folder, h->stage.config->plugin_folder);
        assert_int_equal(head.body, length == 4 ? 0 : length);
    }
    guest_go(h, guest);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        HOUSE_TEST(the_client_is_told_which_incident),
        HOUSE_TEST(the_connection_is_cut),
        HOUSE_TEST(of_too_many_incidents_less_is_told),
        HOUSE_TEST(the_author_is_shown_the_trace),
        HOUSE_TEST(without_a_report_nobody_waits),
        HOUSE_TEST(who_waits_for_a_trace_may_go),
        HOUSE_TEST(the_request_is_saved),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
