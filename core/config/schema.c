/* The options of the configuration as one table. */
#include "config/schema.h"

#include "config/config.h"
#include "config/form.h"
#include "config/number.h"

#define AT(member) offsetof(struct config, member), 0
#define LIST(member, length) offsetof(struct config, member), offsetof(struct config, length)

const struct setting settings[] = {
    {"listen", SETTING_LISTEN, LIST(listen, listen_count), "127.0.0.1:8080", 0, 0, "list of " LISTEN_EXPECTED},
    {"admin", SETTING_ADMIN, LIST(admin, admin_count), "auto", 0, 0,
     "list of where the view inside is had; auto: a unix socket; off"},
    {"plugin_folder", SETTING_FOLDER, AT(plugin_folder), SOCGI_PLUGINDIR, 1, 4096, "every *.so in it is served"},
    {"watch", SETTING_FLAG, AT(watch), "on", 0, 0, "a change in the plugin folder takes effect by itself"},
    {"watch_quiet", SETTING_DURATION, AT(watch_quiet_ms), "40ms", 1, 60000, "quiet time of the folder before it does"},
    {"development", SETTING_FLAG, AT(development), "off", 0, 0,
     "clients are told why a plugin fails; no older version is served for it"},
    {"workers", SETTING_COUNT, AT(main.workers), NULL, 1, 1024, "most workers; default: processors, at least 4"},
    {"workers_min", SETTING_COUNT, AT(main.workers_min), "0", 0, 1024, "least workers, 0: as many as workers"},
    {"workers_spare", SETTING_COUNT, AT(main.workers_spare), "1", 0, 1024, "idle ones kept beyond the least"},
    {"worker_idle", SETTING_DURATION, AT(main.worker_idle_ms), "30s", 1, DAY_MS, "so long idle, one beyond that ends"},
    {"worker_requests", SETTING_COUNT, AT(main.worker_requests), "0", 0, 1u << 31,
     "after about as many a worker is replaced; 0: never"},
    {"worker_memory", SETTING_SIZE, AT(main.worker_memory), "0", 0, 1024 * GIB,
     "resident memory beyond which it is replaced; 0: any"},
    {"sticky_connections", SETTING_COUNT, AT(main.sticky_connections), "256", 0, 1024,
     "whose descriptors a worker keeps between requests; 0: none"},
    {"memory_limit", SETTING_SIZE, AT(main.memory_limit), "0", 0, (uint64_t)1024 * 1024 * GIB,
     "address space of a worker (RLIMIT_AS); 0: no limit set"},
    {"cpu_limit", SETTING_DURATION, AT(main.cpu_limit_ms), "0", 0, DAY_MS,
     "CPU time of a worker's whole life (RLIMIT_CPU); 0: no limit set"},
    {"files_limit", SETTING_COUNT, AT(main.files_limit), "0", 0, 1 << 20,
     "open files of a worker (RLIMIT_NOFILE); 0: no limit set"},
    {"processes_limit", SETTING_COUNT, AT(main.processes_limit), "0", 0, 1 << 22,
     "processes of its user (RLIMIT_NPROC); 0: no limit set"},
    {"user", SETTING_WORD, AT(main.user), "", 0, 255, "who the workers run as; none: the server's own user"},
    {"mailbox_slots", SETTING_COUNT, AT(mailbox_slots), "8", 1, 64,
     "requests handed to one worker ahead of time, when all are busy"},
    {"queue_length", SETTING_COUNT, AT(queue_length), "1024", 0, 1 << 20,
     "requests that wait beyond the mailboxes; more: 503"},
    {"connections", SETTING_COUNT, AT(connections), "16384", 1, 1 << 24, "at once; more wait to be accepted"},
    {"address_connections", SETTING_COUNT, AT(address_connections), "0", 0, 1 << 24,
     "at once from one address, 0: no limit; more: 503"},
    {"connection_requests", SETTING_COUNT, AT(connection_requests), "0", 0, UINT32_MAX,
     "on one connection, then it is closed; 0: no limit"},
    {"pipeline_limit", SETTING_BYTES, AT(pipeline_limit), "64K", 256, 64 * KIB,
     "held of requests that follow the one being answered; more wait"},
    {"request_line_limit", SETTING_BYTES, AT(request_line_limit), "8K", 64, 64 * KIB, "longer: 414"},
    {"head_limit", SETTING_BYTES, AT(head_limit), "32K", 256, 64 * KIB,
     "request line and header together; longer: 431"},
    {"field_limit", SETTING_COUNT, AT(field_limit), "100", 1, 10000, "header fields; more: 431"},
    {"body_limit", SETTING_SIZE, AT(body_limit), "16M", 0, 1024 * GIB, "longer: 413"},
    {"body_total", SETTING_SIZE, AT(body_total), "1G", 0, 1024 * GIB, "of all bodies in files at once; more: 503"},
    {"body_inline", SETTING_BYTES, AT(body_inline), "64K", 0, 16 * MIB,
     "handed over in memory; longer bodies in a file"},
    {"chunk_overhead", SETTING_BYTES, AT(chunk_overhead), "64K", 64, GIB,
     "framing beyond an eighth of the data; more: 400"},
    {"response_limit", SETTING_SIZE, AT(response_limit), "256M", KIB, 1024 * GIB,
     "generated answer; more fails in the handler"},
    {"spool_folder", SETTING_FOLDER, AT(spool_folder), "/tmp", 1, 4096, "for bodies, answers and copies of plugins"},
    {"header_timeout", SETTING_DURATION, AT(header_timeout_ms), "10s", 1, DAY_MS,
     "first to last byte of a request's head: 408"},
    {"body_timeout", SETTING_DURATION, AT(body_timeout_ms), "10s", 1, DAY_MS, "without a byte of a body: 408"},
    {"body_rate", SETTING_BYTES, AT(body_rate), "256", 0, GIB,
     "bytes of a body a second once body_timeout is over: 408"},
    {"idle_timeout", SETTING_DURATION, AT(idle_timeout_ms), "60s", 1, DAY_MS, "without a request: closed"},
    {"send_timeout", SETTING_DURATION, AT(send_timeout_ms), "30s", 1, DAY_MS, "without progress of an answer: closed"},
    {"queue_timeout", SETTING_DURATION, AT(queue_timeout_ms), "10s", 1, DAY_MS, "longest wait for a worker: 503"},
    {"handler_timeout", SETTING_DURATION, AT(handler_timeout_ms), "30s", 1, DAY_MS, "longest run of a handler: 504"},
    {"start_timeout", SETTING_DURATION, AT(start_timeout_ms), "10s", 1, DAY_MS, "longest start of a worker"},
    {"drain_timeout", SETTING_DURATION, AT(drain_timeout_ms), "60s", 1, DAY_MS, "longest drain after SIGQUIT"},
    {"upgrade_timeout", SETTING_DURATION, AT(upgrade_timeout_ms), "30s", 1, DAY_MS,
     "longest wait for a new master to be ready"},
    {"crash_limit", SETTING_COUNT, AT(crash_limit), "5", 0, 64,
     "more crashes of a plugin within crash_window: quarantine; 0: none"},
    {"crash_window", SETTING_DURATION, AT(crash_window_ms), "60s", 1, DAY_MS, "time in which they are counted"},
    {"quarantine", SETTING_DURATION, AT(quarantine_ms), "10s", 1, DAY_MS,
     "the first one: 503; doubled by each further one, up to 64 times"},
    {"incident_folder", SETTING_PATH, AT(incident_folder), "", 0, 4096, "where requests of incidents are kept, if any"},
    {"incident_count", SETTING_COUNT, AT(incident_count), "100", 1, 100000, "how many are; the oldest are removed"},
    {"access_log", SETTING_OPTIONAL_LOG, AT(access_log), "stderr", 1, 4096, "a path, \"stderr\" or \"off\""},
    {"error_log", SETTING_LOG, AT(error_log), "stderr", 1, 4096, "a path or \"stderr\""},
    {"access_format", SETTING_FORMAT, AT(access_format), "combined", 1, 1024, "combined, json, or %-directives"},
    {"error_format", SETTING_FORM, AT(error_format), "text", 0, 0, "text or json"},
    {"output_rate", SETTING_COUNT, AT(output_rate), "1000", 0, 1 << 30,
     "lines that a worker prints a second, 0: any; more are dropped"},
    {"log_level", SETTING_LEVEL, AT(log_level), "notice", 0, 0, "error, warning, notice, info or debug"},
    {"pid_file", SETTING_PATH, AT(pid_file), "", 0, 4096, "a path; none if it is empty"},
    {0},
};

#undef AT
#define AT(member) offsetof(struct config_plugin, member), 0

const struct setting plugin_settings[] = {
    {"timeout", SETTING_DURATION, AT(timeout_ms), NULL, 1, DAY_MS, "longest run of its handler: 504"},
    {"body_limit", SETTING_SIZE, AT(body_limit), NULL, 1, 1024 * GIB, "longer: 413"},
    {"concurrency", SETTING_COUNT, AT(concurrency), NULL, 1, 1024, "most workers that it holds at once"},
    {"methods", SETTING_METHODS, AT(methods), NULL, 0, 0, "those that it answers, as \"GET POST\""},
    {0},
};

#undef AT
#undef LIST
#define AT(member) offsetof(struct config_pool, member), 0
#define LIST(member, length) offsetof(struct config_pool, member), offsetof(struct config_pool, length)

const struct setting pool_settings[] = {
    {"plugins", SETTING_PLUGINS, LIST(plugins, plugin_count), NULL, 0, 0,
     "list of its plugins, their files' names without .so"},
    {"workers", SETTING_COUNT, AT(workers), NULL, 1, 1024, "these: as above, for this pool"},
    {"workers_min", SETTING_COUNT, AT(workers_min), NULL, 0, 1024, "least workers"},
    {"workers_spare", SETTING_COUNT, AT(workers_spare), NULL, 0, 1024, "idle ones kept beyond the least"},
    {"worker_idle", SETTING_DURATION, AT(worker_idle_ms), NULL, 1, DAY_MS, "so long idle, one beyond that ends"},
    {"worker_requests", SETTING_COUNT, AT(worker_requests), NULL, 0, 1u << 31, "then a worker is replaced"},
    {"worker_memory", SETTING_SIZE, AT(worker_memory), NULL, 0, 1024 * GIB, "beyond it a worker is replaced"},
    {"sticky_connections", SETTING_COUNT, AT(sticky_connections), NULL, 0, 1024, "whose descriptors a worker keeps"},
    {"memory_limit", SETTING_SIZE, AT(memory_limit), NULL, 0, (uint64_t)1024 * 1024 * GIB, "RLIMIT_AS"},
    {"cpu_limit", SETTING_DURATION, AT(cpu_limit_ms), NULL, 0, DAY_MS, "RLIMIT_CPU"},
    {"files_limit", SETTING_COUNT, AT(files_limit), NULL, 0, 1 << 20, "RLIMIT_NOFILE"},
    {"processes_limit", SETTING_COUNT, AT(processes_limit), NULL, 0, 1 << 22, "RLIMIT_NPROC"},
    {"user", SETTING_WORD, AT(user), NULL, 0, 255, "who its workers run as"},
    {0},
};
