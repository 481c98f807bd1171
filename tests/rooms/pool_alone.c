/* The pool room alone. */
#include "pool_alone.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "pool/backtrace.h"

enum { TEXT_SIZE = 1 << 16, REQUESTS_MAX = 512, TURNS_MAX = 20 };

struct room room;

static uint64_t now;
static char told[TEXT_SIZE], told_before[TEXT_SIZE], logged[TEXT_SIZE];
static struct request *requests[REQUESTS_MAX];
static size_t request_count;
static size_t descriptors_before;

uint64_t clock_now(void) {
    return now;
}

int64_t clock_seconds(void) {
    return (int64_t)(now / NS_PER_SECOND);
}

/* ---- What is told ---- */

__attribute__((format(printf, 1, 2))) static void tell(const char *format, ...) {
    size_t length = strlen(told);
    va_list args;
    if (length > 0) {
        length += (size_t)snprintf(told + length, sizeof(told) - length, ", ");
    }
    va_start(args, format);
    vsnprintf(told + length, sizeof(told) - length, format, args);
    va_end(args);
}

const char *room_told(void) {
    memcpy(told_before, told, sizeof(told));
    told[0] = '\0';
    return told_before;
}

bool room_logged(const char *text) {
    return strstr(logged, text) != NULL;
}

static void line_keep(void *data, enum log_level level, const char *line, size_t length) {
    (void)data;
    (void)level;
    size_t at = strlen(logged);
    snprintf(logged + at, sizeof(logged) - at, "%.*s\n", (int)length, line);
}

/* ---- struct job_events ---- */

static struct request *request_of(struct job *job) {
    return container_of(job, struct request, job);
}

static long job_pack(struct job *job, unsigned char *to, size_t capacity) {
    const struct request *r = request_of(job);
    if (r->size > capacity) {
        return -EMSGSIZE;
    }
    memset(to, r->name[0], r->size);
    return (long)r->size;
}

static bool job_hurried(struct job *job) {
    return request_of(job)->hurried;
}

static bool job_renew(struct job *job) {
    struct request *r = request_of(job);
    tell("renewed %s", r->name);
    job->plugin = r->heir; /* as when nobody serves it any more: there is no plugin then */
    return job->plugin != NULL;
}

static void job_answered(struct job *job, const struct mailbox_answer *answer, const struct wire_tail *tail,
                         const int *fds, size_t count) {
    struct request *r = request_of(job);
    r->answer = *answer;
    r->fd_count = count;
    memcpy(r->fds, fds, count * sizeof(*fds));
    if (tail) {
        r->tail = *tail;
    }
    tell("answered %s %u%s", r->name, answer->status, tail ? " and more" : "");
}

static void job_refused(struct job *job, enum refusal why) {
    static const char *const names[] = {
        [REFUSAL_FULL] = "full", [REFUSAL_LARGE] = "large", [REFUSAL_QUARANTINE] = "quarantine"};
    tell("refused %s %s", request_of(job)->name, names[why]);
}

static const char *loss_text(const struct job *job, const struct job_loss *loss) {
    static char text[64];
    assert_int_equal(loss->worker->pid, job->pid);
    assert_int_equal(loss->wait_status, fake_child(job->pid)->status);
    snprintf(text, sizeof(text), "%s%s%s", loss->outran ? " outran" : "", loss->touched ? " touched" : "",
             loss->stopping ? " stopping" : "");
    return text;
}

static void job_died(struct job *job, const struct job_loss *loss) {
    const struct request *r = request_of(job);
    if (r->incident) {
        assert_true(backtrace_begin(loss->worker, "trace", r->incident));
    }
    tell("died %s%s", r->name, loss_text(job, loss));
}

static void job_lost(struct job *job, const struct job_loss *loss) {
    tell("lost %s%s", request_of(job)->name, loss_text(job, loss));
}

static void incident_traced(void *data, uint64_t incident) {
    assert_ptr_equal(data, &room);
    tell("traced %llu", (unsigned long long)incident);
}

static const struct job_events events = {.pack = job_pack,
                                         .hurried = job_hurried,
                                         .renew = job_renew,
                                         .answered = job_answered,
                                         .refused = job_refused,
                                         .died = job_died,
                                         .lost = job_lost,
                                         .traced = incident_traced,
                                         .data = &room};

/* ---- struct pool_owner ---- */

static void pool_known(struct pool *pool) {
    assert_int_equal(pool->ready, 1);
    tell("known");
}

static void pool_stillborn(struct pool *pool, const struct pool_stillborn *death) {
    const struct worker *w = death->worker;
    assert_ptr_equal(w->pool, pool);
    assert_int_equal(death->wait_status, fake_child(w->pid)->status);
    tell("stillborn%s%s%s%s", w->loading[0] ? " loading " : "", w->loading, death->foreign ? " foreign" : "",
         w->outran ? " outran" : "");
}

static bool pool_whole(const struct pool *pool) {
    (void)pool;
    return true;
}

static const struct pool_owner owner = {.known = pool_known, .stillborn = pool_stillborn, .whole = pool_whole};

/* ---- Time ---- */

/* False: there is something to do at once. */
static bool turn_once(void) {
    bool rest = pools_sleep(&room.pools) && pools_next(&room.pools) > now;
    loop_wait(&room.loop, 0);
    pools_wake(&room.pools);
    loop_run(&room.loop);
    rest = rest && room.loop.count == 0;
    pools_turn(&room.pools);
    pools_sweep(&room.pools);
    return rest;
}

void turn(void) {
    for (int i = 0; !turn_once(); i++) {
        assert_true(i < TURNS_MAX); /* else the master would spin */
    }
}

void pass_us(uint64_t us) {
    now += us * NS_PER_US;
    turn();
}

void pass_ms(uint64_t ms) {
    pass_us(ms * 1000);
}

void pass_until_next(uint64_t ms) {
    assert_int_equal(pools_next(&room.pools), now + ms * NS_PER_MS);
    pass_ms(ms);
}

/* ---- Pools ---- */

struct pool *pool_begin(void) {
    static char names[ROOM_PLUGINS][8] = {"hello", "other"};
    struct pool *pool = &room.pool[room.pool_count];
    const struct pool_plan plan = {.pools = &room.pools,
                                   .owner = &owner,
                                   .config = &room.config,
                                   .own = &room.config.main,
                                   .folder = strdup("/plugins")};
    assert_true(room.pool_count < ROOM_POOLS);
    assert_int_equal(pool_open(pool, &plan), 0);
    for (uint32_t i = 0; i < ROOM_PLUGINS; i++) {
        room.plugins[room.pool_count][i] = (struct plugin){.pool = pool,
                                                           .account = account_of(&room.pools.accounts, names[i]),
                                                           .index = i,
                                                           .name = names[i],
                                                           .timeout_ms = 1000};
    }
    room.pool_count++;
    turn();
    return pool;
}

void fake_reports(struct fake_worker *w) {
    fake_is_started(w);
    const struct wire_plugin hello = {.file = "hello.so", .name = "hello", .route = "/hello", .methods = {.known = 3}};
    const struct wire_plugin other = {.file = "other.so", .name = "other", .route = "/other", .methods = {.known = 3}};
    fake_says_loading(w, "hello.so");
    fake_says_plugin(w, &hello);
    fake_says_loading(w, "other.so");
    fake_says_plugin(w, &other);
    fake_says_ready(w);
}

void workers_report(size_t from) {
    for (size_t i = from, count = fake_workers(); i < count; i++) {
        fake_reports(fake_worker(i));
        turn();
    }
}

void pool_serves(uint32_t workers) {
    room.config.main.workers = workers;
    struct pool *pool = pool_begin();
    workers_report(0);
    assert_told("known");
    pool_serve(pool);
    turn();
    for (size_t from = 1, next; from < fake_workers(); from = next) {
        next = fake_workers();
        workers_report(from);
    }
}

/* ---- Requests ---- */

struct request *request_new(const char *name, size_t plugin) {
    struct request *r = calloc(1, sizeof(*r));
    assert_true(r && request_count < REQUESTS_MAX);
    requests[request_count++] = r;
    job_init(&r->job);
    r->name = name;
    r->size = 100;
    r->heir = &room.plugins[0][plugin];
    r->job.plugin = r->heir;
    r->job.fd = room.client;
    r->job.connection = request_count;
    r->job.requests = 1;
    return r;
}

enum refusal submitted(struct request *r) {
    return dispatch_submit(&r->job);
}

struct request *given(const char *name) {
    struct request *r = request_new(name, 0);
    assert_int_equal(submitted(r), REFUSAL_NONE);
    return r;
}

struct fake_worker *taker(const struct request *r) {
    assert_non_null(r->job.worker);
    return fake_of(r->job.pid);
}

void takes(struct fake_worker *w, const struct request *r) {
    fake_takes(w);
    assert_int_equal(w->slot->length, r->size);
    assert_int_equal(*mailbox_request(&w->box, w->post.slot), r->name[0]);
}

/* ---- Before and after ---- */

static size_t descriptors(void) {
    size_t count = 0;
    DIR *folder = opendir("/proc/self/fd");
    assert_non_null(folder);
    while (readdir(folder)) {
        count++;
    }
    closedir(folder);
    return count;
}

int room_begin(void **state) {
    static char all[] = "all";
    static char nobody[] = "";
    static char spool[] = "/spool";
    (void)state;
    descriptors_before = descriptors();
    now = 1000 * NS_PER_SECOND;
    told[0] = logged[0] = '\0';
    request_count = 0; /* in case that the test before has failed */
    fake_workers_clear();
    fake_children_clear();
    log_to(line_keep, NULL);
    log_set_level(LOG_INFO);
    room = (struct room){.config = {.main = {.workers = 1, .user = nobody, .needs = all},
                                    .spool_folder = spool,
                                    .mailbox_slots = 4,
                                    .queue_length = 4,
                                    .queue_total = 64,
                                    .start_timeout_ms = 10000,
                                    .crash_window_ms = 60000,
                                    .quarantine_ms = 10000}};
    room.client = memfd_create("client", MFD_CLOEXEC);
    assert_int_equal(loop_open(&room.loop), 0);
    children_init(&room.children, &room.loop);
    pools_open(&room.pools, &room.loop, &room.children, &room.record, &events);
    return 0;
}

static void requests_free(void) {
    for (size_t i = 0; i < request_count; i++) {
        struct request *r = requests[i];
        assert_true(!r->job.queued && !r->job.worker);
        for (size_t k = 0; k < r->fd_count; k++) {
            fd_close(&r->fds[k]);
        }
        free(r);
    }
    request_count = 0;
}

static void queued_cancel(void) {
    for (size_t i = 0; i < request_count; i++) {
        if (requests[i]->job.queued) {
            assert_true(dispatch_cancel(&requests[i]->job));
        }
    }
}

int room_end(void **state) {
    (void)state;
    pools_stop(&room.pools);
    for (size_t i = 0; i < fake_workers(); i++) {
        if (!fake_worker(i)->over) {
            fake_dies(fake_worker(i), SIGKILL);
        }
    }
    turn();
    assert_true(pools_empty(&room.pools));
    queued_cancel();
    requests_free();
    while (room.pool_count > 0) {
        pool_close(&room.pool[--room.pool_count]);
    }
    pools_close(&room.pools);
    incidents_free(&room.record.incidents);
    loop_close(&room.loop);
    fd_close(&room.client);
    fake_workers_clear();
    fake_children_clear();
    assert_int_equal(descriptors(), descriptors_before);
    return 0;
}
