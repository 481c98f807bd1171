/*
 * The pool room alone: its workers are threads (fake_worker.h), its clock is set by the test, and what it tells upwards
 * is written down as a text, "died a, lost a", so that a test sees what has come, how often and in which order.
 */
#ifndef ROOMS_POOL_ALONE_H
#define ROOMS_POOL_ALONE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config/config.h"
#include "fake_child.h"
#include "fake_worker.h"
#include "pool/account.h"
#include "pool/dispatch.h"
#include "pool/job.h"
#include "pool/plugin.h"
#include "pool/pool.h"
#include "pool/pools.h"
#include "pool/worker.h"
#include "record/record.h"
#include "wire/channel.h"
#include "wire/mailbox.h"
#include "wire/message.h"

enum { ROOM_POOLS = 2, ROOM_PLUGINS = 2, ROOM_FDS = 64 };

struct room {
    struct config config; /* with the pool's part in config.main; set before it is opened */
    struct loop loop;
    struct children children;
    struct record record;
    struct pools pools;
    struct pool pool[ROOM_POOLS];
    size_t pool_count;
    struct plugin plugins[ROOM_POOLS][ROOM_PLUGINS]; /* "hello" and "other", as each pool has them */
    int client;                                      /* what requests are answered on if nothing else is said */
};
extern struct room room;

/* Before and after each test. Afterwards no worker, job or descriptor may be left. */
int room_begin(void **state);
int room_end(void **state);

#define room_test(test) cmocka_unit_test_setup_teardown(test, room_begin, room_end)

/* ---- Time ---- */

/* The room's turns, without waiting, until nothing is left to do now. */
void turn(void);

/* The clock goes on, and what is due then is done. */
void pass_us(uint64_t us);
void pass_ms(uint64_t ms);

/* The clock goes on to when the room wants to be woken, which is in so many milliseconds. */
void pass_until_next(uint64_t ms);

/* ---- Pools ---- */

/* The next pool is opened; its first worker has been started. */
struct pool *pool_begin(void);

/* A worker that was just started loads its plugins and is ready. */
void fake_reports(struct fake_worker *worker);

/* The first pool, with so many workers, which serves; worker number n is fake_worker(n). */
void pool_serves(uint32_t workers);

/* The workers that have been started until now, from that number on, are ready. */
void workers_report(size_t from);

/* ---- Requests ---- */

struct request {
    struct job job;
    const char *name;
    size_t size;         /* bytes of it, packed */
    bool hurried;        /* its client waits to be served further */
    struct plugin *heir; /* which takes it when it is renewed; NULL: none */
    uint64_t incident;   /* what its worker's crash is traced as; 0: it is not */
    struct mailbox_answer answer;
    struct wire_tail tail;
    int fds[CHANNEL_FDS_MAX]; /* of the tail */
    size_t fd_count;
};

/* One for that plugin of the first pool, by a client of its own. */
struct request *request_new(const char *name, size_t plugin);

/* One for "hello" that is submitted, and is taken. */
struct request *given(const char *name);

/* Submits it. */
enum refusal submitted(struct request *request);

/* The worker that has it. */
struct fake_worker *taker(const struct request *request);

/* The worker takes its next request, which is this one. */
void takes(struct fake_worker *worker, const struct request *request);

/* ---- What the room has told ---- */

/* Since it was asked last, nothing else. "": nothing. */
#define assert_told(text) assert_string_equal(room_told(), text)
const char *room_told(void);

/* Whether that is in the log. */
bool room_logged(const char *text);

#endif
