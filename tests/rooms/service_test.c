/* The service room alone: from a request to a job, and back to an answer, while generations come and go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "client/forward.h"
#include "generation/generation.h"
#include "house.h"
#include "http/method.h"
#include "pool/account.h"
#include "pool/plugin.h"
#include "pool/queue.h"
#include "wire/mailbox.h"
#include "wire/request.h"

enum { QUIET = 50 }; /* milliseconds, and more than watch_quiet */

static struct account *account(const struct house *h, const char *path) {
    return router_find(&h->stage.generations.serving->router, path)->account;
}

/* Nothing waits, and nothing is held. */
static void assert_idle(const struct house *h) {
    assert_int_equal(users(h), 0);
    assert_int_equal(retiring(h), 0);
    assert_int_equal(h->stage.generations.serving->pools[0].queued, 0);
}

/* ---- Who answers ---- */

static void nobody_answers(void **state) {
    static const struct {
        const char *request, *text, *in_development;
        int status;
    } cases[] = {
        {"GET /none", "Nothing is served at this path.\n", "answer at: /broken (broken), /hello (hello)\n", 404},
        {"GET /hellow", "Nothing is served at this path.\n", "served at this path.\n", 404},
        {"POST /hello", "Allow: GET, HEAD, OPTIONS\r\n", "Allow: GET, HEAD, OPTIONS\r\n", 405},
        {"OPTIONS /hello", "Allow: GET, HEAD, OPTIONS\r\n", "Allow: GET, HEAD, OPTIONS\r\n", 204},
        {"GET /broken", "Retry-After: 60\r\n", "Refresh: 1\r\n", 503},
        {"DELETE /broken/x", "that answers here cannot be loaded.\n", "\nno luck\n", 503},
    };
    for (int development = 0; development < 2; development++) {
        struct house *h = *state;
        plugin_put(&h->stage, "broken.so", "refused - no luck");
        (void)house_open(state, development ? "development = on\n" : "");
        int guest = guest_come(h);
        for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
            ask(h, guest, cases[i].request);
            assert_heard(guest, cases[i].status, development ? cases[i].in_development : cases[i].text);
            assert_idle(h);
        }
        guest_go(h, guest);
        (void)house_teardown(state);
        (void)house_setup(state);
    }
}

/* What a worker gets, and what comes back. */
static void a_plugin_answers(void **state) {
    struct house *h = house_open(state, "");
    unsigned char packed[4096];
    struct wire_field fields[1];
    struct wire_request request = {.fields = fields, .field_capacity = 1};
    int guest = guest_come(h);
    for (uint32_t n = 1; n <= 2; n++) {
        ask(h, guest, "GET /hello/a%20b?c=d");
        assert_int_equal(users(h), 1);
        struct job *job = job_take(&h->stage.pools);
        assert_int_equal(job->requests, n);
        assert_int_equal(job->body, -1);
        assert_int_equal(job->seat, n == 1 ? UINT32_MAX : 7);
        long length = h->service.events.pack(job, packed, sizeof(packed));
        assert_true(length > 0);
        assert_int_equal(wire_request_unpack(&request, packed, (size_t)length), 0);
        assert_string_equal(request.path + request.route_length, "/a b");
        assert_string_equal(request.query, "c=d");
        assert_int_equal(request.plugin, job->plugin->index);
        job->seat = 7;
        job_answer(job, "well");
        assert_heard(guest, 200, "\r\n\r\nwell");
        assert_idle(h);
        assert_int_equal(account(h, "/hello")->counters.requests, n);
    }
    guest_go(h, guest);
    assert_int_equal(fake.forgotten, 0); /* nobody has kept it */
}

/* The worker says that the answer is that of another path. */
static void job_forward(const struct house *h, struct job *job, const char *to) {
    const struct mailbox_answer answer = {.status = 200, .flags = ANSWER_FORWARD, .lying = strlen(to)};
    assert_int_equal(buffer_string(&job->text, to), 0);
    job->worker = NULL;
    h->service.events.answered(job, &answer, NULL, NULL, 0);
}

static void another_plugin_answers(void **state) {
    static const struct {
        const char *to, *text;
        int status;
    } ends[] = {
        {"/none", "Nothing is served at this path.\n", 404},
        {"/form", "Allow: POST", 405},
        {"hello", "could not answer this request.\n", 500},
        {"/a%", "could not answer this request.\n", 500},
        {"/a b", "could not answer this request.\n", 500},
        {"http://localhost/hello", "could not answer this request.\n", 500},
    };
    unsigned char packed[4096];
    struct wire_field fields[2];
    struct wire_request request = {.fields = fields, .field_capacity = 2};
    struct house *h = *state;
    plugin_put(&h->stage, "form.so", "serves form /form 1 POST");
    (void)house_open(state, "");
    int guest = guest_come(h);
    for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
        ask(h, guest, "GET /hello");
        job_forward(h, job_take(&h->stage.pools), ends[i].to);
        assert_heard(guest, ends[i].status, ends[i].text);
        assert_idle(h);
    }
    say(h, guest, "POST /form?a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\n1");
    job_forward(h, job_take(&h->stage.pools), "/hello/a%20b?c=d");
    assert_string_equal(heard(guest), "");
    struct job *job = job_take(&h->stage.pools);
    assert_int_equal(job->body, -1);
    long length = h->service.events.pack(job, packed, sizeof(packed));
    assert_int_equal(wire_request_unpack(&request, packed, (size_t)length), 0);
    assert_int_equal(request.method, METHOD_GET);
    assert_string_equal(request.target, "/form?a");
    assert_string_equal(request.path, "/hello/a b");
    assert_string_equal(request.query, "c=d");
    assert_string_equal(request.from, "/form");
    assert_int_equal(request.field_count, 1);
    assert_int_equal(request.body_length, 0);
    job_answer(job, "well");
    assert_heard(guest, 200, "well");
    assert_idle(h);
    guest_go(h, guest);
}

static void nobody_is_sent_on_for_ever(void **state) {
    struct house *h = house_open(state, "");
    int guest = guest_come(h);
    ask(h, guest, "GET /hello");
    for (int i = 0; i <= FORWARDS_MAX; i++) {
        assert_string_equal(heard(guest), "");
        job_forward(h, job_take(&h->stage.pools), "/hello");
    }
    assert_heard(guest, 500, "could not answer this request.\n");
    assert_idle(h);
    guest_go(h, guest);
}

static void who_keeps_a_connection_forgets_it(void **state) {
    struct house *h = house_open(state, "");
    int guest = guest_come(h);
    ask(h, guest, "GET /hello");
    struct job *job = job_take(&h->stage.pools);
    uint64_t number = job->connection;
    job->kept = true;
    job_answer(job, "");
    assert_int_equal(fake.forgotten, 0);
    guest_go(h, guest);
    assert_int_equal(fake.forgotten, number);
}

static void the_next_request_hurries(void **state) {
    struct house *h = house_open(state, "");
    int guest = guest_come(h);
    ask(h, guest, "GET /hello");
    struct job *job = job_take(&h->stage.pools);
    assert_false(h->service.events.hurried(job));
    ask(h, guest, "GET /none");
    assert_true(h->service.events.hurried(job));
    job_answer(job, "well");
    const char *both = heard(guest);
    assert_non_null(strstr(both, "well"));
    assert_non_null(strstr(both, " 404 "));
    guest_go(h, guest);
}

/* ---- Refusals of a pool ---- */

/* Of what is submitted, and of what has waited already. */
static void pools_refuse(void **state) {
    static const struct {
        enum refusal why;
        int status;
        const char *text;
    } cases[] = {
        {REFUSAL_FULL, 503, "Retry-After: 1\r\n"},
        {REFUSAL_LARGE, 431, "The request is longer than can be handed to a worker.\n"},
        {REFUSAL_QUARANTINE, 503, "The plugin that answers here has crashed too often. Try again later.\n"},
    };
    struct house *h = house_open(state, "");
    int guest = guest_come(h);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        fake.refusal = cases[i].why;
        ask(h, guest, "GET /hello");
        assert_heard(guest, cases[i].status, cases[i].text);
        assert_idle(h);
        ask(h, guest, "GET /hello");
        assert_string_equal(heard(guest), "");
        queue_refuse(&h->stage.pools, account(h, "/hello"), cases[i].why);
        assert_heard(guest, cases[i].status, cases[i].text);
        assert_idle(h);
    }
    guest_go(h, guest);
}

/* Before a body is read for nothing. */
static void quarantine_refuses_at_the_head(void **state) {
    struct house *h = *state;
    plugin_put(&h->stage, "form.so", "serves form /form 1 POST");
    (void)house_open(state, "");
    account(h, "/form")->quarantine.until = h->stage.now + 30000 * (uint64_t)MS;
    int guest = guest_come(h);
    say(h, guest, "POST /form HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n");
    assert_heard(guest, 503, "Retry-After: 30\r\n");
    assert_idle(h);
    guest_go(h, guest);
    guest = guest_come(h);
    h->stage.now += 30000 * (uint64_t)MS; /* it is the pool that lets one through, or not */
    say(h, guest, "POST /form HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\n1");
    assert_string_equal(heard(guest), "");
    job_answer(job_take(&h->stage.pools), "well");
    assert_heard(guest, 200, "well");
    guest_go(h, guest);
}

/* ---- Generations ---- */

/* What becomes of a request that has not been begun when another generation serves. */
static const struct {
    const char *says; /* hello.so then; NULL: it is removed */
    int status;       /* of the answer; 0: the new plugin gets the request */
    const char *text; /* of the answer, or the plugin's version */
} switches[] = {
    {"serves hello /hello 2", 0, "2"},
    {"serves bonjour /hello 3", 0, "3"},
    {"serves hello /moved 2", 0, "root"},
    {NULL, 0, "root"},
    {"serves hello /hello 2 POST", 405, "Allow: POST, OPTIONS\r\n"},
    {"serves hello /hello 2", 0, "2"},
    {"refused - no luck", 503, "Refresh: 1\r\n"},
};

static void generation_switch(struct house *h, const char *says) {
    if (says) {
        plugin_put(&h->stage, "hello.so", says);
    } else {
        plugin_remove(&h->stage, "hello.so");
    }
    house_later(h, QUIET);
}

static struct house *switches_open(void **state) {
    struct house *h = *state;
    plugin_put(&h->stage, "root.so", "serves root / root");
    return house_open(state, "development = on\n");
}

static void assert_switched(struct house *h, int guest, size_t i) {
    assert_int_equal(retiring(h), 0); /* nothing holds the old one any more */
    if (switches[i].status) {
        assert_heard(guest, switches[i].status, switches[i].text);
    } else {
        assert_string_equal(heard(guest), "");
        assert_int_equal(users(h), 1);
        struct job *job = job_take(&h->stage.pools);
        assert_string_equal(job->plugin->version, switches[i].text);
        job_answer(job, "well");
        assert_heard(guest, 200, "well");
    }
    assert_idle(h);
    guest_go(h, guest);
}

static void what_waits_goes_over(void **state) {
    struct house *h = switches_open(state);
    for (size_t i = 0; i < sizeof(switches) / sizeof(*switches); i++) {
        generation_switch(h, "serves hello /hello 1");
        int guest = guest_come(h);
        ask(h, guest, "GET /hello");
        assert_int_equal(users(h), 1);
        generation_switch(h, switches[i].says);
        assert_switched(h, guest, i);
    }
}

/* A request whose body still comes has a plugin already, and is not a job yet. */
static void what_is_received_goes_over(void **state) {
    struct house *h = switches_open(state);
    for (size_t i = 0; i < sizeof(switches) / sizeof(*switches); i++) {
        generation_switch(h, "serves hello /hello 1");
        int guest = guest_come(h);
        say(h, guest, "GET /hello HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n1");
        assert_int_equal(users(h), 1);
        generation_switch(h, switches[i].says);
        assert_int_equal(retiring(h), 1);
        say(h, guest, "2");
        assert_switched(h, guest, i);
    }
}

static void nothing_is_served_any_more(void **state) {
    struct house *h = house_open(state, "");
    int guest = guest_come(h);
    ask(h, guest, "GET /hello");
    generation_switch(h, NULL);
    assert_heard(guest, 404, "Nothing is served at this path.");
    assert_idle(h);
    guest_go(h, guest);
}

/* What a worker has begun it finishes, and its generation is there until then. */
static void what_is_begun_stays(void **state) {
    struct house *h = house_open(state, "");
    int guest = guest_come(h);
    ask(h, guest, "GET /hello");
    struct job *job = job_take(&h->stage.pools);
    generation_switch(h, "serves hello /hello 2");
    assert_int_equal(users(h), 0);
    assert_int_equal(retiring(h), 1);
    assert_string_equal(job->plugin->version, "1");
    job_answer(job, "well");
    assert_heard(guest, 200, "well");
    house_turn(h);
    assert_idle(h);
    guest_go(h, guest);
}

/* ---- Clients that do not wait ---- */

static void nobody_waits_for_what_is_cancelled(void **state) {
    struct house *h = house_open(state, "");
    int guest = guest_come(h);
    ask(h, guest, "GET /hello");
    guest_go(h, guest);
    assert_idle(h);
    assert_int_equal(h->clients.count, 0);
    assert_int_equal(h->record.counters.statuses[499], 1);
    guest = guest_come(h);
    ask(h, guest, "GET /hello");
    struct job *job = job_take(&h->stage.pools);
    guest_go(h, guest);
    assert_int_equal(users(h), 1); /* a worker has it: its answer will come */
    assert_int_equal(h->clients.count, 1);
    const struct mailbox_answer gone = {.status = 200, .flags = ANSWER_GONE};
    job->worker = NULL;
    h->service.events.answered(job, &gone, NULL, NULL, 0);
    assert_idle(h);
    assert_int_equal(h->clients.count, 0);
    assert_int_equal(h->record.counters.statuses[499], 2);
}

static void the_queue_has_a_time_limit(void **state) {
    struct house *h = house_open(state, "queue_timeout = 1s\n");
    int guests[2] = {guest_come(h), guest_come(h)};
    ask(h, guests[0], "GET /hello");
    struct job *job = job_take(&h->stage.pools);
    ask(h, guests[1], "GET /hello");
    house_later(h, 1000);
    assert_heard(guests[1], 503, "No worker was free in time.");
    assert_string_equal(heard(guests[0]), "");
    assert_int_equal(users(h), 1);
    job_answer(job, "well");
    assert_heard(guests[0], 200, "well");
    assert_idle(h);
    guest_go(h, guests[0]);
    guest_go(h, guests[1]);
}

/* In the end all are closed, whoever has their requests. */
static void all_can_be_closed(void **state) {
    struct house *h = house_open(state, "");
    int guests[2] = {guest_come(h), guest_come(h)};
    ask(h, guests[0], "GET /hello");
    say(h, guests[1], "GET /hello HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n1");
    assert_int_equal(users(h), 2);
    clients_end(h);
    assert_idle(h);
    assert_cut(guests[0]);
    assert_cut(guests[1]);
    close(guests[0]);
    close(guests[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        HOUSE_TEST(nobody_answers),
        HOUSE_TEST(a_plugin_answers),
        HOUSE_TEST(another_plugin_answers),
        HOUSE_TEST(nobody_is_sent_on_for_ever),
        HOUSE_TEST(who_keeps_a_connection_forgets_it),
        HOUSE_TEST(the_next_request_hurries),
        HOUSE_TEST(pools_refuse),
        HOUSE_TEST(quarantine_refuses_at_the_head),
        HOUSE_TEST(what_waits_goes_over),
        HOUSE_TEST(what_is_received_goes_over),
        HOUSE_TEST(nothing_is_served_any_more),
        HOUSE_TEST(what_is_begun_stays),
        HOUSE_TEST(nobody_waits_for_what_is_cancelled),
        HOUSE_TEST(the_queue_has_a_time_limit),
        HOUSE_TEST(all_can_be_closed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
