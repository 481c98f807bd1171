/* The pool room, sticky connections: a descriptor goes by message until the worker keeps it. */
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "pool/sticky.h"
#include "pool_alone.h"

enum { PLACES = 8 };

/* A client's connection; it is known again by its file. */
struct client {
    int fd;
    uint64_t number;
    uint32_t requests;
};

static struct client client_new(uint64_t number) {
    struct client c = {.fd = memfd_create("client", MFD_CLOEXEC), .number = number};
    assert_true(c.fd >= 0);
    return c;
}

static void client_goes(struct client *c) {
    sticky_forget(&room.pools, c->number);
    fd_close(&c->fd);
}

static void sticky_serves(uint32_t workers) {
    room.config.main.sticky_connections = PLACES;
    pool_serves(workers);
}

static bool same_file(int a, int b) {
    struct stat one, two;
    return fstat(a, &one) == 0 && fstat(b, &two) == 0 && one.st_ino == two.st_ino;
}

/* Its next request, with a body or without, to that seat. */
static struct request *asked(struct client *c, int body, uint32_t seat) {
    struct request *r = request_new("a", 0);
    r->job.fd = c->fd;
    r->job.body = body;
    r->job.connection = c->number;
    r->job.requests = ++c->requests;
    r->job.seat = seat;
    assert_int_equal(submitted(r), REFUSAL_NONE);
    return r;
}

enum way { COMES, COMES_TO_STAY, IS_THERE };

/* Its worker has taken it: on the right connection, which came in that way. */
static void assert_came(const struct client *c, const struct request *r, enum way way) {
    struct fake_worker *w = taker(r);
    takes(w, r);
    assert_true(same_file(w->connection, c->fd));
    assert_int_equal(w->by_message, way != IS_THERE);
    assert_int_equal(w->slot->handle != HANDLE_NONE, way != COMES);
}

static void goes_through(struct client *c, enum way way) {
    struct request *r = asked(c, -1, 0);
    struct fake_worker *w = taker(r);
    assert_came(c, r, way);
    fake_answers(w, 200);
    turn();
    assert_told("answered a 200");
    assert_int_equal(r->job.kept, way != COMES);
}

static size_t kept_by(const struct fake_worker *w) {
    size_t count = 0;
    for (size_t i = 0; i < HANDLES_MAX; i++) {
        count += w->kept[i] >= 0;
    }
    return count;
}

static void second_request_brings_it_to_stay(void **state) {
    (void)state;
    sticky_serves(1);
    struct client c = client_new(42);
    static const enum way ways[] = {COMES, COMES_TO_STAY, IS_THERE, IS_THERE};
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        goes_through(&c, ways[i]);
        assert_int_equal(kept_by(fake_worker(0)), ways[i] != COMES);
    }
    client_goes(&c);
    fake_forgets(fake_worker(0));
    assert_int_equal(kept_by(fake_worker(0)), 0);
}

static void sleeping_worker_is_called_to_forget(void **state) {
    (void)state;
    sticky_serves(1);
    struct client c = client_new(42);
    goes_through(&c, COMES);
    goes_through(&c, COMES_TO_STAY);
    fake_begin(fake_worker(0), fake_step_forget, NULL);
    fake_await_sleep(fake_worker(0));
    client_goes(&c);
    fake_await(fake_worker(0));
    assert_int_equal(kept_by(fake_worker(0)), 0);
}

static void each_worker_keeps_its_own(void **state) {
    (void)state;
    sticky_serves(2);
    struct client c = client_new(42);
    goes_through(&c, COMES);
    goes_through(&c, COMES_TO_STAY);
    struct request *r = asked(&c, -1, 1);
    assert_ptr_equal(taker(r), fake_worker(1));
    assert_came(&c, r, COMES_TO_STAY);
    fake_answers(taker(r), 200);
    turn();
    assert_told("answered a 200");
    goes_through(&c, IS_THERE);
    client_goes(&c);
    fake_forgets(fake_worker(0));
    fake_forgets(fake_worker(1));
    assert_int_equal(kept_by(fake_worker(0)) + kept_by(fake_worker(1)), 0);
}

/* The message that brings the body brings it, too; what is kept stays. */
static void body_brings_it_along(void **state) {
    (void)state;
    sticky_serves(1);
    struct client c = client_new(42);
    goes_through(&c, COMES);
    goes_through(&c, COMES_TO_STAY);
    struct request *r = asked(&c, room.client, 0);
    assert_came(&c, r, COMES);
    assert_true(same_file(taker(r)->body, room.client));
    fake_answers(taker(r), 200);
    turn();
    assert_told("answered a 200");
    goes_through(&c, IS_THERE);
    client_goes(&c);
}

/* Both have the same place: who has used it since the other one wanted it stays there. */
static void place_goes_to_who_uses_it(void **state) {
    (void)state;
    sticky_serves(1);
    struct client c = client_new(42);
    struct client d = client_new(42 + PLACES);
    goes_through(&c, COMES);
    goes_through(&c, COMES_TO_STAY);
    goes_through(&c, IS_THERE);
    goes_through(&d, COMES);
    goes_through(&d, COMES);
    goes_through(&c, IS_THERE);
    goes_through(&d, COMES);
    goes_through(&d, COMES_TO_STAY);
    goes_through(&d, IS_THERE);
    goes_through(&c, COMES);
    assert_int_equal(kept_by(fake_worker(0)), 1);
    client_goes(&c); /* it is not kept any more: nothing is forgotten */
    goes_through(&d, IS_THERE);
    client_goes(&d);
}

static void place_is_not_taken_from_a_request_that_needs_it(void **state) {
    (void)state;
    sticky_serves(1);
    struct client c = client_new(42);
    struct client d = client_new(42 + PLACES);
    goes_through(&d, COMES);
    goes_through(&c, COMES);
    goes_through(&c, COMES_TO_STAY);
    struct request *first = asked(&c, -1, 0);
    struct request *second = asked(&d, -1, 0);
    struct request *third = asked(&d, -1, 0);
    const struct {
        struct client *client;
        struct request *request;
        enum way way;
    } order[] = {{&c, first, IS_THERE}, {&d, second, COMES}, {&d, third, COMES}};
    for (size_t i = 0; i < 3; i++) {
        assert_came(order[i].client, order[i].request, order[i].way);
        fake_answers(fake_worker(0), 200);
    }
    turn();
    assert_told("answered a 200, answered a 200, answered a 200");
    client_goes(&c);
    client_goes(&d);
}

/* The message that would bring it lies in the channel, and is dropped: nothing may be believed to be kept. */
static void request_that_is_taken_back_leaves_nothing(void **state) {
    (void)state;
    sticky_serves(1);
    struct client c = client_new(42);
    goes_through(&c, COMES);
    struct request *r = asked(&c, -1, 0);
    assert_true(dispatch_cancel(&r->job));
    goes_through(&c, COMES_TO_STAY);
    r = asked(&c, -1, 0);
    assert_true(dispatch_cancel(&r->job)); /* this one brought nothing */
    goes_through(&c, IS_THERE);
    client_goes(&c);
}

static void nothing_is_kept_where_that_is_off(void **state) {
    (void)state;
    pool_serves(1);
    struct client c = client_new(42);
    for (size_t i = 0; i < 3; i++) {
        goes_through(&c, COMES);
    }
    client_goes(&c);
    assert_false(forgets_pending(&fake_worker(0)->box.shared->forgets));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        room_test(second_request_brings_it_to_stay),
        room_test(sleeping_worker_is_called_to_forget),
        room_test(each_worker_keeps_its_own),
        room_test(body_brings_it_along),
        room_test(place_goes_to_who_uses_it),
        room_test(place_is_not_taken_from_a_request_that_needs_it),
        room_test(request_that_is_taken_back_leaves_nothing),
        room_test(nothing_is_kept_where_that_is_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
