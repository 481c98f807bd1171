/* What a worker is told when it starts, and what it tells of its plugins. */
#include "pool/report.h"

#include <errno.h>
#include <string.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/needs.h"
#include "config/config.h"
#include "config/form.h"
#include "pool/pool.h"
#include "pool/worker.h"
#include "wire/channel.h"
#include "wire/rules.h"

enum { SEND_TURN = 1 << 20 };

_Static_assert(sizeof(((struct worker *)0)->loading) > RULES_FILE_MAX, "the name of any file that it loads has room");

static int options_gather(const struct config *config, struct wire_start *start) {
    for (size_t i = 0; i < config->plugin_count; i++) {
        const struct config_plugin *p = &config->plugins[i];
        if (p->global) {
            if (start->global_count == WIRE_GLOBALS_MAX) {
                return -E2BIG;
            }
            start->globals[start->global_count++] = p->name;
        }
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
                               .spool = needs_all(pool->own->needs) ? config->spool_folder : "", /* memory does */
                               .response_limit = config->response_limit,
                               .send_turn = SEND_TURN,
                               .log_level = (uint32_t)config->log_level,
                               .development = config->development,
                               .first = !pool->known,
                               .uid = pool->own->uid,
                               .gid = pool->own->gid,
                               .user = pool->own->user,
                               .memory_limit = pool->own->memory_limit,
                               .cpu_limit = (pool->own->cpu_limit_ms + 999) / 1000,
                               .files_limit = pool->own->files_limit,
                               .processes_limit = pool->own->processes_limit,
                               .sandbox = pool->own->sandbox != SANDBOX_OFF,
                               .needs = pool->own->needs,
                               .bound = pool->own->bound ? pool->own->bound : NEEDS_ALL};
    int error = options_gather(config, &start);
    if (error) {
        return error;
    }
    unsigned char message[CHANNEL_MESSAGE_MAX];
    long length = wire_start_pack(&start, message);
    return length < 0 ? (int)length : channel_send(w->ties.channel, message, (size_t)length, NULL, 0);
}

/* ---- The messages ---- */

static int plugin_learn(struct pool *pool, const struct wire_plugin *told, const void *message, size_t length) {
    if (pool->report_count == REPORTS_MAX) {
        return -EPROTO;
    }
    pool->spoiled |= told->reason != NULL;
    pool->report_at[pool->report_count++] = pool->report.length;
    return buffer_append(&pool->report, message, length);
}

static size_t report_end(const struct pool *pool, uint32_t place) {
    return place + 1 < pool->report_count ? pool->report_at[place + 1] : pool->report.length;
}

static int plugin_compare(const struct worker *w, const void *message, size_t length) {
    const struct pool *pool = w->pool;
    if (w->reported >= pool->report_count) {
        return -ESTALE;
    }
    size_t begin = pool->report_at[w->reported];
    return report_end(pool, w->reported) - begin == length && memcmp(pool->report.data + begin, message, length) == 0
               ? 0
               : -ESTALE;
}

static int plugin_told(struct worker *w, const void *message, size_t length) {
    struct wire_plugin told;
    struct pool *pool = w->pool;
    if (wire_plugin_unpack(&told, message, length) || !rules_plugin(&told) || strcmp(told.file, w->loading) != 0) {
        return -EPROTO; /* whose file it loads is to blame */
    }
    int error = pool->known ? plugin_compare(w, message, length) : plugin_learn(pool, &told, message, length);
    if (error && pool->known) {
        log_line(LOG_ERROR, "worker %d tells of %s otherwise than the first worker did%s%s", (int)w->pid, told.file,
                 told.reason ? ": " : "", told.reason ? told.reason : "");
    }
    w->reported++;
    w->loading[0] = '\0';
    return error;
}

static int loading_told(struct worker *w, const void *message, size_t length) {
    const char *file;
    if (wire_loading_unpack(&file, message, length) || !rules_file(file) || w->loading[0]) {
        return -EPROTO;
    }
    memcpy(w->loading, file, strlen(file) + 1);
    return 0;
}

static int ready_told(struct worker *w, const void *message, size_t length) {
    if (wire_ready_unpack(message, length) || w->loading[0]) {
        return -EPROTO;
    }
    if (w->reported != w->pool->report_count) {
        log_line(LOG_ERROR, "worker %d has loaded %u plugins, the first worker %u", (int)w->pid, w->reported,
                 w->pool->report_count);
        return -ESTALE;
    }
    return REPORT_READY;
}

/* Before it has anything of a plugin in it: what it then says it says itself. */
static int denials_told(struct worker *w, const void *message, size_t length, int *fd) {
    bool first = w->reported == 0 && !w->loading[0] && w->ties.denials < 0;
    if (wire_denials_unpack(message, length) || !first || *fd < 0) {
        return -EPROTO;
    }
    w->ties.denials = *fd;
    *fd = -1;
    return REPORT_DENIALS;
}

/* The messages that a starting worker may send; none of these carries a descriptor. */
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
    uint32_t kind = length < 0 ? 0 : wire_kind(message, (size_t)length);
    int result = -EPROTO;
    if (kind == WIRE_DENIALS) {
        result = denials_told(w, message, (size_t)length, count == 1 ? &fds[0] : &(int){-1});
    } else if (kind < WIRE_KINDS && accepted[kind] && count == 0) {
        result = accepted[kind](w, message, (size_t)length);
    }
    for (size_t i = 0; i < count; i++) {
        fd_drop(&fds[i]);
    }
    return result == 0 ? REPORT_MORE : result < 0 && result != -ESTALE ? -EPROTO : result;
}

int report_plugin(const struct pool *pool, uint32_t place, struct wire_plugin *plugin) {
    if (place >= pool->report_count) {
        return -EPROTO;
    }
    size_t begin = pool->report_at[place];
    return wire_plugin_unpack(plugin, pool->report.data + begin, report_end(pool, place) - begin);
}
