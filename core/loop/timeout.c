/* Timeouts. */
#include "loop/timeout.h"

void timeout_queue_init(struct timeout_queue *queue, uint32_t ms, void (*expired)(struct timeout *timeout)) {
    list_init(&queue->entries);
    queue->duration = (uint64_t)ms * 1000000u;
    queue->expired = expired;
}

/* None becomes later than the one behind it: all that are later than one moment get that moment. */
void timeout_queue_change(struct timeout_queue *queue, uint32_t ms, uint64_t now) {
    queue->duration = (uint64_t)ms * 1000000u;
    for (struct list *at = queue->entries.next; at != &queue->entries; at = at->next) {
        struct timeout *timeout = container_of(at, struct timeout, link);
        if (timeout->deadline > now + queue->duration) {
            timeout->deadline = now + queue->duration;
        }
    }
}

void timeout_init(struct timeout *timeout) {
    list_init(&timeout->link);
    timeout->deadline = UINT64_MAX;
}

void timeout_set(struct timeout_queue *queue, struct timeout *timeout, uint64_t now) {
    list_remove(&timeout->link);
    timeout->deadline = now + queue->duration;
    list_append(&queue->entries, &timeout->link);
}

void timeout_clear(struct timeout *timeout) {
    list_remove(&timeout->link);
    timeout->deadline = UINT64_MAX;
}

static struct timeout *first(const struct timeout_queue *queue) {
    return list_empty(&queue->entries) ? NULL : container_of(queue->entries.next, struct timeout, link);
}

uint64_t timeout_queue_next(const struct timeout_queue *queue) {
    const struct timeout *timeout = first(queue);
    return timeout ? timeout->deadline : UINT64_MAX;
}

void timeout_queue_run(struct timeout_queue *queue, uint64_t now) {
    for (struct timeout *timeout = first(queue); timeout && timeout->deadline <= now; timeout = first(queue)) {
        timeout_clear(timeout);
        queue->expired(timeout);
    }
}
