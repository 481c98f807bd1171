/* What a worker is told when it starts, and what it tells of its plugins. */
#include "master/report.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "master/pool.h"
#include "wire/channel.h"
#include "wire/message.h"

enum { SEND_TURN = 1 << 20 };

static int options_gather(const struct config *config, struct wire_start *start) {
    for (size_t i = 0; i < config->plugin_count; i++) {
        const struct config_plugin *p = &config->plugins[i];
        for (size_t j = 0; j < p->option_count; j++) {
            if (start->option_count == WIRE_OPTIONS_MAX) {
                return -E2BIG;
            }
            start->options[start->option_count++] =
                (struct wire_option){.plugin = p->name, .name = p->options[j].name, .value = p->options[j].value};
        }
    }
    return 0;
}

int report_begin(struct worker *w) {
    const struct pool *pool = w->pool;
    const struct config *config = pool->config;
    struct wire_start start = {.folder = pool->folder,
                               .spool = config->spool_folder,
                               .response_limit = config->response_limit,
                               .send_turn = SEND_TURN,
                               .log_level = (uint32_t)config->log_level,
                               .skip_count = pool->skip_count};
    int error = options_gather(config, &start);
    if (error) {
        return error;
    }
    for (uint32_t i = 0; i < pool->skip_count; i++) {
        start.skips[i] = pool->skips[i];
    }
    unsigned char message[CHANNEL_MESSAGE_MAX];
    long length = wire_start_pack(&start, message);
    return length < 0 ? (int)length : channel_send(w->ties.channel, message, (size_t)length, NULL, 0);
}

/* ---- The first report ---- */

static bool is_skipped(const struct pool *pool, const char *file) {
    for (uint32_t i = 0; i < pool->skip_count; i++) {
        if (strcmp(pool->skips[i], file) == 0) {
            return true;
        }
    }
    return false;
}

static const struct config_plugin *configured(const struct config *config, const char *name) {
    for (size_t i = 0; i < config->plugin_count; i++) {
        if (strcmp(config->plugins[i].name, name) == 0) {
            return &config->plugins[i];
        }
    }
    return NULL;
}

/* The configuration's word goes before the manifest's, and that before the server's default. */
static void contract_complete(const struct config *config, struct wire_plugin *p) {
    static const struct config_plugin silent;
    const struct config_plugin *said = configured(config, p->name);
    said = said ? said : &silent;
    p->timeout_ms = said->timeout_ms ? said->timeout_ms : p->timeout_ms ? p->timeout_ms : config->handler_timeout_ms;
    p->body_limit = said->body_limit ? said->body_limit : p->body_limit ? p->body_limit : config->body_limit;
    p->concurrency = said->concurrency ? said->concurrency : p->concurrency;
}

static int plugin_learn(struct pool *pool, const struct wire_plugin *told, const void *message, size_t length) {
    if (pool->report_count == sizeof(pool->report_at) / sizeof(pool->report_at[0])) {
        return -EPROTO;
    }
    if (told->reason && !is_skipped(pool, told->file)) {
        log_line(LOG_ERROR, "plugin %s is not served: %s", told->file, told->reason);
    } else if (!told->reason) {
        struct wire_plugin p = *told;
        contract_complete(pool->config, &p);
        int error = router_add(pool->router, &p, pool->report_count);
        if (error) {
            return error;
        }
        log_line(LOG_INFO, "plugin %s serves %s", told->file, told->route);
    }
    pool->report_at[pool->report_count++] = pool->report.length;
    return buffer_append(&pool->report, message, length);
}

void report_withdraw(struct pool *pool, uint32_t place) {
    for (size_t i = 0; i < pool->router->count; i++) {
        struct plugin *p = &pool->router->plugins[i];
        p->withdrawn |= p->index == place;
    }
}

/* ---- Every further report ---- */

static int plugin_compare(const struct worker *w, const struct wire_plugin *told, const void *message, size_t length) {
    const struct pool *pool = w->pool;
    if (w->reported >= pool->report_count) {
        return -EPROTO;
    }
    size_t begin = pool->report_at[w->reported];
    if (told->reason && is_skipped(pool, told->file)) {
        return 0;
    }
    size_t end = w->reported + 1 < pool->report_count ? pool->report_at[w->reported + 1] : pool->report.length;
    return end - begin == length && memcmp(pool->report.data + begin, message, length) == 0 ? 0 : -EPROTO;
}

static int plugin_told(struct worker *w, const void *message, size_t length) {
    struct wire_plugin told;
    int error = wire_plugin_unpack(&told, message, length);
    if (!error) {
        error =
            w->pool->known ? plugin_compare(w, &told, message, length) : plugin_learn(w->pool, &told, message, length);
        if (error && w->pool->known) {
            log_line(LOG_ERROR, "worker %d tells of %s otherwise than the first worker did%s%s", (int)w->ties.pid,
                     told.file, told.reason ? ": " : "", told.reason ? told.reason : "");
        }
    }
    w->reported++;
    w->loading[0] = '\0';
    return error;
}

static int loading_told(struct worker *w, const void *message, size_t length) {
    const char *file;
    int error = wire_loading_unpack(&file, message, length);
    if (!error) {
        int n = snprintf(w->loading, sizeof(w->loading), "%s", file);
        error = n > 0 && (size_t)n < sizeof(w->loading) ? 0 : -EPROTO;
    }
    return error;
}

static int ready_told(struct worker *w, const void *message, size_t length) {
    int error = wire_ready_unpack(message, length);
    if (!error && w->pool->known && w->reported != w->pool->report_count) {
        error = -EPROTO;
    }
    return error ? error : REPORT_READY;
}

/* The messages that a starting worker may send; none carries a descriptor. */
static int (*const accepted[WIRE_KINDS])(struct worker *w, const void *message, size_t length) = {
    [WIRE_LOADING] = loading_told,
    [WIRE_PLUGIN] = plugin_told,
    [WIRE_READY] = ready_told,
};

int report_receive(struct worker *w) {
    unsigned char message[CHANNEL_MESSAGE_MAX];
    int fds[CHANNEL_FDS_MAX];
    size_t count;
    ssize_t length = channel_receive(w->ties.channel, message, sizeof(message), fds, &count);
    if (length == -EAGAIN || length == 0) {
        return REPORT_NOTHING; /* the end of the channel is the end of the process, which its pidfd tells */
    }
    for (size_t i = 0; i < count; i++) {
        close(fds[i]);
    }
    if (length < 0 || count > 0) {
        return -EPROTO;
    }
    uint32_t kind = wire_kind(message, (size_t)length);
    if (kind >= WIRE_KINDS || !accepted[kind]) {
        return -EPROTO;
    }
    int result = accepted[kind](w, message, (size_t)length);
    return result == 0 ? REPORT_MORE : result < 0 ? -EPROTO : result;
}

void report_finish(struct pool *pool) {
    for (size_t i = 0; i < pool->config->plugin_count; i++) {
        const char *name = pool->config->plugins[i].name;
        bool found = false;
        for (size_t j = 0; j < pool->router->count; j++) {
            found |= strcmp(pool->router->plugins[j].name, name) == 0;
        }
        if (!found) {
            log_line(LOG_WARNING, "the configuration names plugin \"%s\", which is not served", name);
        }
    }
}

void report_forget(struct pool *pool) {
    pool->report.length = 0;
    pool->report_count = 0;
    router_free(pool->router);
}
