/* An intrusive, circular, doubly linked list, for both processes. It owns nothing. An unlinked node points to itself.
 */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
    struct list *next;
    struct list *prev;
};

/* The struct of `type` whose `member` is at `pointer`. */
#define container_of(pointer, type, member) ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

static inline void list_init(struct list *node) {
    node->next = node->prev = node;
}

static inline bool list_empty(const struct list *list) {
    return list->next == list;
}

static inline void list_insert_before(struct list *at, struct list *node) {
    node->prev = at->prev;
    node->next = at;
    at->prev->next = node;
    at->prev = node;
}

static inline void list_append(struct list *list, struct list *node) {
    list_insert_before(list, node);
}

static inline void list_prepend(struct list *list, struct list *node) {
    list_insert_before(list->next, node);
}

/* Unlinks the node; harmless when it is not linked. */
static inline void list_remove(struct list *node) {
    node->prev->next = node->next;
    node->next->prev = node->prev;
    list_init(node);
}

/* Moves all nodes of `from`, which is empty then, into `to`, which must be empty. */
static inline void list_move(struct list *to, struct list *from) {
    list_init(to);
    if (!list_empty(from)) {
        *to = *from;
        to->next->prev = to->prev->next = to;
        list_init(from);
    }
}

#endif
