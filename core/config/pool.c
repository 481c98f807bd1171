/* Pools of the configuration: sections, what they inherit, what must agree in them. */
#include "config/pool.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/needs.h"
#include "config/complaint.h"
#include "config/form.h"
#include "config/schema.h"

/* What a section does not set is the main pool's: config_check fills it in, for that may be set behind the section. */
static const struct config_pool unset = {.workers = UINT32_MAX,
                                         .workers_min = UINT32_MAX,
                                         .workers_spare = UINT32_MAX,
                                         .worker_idle_ms = UINT32_MAX,
                                         .worker_requests = UINT32_MAX,
                                         .worker_memory = UINT64_MAX,
                                         .memory_limit = UINT64_MAX,
                                         .cpu_limit_ms = UINT32_MAX,
                                         .files_limit = UINT32_MAX,
                                         .processes_limit = UINT32_MAX,
                                         .sticky_connections = UINT32_MAX,
                                         .sandbox = UINT32_MAX,
                                         .trust = UINT32_MAX};

struct config_pool *config_pool_section(struct config *config, const char *name) {
    if (strcmp(name, config->main.name) == 0) {
        return &config->main;
    }
    for (size_t i = 0; i < config->pool_count; i++) {
        if (strcmp(config->pools[i].name, name) == 0) {
            return &config->pools[i];
        }
    }
    struct config_pool *grown = reallocarray(config->pools, config->pool_count + 1, sizeof(*grown));
    if (!grown) {
        return NULL;
    }
    config->pools = grown;
    struct config_pool *p = &grown[config->pool_count];
    *p = unset;
    p->name = strdup(name);
    if (!p->name) {
        return NULL;
    }
    config->pool_count++;
    return p;
}

const struct config_pool *config_pool_at(const struct config *config, size_t number) {
    if (number == 0) {
        return &config->main;
    }
    return number <= config->pool_count ? &config->pools[number - 1] : NULL;
}

bool config_pool_named(const struct config_pool *pool, const char *name) {
    size_t length = strlen(name);
    return strncmp(pool->name, name, length) == 0 && (pool->name[length] == '\0' || pool->name[length] == '/');
}

uint32_t config_workers(const struct config *config) {
    uint32_t count = 0;
    for (size_t i = 0; config_pool_at(config, i); i++) {
        count += config_pool_at(config, i)->workers;
    }
    return count;
}

static void inherit(uint32_t *value, uint32_t from) {
    *value = *value == UINT32_MAX ? from : *value;
}

static int pool_inherit(struct config_pool *p, const struct config_pool *from) {
    if (p->workers != UINT32_MAX && p->workers_min == UINT32_MAX) {
        p->workers_min = 0; /* the main pool's least is none of a size of its own */
    }
    inherit(&p->workers, from->workers);
    inherit(&p->workers_min, from->workers_min);
    inherit(&p->workers_spare, from->workers_spare);
    inherit(&p->worker_idle_ms, from->worker_idle_ms);
    inherit(&p->worker_requests, from->worker_requests);
    inherit(&p->cpu_limit_ms, from->cpu_limit_ms);
    inherit(&p->files_limit, from->files_limit);
    inherit(&p->processes_limit, from->processes_limit);
    inherit(&p->sticky_connections, from->sticky_connections);
    inherit(&p->sandbox, from->sandbox);
    inherit(&p->trust, from->trust);
    p->worker_memory = p->worker_memory == UINT64_MAX ? from->worker_memory : p->worker_memory;
    p->memory_limit = p->memory_limit == UINT64_MAX ? from->memory_limit : p->memory_limit;
    if (!p->user) {
        p->user = strdup(from->user);
    }
    if (!p->needs) {
        p->needs = strdup(from->needs);
    }
    return p->user && p->needs ? 0 : -ENOMEM;
}

static int pool_user_check(struct config_pool *p) {
    if (!p->user[0]) {
        p->uid = geteuid();
        p->gid = getegid();
        return 0;
    }
    errno = 0;
    const struct passwd *user = getpwnam(p->user);
    if (!user) {
        complaint("pool %s: user: found \"%s\", expected a user of this system%s%s", p->name, p->user,
                  errno ? ": " : "", errno ? strerror(errno) : "");
        return -EINVAL;
    }
    p->uid = user->pw_uid;
    p->gid = user->pw_gid;
    if (p->uid != geteuid() && geteuid() != 0) {
        complaint("pool %s: user: found \"%s\", expected none, for only root can start workers as another user",
                  p->name, p->user);
        return -EINVAL;
    }
    return 0;
}

/* A plugin is in one pool. */
static int pool_plugins_check(const struct config *config, size_t number) {
    const struct config_pool *p = &config->pools[number];
    int error = 0;
    if (p->plugin_count == 0) {
        complaint("pool %s: plugins: found none, expected a list of names", p->name);
        error = -EINVAL;
    }
    for (size_t i = 0; i < p->plugin_count; i++) {
        for (size_t other = 0; other <= number; other++) {
            const struct config_pool *o = &config->pools[other];
            for (size_t j = 0; j < (other == number ? i : o->plugin_count); j++) {
                if (strcmp(o->plugins[j], p->plugins[i]) == 0) {
                    complaint("pool %s: plugins: found \"%s\", expected one that is not in pool %s already", p->name,
                              p->plugins[i], o->name);
                    error = -EINVAL;
                }
            }
        }
    }
    return error;
}

static int text_replace(char **text, const char *with) {
    char *copy = strdup(with);
    if (!copy) {
        return -ENOMEM;
    }
    free(*text);
    *text = copy;
    return 0;
}

/* Who is not trusted has nothing that is not named, and, if the server is root, is not root. */
static int pool_distrust(struct config_pool *p) {
    if (p->trust != TRUST_NONE) {
        return 0;
    }
    if (p->sandbox == SANDBOX_OFF) {
        complaint("pool %s: trust: found \"none\", expected full, for sandbox is off", p->name);
        return -EINVAL;
    }
    int error = needs_all(p->needs) ? text_replace(&p->needs, "") : 0;
    return error || p->user[0] || geteuid() != 0 ? error : text_replace(&p->user, "nobody");
}

static int pool_needs_check(const struct config_pool *p) {
    if (p->sandbox != SANDBOX_OFF || needs_all(p->needs)) {
        return 0;
    }
    complaint("pool %s: needs: found \"%s\", expected all, for sandbox is off", p->name, p->needs);
    return -EINVAL;
}

/* Symbols that are global would be everybody's. */
static int global_check(const struct config *config, const char *plugin) {
    const struct config_pool *found = NULL;
    for (size_t i = 0; i < config->pool_count && !found; i++) {
        const struct config_pool *p = &config->pools[i];
        for (size_t j = 0; j < p->plugin_count; j++) {
            found = strcmp(p->plugins[j], plugin) == 0 ? p : found;
        }
    }
    if (found && found->plugin_count == 1) {
        return 0;
    }
    complaint(
        "plugin %s: global: found \"on\", expected off, for its pool %s has other plugins: put it into one of its own",
        plugin, found ? found->name : config->main.name);
    return -EINVAL;
}

static int pool_check(struct config_pool *p) {
    if (p->workers_min > p->workers) {
        complaint("pool %s: workers_min: found \"%u\", expected at most workers, which is %u", p->name, p->workers_min,
                  p->workers);
        return -EINVAL;
    }
    return pool_distrust(p) || pool_needs_check(p) ? -EINVAL : pool_user_check(p);
}

int pools_check(struct config *config) {
    int errors = 0;
    for (size_t i = 0; i < config->pool_count; i++) {
        errors +=
            pool_inherit(&config->pools[i], &config->main) != 0; /* what is set there, before more follows from it */
    }
    errors += pool_check(&config->main) != 0;
    if (config->main.plugin_count > 0) {
        complaint("pool main: plugins: found a list, expected none: it serves what no other pool names");
        errors++;
    }
    for (size_t i = 0; i < config->pool_count; i++) {
        errors += pool_check(&config->pools[i]) != 0;
        errors += pool_plugins_check(config, i) != 0;
    }
    for (size_t i = 0; i < config->plugin_count; i++) {
        errors += config->plugins[i].global && global_check(config, config->plugins[i].name);
    }
    return errors;
}

void pool_free(struct config_pool *p) {
    for (const struct setting *s = pool_settings; s->name; s++) {
        setting_clear(p, s);
    }
    free(p->name);
}
