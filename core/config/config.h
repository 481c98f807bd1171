/*
 * The configuration: from defaults, a file (libConfuse) and the command line to one struct that never changes while the
 * process runs. Read by main and master; a worker gets its part by message.
 */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log.h"
#include "http/method.h"

struct config_option {
    char *name;
    char *value;
    char *at; /* where it was read, "FILE:LINE"; NULL: on the command line */
};

/* plugin "NAME" { ... }; zero means: as the plugin's manifest says, else the server's default. */
struct config_plugin {
    char *name;
    uint32_t timeout_ms;
    uint64_t body_limit;
    uint32_t concurrency;
    struct http_methods methods; /* none: as the manifest says */
    char *routes;                /* words between blanks; NULL: its manifest's */
    bool compress;               /* what it writes is, for clients that accept it */
    bool global;                 /* loaded RTLD_GLOBAL, and then alone in its pool */
    char *needs;                 /* base/needs.h: less than its manifest says; NULL: as that says */
    char *needs_at;              /* where that was read, "FILE:LINE"; NULL: in no file */
    bool allow_wider;            /* or more */
    bool cache;                  /* its answers are kept */
    bool cache_keep;             /* also those of an older version of it */
    uint32_t fresh_ms;
    uint32_t stale_if_down_ms;
    struct config_option *options;
    size_t option_count;
    char *at; /* where it begins, "FILE:LINE"; NULL: in no file */
};

/* A pool of workers: "main", which serves every plugin that no other pool names, and each pool "NAME" { ... }. */
struct config_pool {
    char *name;
    char **plugins; /* their files' names without ".so"; NULL for "main" */
    size_t plugin_count;
    uint32_t workers;            /* most of them */
    uint32_t workers_min;        /* least of them; 0: as many as workers */
    uint32_t workers_spare;      /* idle ones that are kept beyond the least */
    uint32_t worker_idle_ms;     /* idle for so long, one beyond that ends */
    uint32_t worker_requests;    /* after about as many requests a worker is replaced; 0: never */
    uint64_t worker_memory;      /* bytes of resident memory, beyond which it is replaced; 0: any */
    uint32_t sticky_connections; /* whose descriptors a worker keeps between their requests; 0: none */
    uint64_t memory_limit;       /* the rest by setrlimit(2), 0: as the server has it. RLIMIT_AS, bytes */
    uint32_t cpu_limit_ms;       /* RLIMIT_CPU of the worker's whole life */
    uint32_t files_limit;        /* RLIMIT_NOFILE */
    uint32_t processes_limit;    /* RLIMIT_NPROC, of its user */
    uint32_t sandbox;            /* enum sandbox_mode */
    uint32_t trust;              /* enum trust */
    char *needs;                 /* what its plugins need, all else is denied: base/needs.h */
    const char *bound;           /* one that was made for plugins of those needs: what its section lets; else NULL */
    char *user;                  /* runs its workers; "": the server's own */
    uint32_t uid;                /* of that user, filled in by config_check */
    uint32_t gid;
};

/* What each means, and its default: config/options.def. Sizes are bytes. */
/* A path that a file names, and where: config/source.h. */
struct config_source {
    char *option;
    char *value;
    char *at;
};

struct config {
    unsigned references; /* see config_hold */
    uint32_t number;     /* of those that config_new has made: another for each */
    char **listen;       /* "HOST:PORT", "[IPV6]:PORT", ":PORT", "unix:/path" */
    size_t listen_count;
    char **admin; /* likewise, or "auto": a socket in the runtime folder, or "off" */
    size_t admin_count;
    char **admin_pools; /* whose workers may look at it */
    size_t admin_pools_count;
    char **admin_hosts; /* names that the view inside may be asked for by on a port */
    size_t admin_hosts_count;
    char *plugin_folder; /* absolute when a file names it; from the command line as it was given */
    struct config_plugin *plugins;
    size_t plugin_count;
    bool watch;
    uint32_t watch_quiet_ms;
    uint32_t watch_poll_ms; /* 0: never */
    bool development;

    struct config_pool main;
    struct config_pool *pools; /* the others */
    size_t pool_count;

    uint32_t mailbox_slots;
    uint32_t queue_length; /* requests that wait for one plugin */
    uint32_t queue_total;  /* for all of a pool */

    uint32_t connections;
    uint32_t address_connections; /* 0: no limit */
    uint32_t connection_requests; /* 0: no limit */

    uint32_t pipeline_limit; /* bytes taken from a connection at once, and so held of requests to come */
    uint32_t request_line_limit;
    uint32_t head_limit;
    uint32_t field_limit;
    uint64_t body_limit;
    uint64_t body_total;
    uint32_t body_share; /* percent of body_total, of one address */
    uint64_t request_memory;
    uint32_t body_inline;
    uint32_t chunk_overhead;
    uint64_t response_limit;
    char *spool_folder; /* NULL until config_check, where nobody names one */
    bool spool_found;   /* by it: copies of plugins may lie elsewhere */

    uint32_t header_timeout_ms;
    uint32_t body_timeout_ms;
    uint32_t body_rate; /* bytes a second */
    uint32_t idle_timeout_ms;
    uint32_t send_timeout_ms;
    uint32_t queue_timeout_ms;
    uint32_t handler_timeout_ms;
    uint32_t start_timeout_ms;
    uint32_t drain_delay_ms;
    uint32_t drain_timeout_ms;
    uint32_t upgrade_timeout_ms;

    uint64_t cache_memory; /* 0: nothing is kept */
    uint64_t cache_entry;
    uint32_t cache_inactive_ms;

    uint32_t crash_limit; /* 0: no quarantine */
    uint32_t crash_window_ms;
    uint32_t quarantine_ms;

    char *access_log;      /* path, "stderr" or "off" */
    char *error_log;       /* path or "stderr" */
    char *access_format;   /* "combined", "json", or a format: config/access_format.h */
    char *error_format;    /* "text" or "json" */
    uint32_t output_rate;  /* 0: any */
    char *incident_folder; /* "": nowhere */
    uint32_t incident_count;
    enum log_level log_level;
    char *pid_file; /* "": none */
    bool guard;

    struct config_source *sources;
    size_t source_count;
};

/* The configuration that holds when nothing is said. 0, or -ENOMEM. */
int config_defaults(struct config *config);

/* A new one with the defaults, held once; NULL: no memory. */
struct config *config_new(void);

/* Whoever keeps a pointer to one that came from config_new holds it; the last one to drop it frees it. NULL is allowed.
 */
struct config *config_hold(struct config *config);
void config_drop(struct config *config);

/* Where bodies and answers lie, checked or not. */
const char *config_spool(const struct config *config);

/* Checks what no single option shows (folders exist, limits agree). 0, or -EINVAL, told by complaint(). Fills in what
 * is derived: what pools inherit, users' numbers. */
int config_check(struct config *config);

/* The same of one that is read again, but for the plugin folder if that is still `folder`: its file system may hang,
 * and whoever gathers the plugins looks at it (NULL: any is looked at). */
int config_check_again(struct config *config, const char *folder);

void config_free(struct config *config);

/* The plugin's section, made where there is none. It is the configuration's. NULL: no memory. */
struct config_plugin *config_plugin_section(struct config *config, const char *name);

/* An option of a plugin, in its section; `at`: where it was read, taken over, NULL: on the command line. 0; -EINVAL:
 * not a plugin's name; or -ENOMEM. */
int config_option_set(struct config *config, const char *plugin, const char *name, const char *value, char *at);

/* "main" is number 0, the others follow; NULL past the last one. */
const struct config_pool *config_pool_at(const struct config *config, size_t number);

/* Whether the pool is of the section of that name: itself, or one that was made for some of its plugins ("NAME/...").
 */
bool config_pool_named(const struct config_pool *pool, const char *name);

/* The most workers that all pools have together, as far as the configuration tells. */
uint32_t config_workers(const struct config *config);

#endif
