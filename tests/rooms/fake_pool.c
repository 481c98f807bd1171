/* The pool room, faked. */
#include "fake_pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "config/config.h"
#include "http/method.h"
#include "pool/account.h"
#include "pool/backtrace.h"
#include "pool/dispatch.h"
#include "pool/plugin.h"
#include "pool/queue.h"
#include "pool/report.h"
#include "pool/sticky.h"
#include "wire/mailbox.h"

enum { PID = 4711, TEXT = 256 };

struct fake fake;
static struct worker busy = {.pid = PID}; /* whoever has a job */

void fake_pools_open(struct pools *pools, struct loop *loop, const struct job_events *events) {
    fake = (struct fake){0};
    *pools = (struct pools){.loop = loop, .events = events};
    list_init(&pools->all);
    list_init(&pools->accounts);
}

void fake_pools_stop(struct pools *pools) {
    for (struct list *at = pools->all.next; at != &pools->all; at = at->next) {
        pool_retire(container_of(at, struct pool, link));
    }
}

void fake_pools_close(struct pools *pools) {
    assert_true(list_empty(&pools->all));
    accounts_free(&pools->accounts);
}

/* ---- A pool ---- */

int pool_open(struct pool *pool, const struct pool_plan *plan) {
    int error = fake.open_error;
    fake.open_error = 0;
    *pool = (struct pool){.pools = plan->pools,
                          .owner = plan->owner,
                          .data = plan->data,
                          .config = plan->config,
                          .own = plan->own,
                          .folder = plan->folder};
    list_init(&pool->turns);
    list_append(&plan->pools->all, &pool->link);
    return error;
}

void pool_close(struct pool *pool) {
    assert_true(pool_unused(pool));
    assert_true(list_empty(&pool->turns));
    list_remove(&pool->link);
    free(pool->folder);
    buffer_free(&pool->report);
}

void pool_serve(struct pool *pool) {
    assert_int_equal(pool->state, POOL_TRIAL);
    assert_true(pool->known);
    pool->state = POOL_SERVING;
    pool->ready = pool->own->workers;
}

/* Workers without a job end at once; who still has one is the test's to play, by pool->users. */
void pool_retire(struct pool *pool) {
    pool->state = POOL_RETIRING;
    pool->ready = 0;
}

void pool_hand_over(struct pool *pool) {
    assert_int_equal(pool->state, POOL_SERVING);
    queue_move(pool);
    pool_retire(pool);
}

bool pool_full(const struct pool *pool) {
    return pool->ready == pool->own->workers;
}

bool pool_unused(const struct pool *pool) {
    return pool->ready == 0 && pool->users == 0;
}

/* ---- Canaries ---- */

static void plugin_report(struct pool *pool, const struct wire_plugin *told) {
    unsigned char message[CHANNEL_MESSAGE_MAX];
    long length = wire_plugin_pack(told, message);
    assert_true(length > 0 && pool->report_count < REPORTS_MAX);
    pool->spoiled |= told->reason != NULL;
    pool->report_at[pool->report_count++] = pool->report.length;
    assert_int_equal(buffer_append(&pool->report, message, (size_t)length), 0);
}

int report_plugin(const struct pool *pool, uint32_t place, struct wire_plugin *told) {
    if (place >= pool->report_count) {
        return -EPROTO;
    }
    size_t begin = pool->report_at[place];
    size_t end = place + 1 < pool->report_count ? pool->report_at[place + 1] : pool->report.length;
    return wire_plugin_unpack(told, pool->report.data + begin, end - begin);
}

static void file_read(const char *folder, const char *file, char text[TEXT]) {
    char path[512];
    (void)snprintf(path, sizeof(path), "%s/%s", folder, file);
    FILE *in = fopen(path, "re");
    assert_non_null(in);
    text[fread(text, 1, TEXT - 1, in)] = '\0';
    assert_int_equal(fclose(in), 0);
}

/* False: it has killed the canary. */
static bool file_load(struct pool *pool, const char *file) {
    char text[TEXT];
    char name[TEXT];
    char route[TEXT];
    char rest[TEXT];
    char methods[TEXT] = "GET";
    file_read(pool->folder, file, text);
    if (strcmp(text, "dies") == 0) {
        return false;
    }
    struct wire_plugin told = {.file = file};
    if (sscanf(text, "serves %255s %255s %255s %255[^\n]", name, route, rest, methods) >= 3) {
        told.name = name;
        told.route = route;
        told.version = rest;
        assert_int_equal(http_methods_parse(methods, &told.methods), 0);
    } else if (sscanf(text, "refused %255s %255[^\n]", route, rest) == 2) {
        told.route = strcmp(route, "-") == 0 ? NULL : route;
        told.reason = rest;
    } else {
        told.reason = "this is no plugin";
    }
    plugin_report(pool, &told);
    return true;
}

static int is_plugin(const struct dirent *entry) {
    return entry->d_name[0] != '.';
}

void canary_run(struct pool *pool) {
    struct dirent **files;
    struct worker killed = {0};
    int count = scandir(pool->folder, &files, is_plugin, alphasort);
    assert_true(count >= 0);
    for (int i = 0; i < count; i++) {
        if (!killed.loading[0] && !file_load(pool, files[i]->d_name)) {
            (void)snprintf(killed.loading, sizeof(killed.loading), "%s", files[i]->d_name);
        }
        free(files[i]);
    }
    free(files);
    if (killed.loading[0]) {
        worker_stillborn(pool, killed, false);
    } else {
        pool->ready = 1;
        pool->known = true;
        pool->owner->known(pool);
    }
}

static struct pool *pool_tried(const struct pools *pools) {
    for (struct list *at = pools->all.next; at != &pools->all; at = at->next) {
        struct pool *pool = container_of(at, struct pool, link);
        if (pool->state == POOL_TRIAL && !pool->known) {
            return pool;
        }
    }
    return NULL;
}

unsigned canaries_run(struct pools *pools) {
    unsigned count = 0;
    for (struct pool *pool = pool_tried(pools); pool; pool = pool_tried(pools)) {
        canary_run(pool);
        count++;
    }
    return count;
}

void worker_stillborn(struct pool *pool, struct worker worker, bool foreign) {
    const struct pool_stillborn death = {.worker = &worker, .wait_status = SIGABRT, .foreign = foreign};
    worker.pool = pool;
    worker.pid = PID;
    pool->owner->stillborn(pool, &death);
}

bool backtrace_begin(const struct worker *worker, const char *label, uint64_t id) {
    assert_int_equal(worker->pid, PID);
    (void)snprintf(fake.label, sizeof(fake.label), "%s", label);
    fake.incident = id;
    return fake.reports;
}

/* ---- Jobs ---- */

enum refusal dispatch_submit(struct job *job) {
    enum refusal refusal = fake.refusal;
    fake.refusal = REFUSAL_NONE;
    assert_int_equal(job->plugin->pool->state, POOL_SERVING);
    assert_false(job->queued);
    if (refusal == REFUSAL_NONE) {
        queue_append(job);
    }
    return refusal;
}

bool dispatch_cancel(struct job *job) {
    if (job->queued) {
        queue_remove(job);
        return true;
    }
    return false;
}

void dispatch_end(struct job *job) {
    (void)dispatch_cancel(job);
}

void sticky_forget(struct pools *pools, uint64_t connection) {
    (void)pools;
    fake.forgotten = connection;
}

struct job *job_take(struct pools *pools) {
    for (struct list *at = pools->all.next; at != &pools->all; at = at->next) {
        struct job *job = queue_next(container_of(at, struct pool, link));
        if (job) {
            queue_remove(job);
            job->worker = &busy;
            job->pid = busy.pid;
            return job;
        }
    }
    fail_msg("no job waits");
    return NULL;
}

void job_answer(struct job *job, const char *text) {
    const struct job_events *events = job->plugin->pool->pools->events;
    char out[TEXT];
    int head = snprintf(out, sizeof(out), "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", strlen(text));
    int length = head + snprintf(out + head, sizeof(out) - (size_t)head, "%s", text);
    assert_int_equal(send(job->fd, out, (size_t)length, MSG_NOSIGNAL), length);
    const struct mailbox_answer answer = {
        .status = 200, .flags = ANSWER_KEEP, .head = (uint64_t)head, .sent = (uint64_t)length};
    job->worker = NULL;
    events->answered(job, &answer, NULL, NULL, 0);
}

void job_lose(struct job *job, struct job_loss how) {
    const struct job_events *events = job->plugin->pool->pools->events;
    how.worker = &busy;
    how.wait_status = SIGSEGV;
    how.others = "";
    job->worker = NULL;
    if (!how.stopping) {
        events->died(job, &how);
    }
    events->lost(job, &how);
}
