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

struct config_option {
    char *name;
    char *value;
};

/* plugin "NAME" { ... }; zero means: as the plugin's manifest says, else the server's default. */
struct config_plugin {
    char *name;
    uint32_t timeout_ms;
    uint64_t body_limit;
    uint32_t concurrency;
    uint32_t methods; /* set of enum method */
    struct config_option *options;
    size_t option_count;
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
    uint32_t sticky_connections; /* whose descriptors a worker keeps between their requests; 256 */
    uint64_t memory_limit;       /* the rest by setrlimit(2), 0: as the server has it. RLIMIT_AS, bytes */
    uint32_t cpu_limit_ms;       /* RLIMIT_CPU of the worker's whole life */
    uint32_t files_limit;        /* RLIMIT_NOFILE */
    uint32_t processes_limit;    /* RLIMIT_NPROC, of its user */
    char *user;                  /* runs its workers; "": the server's own */
    uint32_t uid;                /* of that user, filled in by config_check */
    uint32_t gid;
};

struct config {
    unsigned references; /* see config_hold */
    char **listen;       /* "HOST:PORT", "[IPV6]:PORT", ":PORT", "unix:/path" */
    size_t listen_count;
    char **admin; /* likewise, or "auto": a socket in the runtime folder, or "off" */
    size_t admin_count;
    char *plugin_folder; /* absolute when a file names it; from the command line as it was given */
    struct config_plugin *plugins;
    size_t plugin_count;
    bool watch;              /* a change in the plugin folder takes effect by itself; on */
    uint32_t watch_quiet_ms; /* how long the folder must be quiet before; 40 ms */
    bool development;        /* clients are told why a plugin fails, and no older version is served for it; off */

    struct config_pool main;
    struct config_pool *pools; /* the others */
    size_t pool_count;

    uint32_t mailbox_slots; /* requests a worker's mailbox holds; 8 */
    uint32_t queue_length;  /* requests that wait for a worker beyond the mailboxes; 1024, more: 503 */

    uint32_t connections;         /* at once; 16384 (less where RLIMIT_NOFILE is), more: they wait in the backlog */
    uint32_t address_connections; /* at once from one address; 0: no limit, for a proxy is one address; 0: 503 */
    uint32_t connection_requests; /* on one connection, then it is closed; 0: no limit; 0 */

    uint32_t pipeline_limit;     /* bytes taken from a connection at once, and so held of requests to come; 64 KiB */
    uint32_t request_line_limit; /* bytes; 8 KiB: 414 */
    uint32_t head_limit;         /* bytes; 32 KiB: 431 */
    uint32_t field_limit;        /* header fields; 100: 431 */
    uint64_t body_limit;         /* bytes; 16 MiB; a plugin may set its own: 413 */
    uint64_t body_total;         /* bytes of all bodies in files at once; 1 GiB: 503 */
    uint32_t body_inline;        /* bytes handed over in memory, longer bodies in a file; 64 KiB */
    uint32_t chunk_overhead;     /* bytes of framing in a chunked body beyond 1/8 of its data; 64 KiB: 400 */
    uint64_t response_limit;     /* bytes of a generated answer; 256 MiB */
    char *spool_folder;          /* for bodies that do not fit in memory; "/tmp" */

    uint32_t header_timeout_ms;  /* from the first byte of a head to its end; 10 s: 408 */
    uint32_t body_timeout_ms;    /* without a byte of the body; 10 s: 408 */
    uint32_t body_rate;          /* bytes of a body a second, on average, once body_timeout is over; 256: 408 */
    uint32_t idle_timeout_ms;    /* a kept connection without a request; 60 s: closed */
    uint32_t send_timeout_ms;    /* without progress while an answer is sent; 30 s: closed */
    uint32_t queue_timeout_ms;   /* waiting for a worker; 10 s: 503 */
    uint32_t handler_timeout_ms; /* a handler's run; 30 s; a plugin may set its own: 504 */
    uint32_t start_timeout_ms;   /* a worker's start; 10 s */
    uint32_t drain_timeout_ms;   /* SIGQUIT to the end, whatever still runs; 60 s */

    uint32_t upgrade_timeout_ms; /* SIGUSR2 until the new master is ready; 30 s */

    uint32_t crash_limit;     /* more crashes of one plugin within crash_window quarantine it; 0: never; 5 */
    uint32_t crash_window_ms; /* 60 s */
    uint32_t quarantine_ms;   /* the first one: 503; each further one is twice as long, up to 64 times; 10 s */

    char *access_log;        /* path, "stderr" or "off"; "stderr" */
    char *error_log;         /* path or "stderr" */
    char *access_format;     /* "combined", "json", or a format: config/access_format.h */
    char *error_format;      /* "text" or "json" */
    uint32_t output_rate;    /* lines a second of one worker, on average; 0: any; 1000 */
    char *incident_folder;   /* where requests of incidents are kept; "": nowhere */
    uint32_t incident_count; /* how many; 100 */
    enum log_level log_level;
    char *pid_file; /* path; "": none */
};

/* The configuration that holds when nothing is said. 0, or -ENOMEM. */
int config_defaults(struct config *config);

/* A new one with the defaults, held once; NULL: no memory. */
struct config *config_new(void);

/* Whoever keeps a pointer to one that came from config_new holds it; the last one to drop it frees it. NULL is allowed.
 */
struct config *config_hold(struct config *config);
void config_drop(struct config *config);

/* Checks what no single option shows (folders exist, limits agree). 0, or -EINVAL, told by complaint(). Fills in what
 * is derived: what pools inherit, users' numbers. */
int config_check(struct config *config);

void config_free(struct config *config);

/* The plugin's section, made where there is none. It is the configuration's. NULL: no memory. */
struct config_plugin *config_plugin_section(struct config *config, const char *name);

/* An option of a plugin, in its section. 0; -EINVAL: not a plugin's name; or -ENOMEM. */
int config_option_set(struct config *config, const char *plugin, const char *name, const char *value);

/* "main" is number 0, the others follow; NULL past the last one. */
const struct config_pool *config_pool_at(const struct config *config, size_t number);

/* The most workers that all pools have together. */
uint32_t config_workers(const struct config *config);

#endif
