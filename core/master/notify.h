/*
 * The notification protocol of sd_notify(3): tells whoever has started us, systemd or the master that we replace, that
 * we are ready, reloading or stopping. Never blocks; nobody may listen.
 */
#ifndef MASTER_NOTIFY_H
#define MASTER_NOTIFY_H

#include <stdint.h>

struct notifier {
    char *parent;      /* the address of the one who waits for us to be ready; NULL: none */
    char *manager;     /* systemd's, from then on; NULL: none */
    uint64_t watchdog; /* nanoseconds between signs of life; 0: none are wanted */
    uint64_t next;     /* when the next one is due; UINT64_MAX: never */
};

/* Reads the environment (NOTIFY_SOCKET, SOCGI_NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID), and removes from it what it
 * has read. */
void notifier_open(struct notifier *notifier, uint64_t now);
void notifier_close(struct notifier *notifier);

/* We are ready: told to both. */
void notify_ready(struct notifier *notifier);

/* Tells the manager. `format` is one or more assignments, "STATUS=..." and the like. */
void notify(const struct notifier *notifier, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A sign of life, when it is due. */
void notifier_turn(struct notifier *notifier, uint64_t now);

#endif
