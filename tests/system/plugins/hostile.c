/*
 * A plugin that attacks the server from within its worker, as ?how= tells: by the mailbox that it shares with the
 * master, by the channel, by the flags of its client's connection. It answers as if nothing had happened.
 */
#include <socgi/plugin.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "wire/heritage.h"
#include "wire/mailbox.h"

static struct mailbox box;

static int box_open(void) {
    struct stat st;
    if (box.shared) {
        return 0;
    }
    if (fstat(HERITAGE_MAILBOX, &st) < 0) {
        return -errno;
    }
    void *memory = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, HERITAGE_MAILBOX, 0);
    if (memory == MAP_FAILED) {
        return -errno;
    }
    box = (struct mailbox){.shared = memory, .size = (size_t)st.st_size};
    box.count = box.shared->count;
    box.capacity = box.shared->capacity;
    return 0;
}

static struct mailbox_slot *slot_at(uint32_t index) {
    size_t first = (sizeof(struct mailbox_shared) + 63) & ~(size_t)63;
    size_t stride = (sizeof(struct mailbox_slot) + box.capacity + 63) & ~(size_t)63;
    return (struct mailbox_slot *)(void *)((char *)box.shared + first + index * stride);
}

/* It has read what was never written. */
static void ring_ahead(void) {
    atomic_fetch_add(&box.shared->ring.read, 1000);
}

/* It never reads anything. */
static void ring_behind(void) {
    atomic_store(&box.shared->ring.read, atomic_load(&box.shared->ring.written) - RING_SIZE);
}

/* So that no message can reach it, and none from it. */
static void ties_close(void) {
    close(HERITAGE_CHANNEL);
    close(HERITAGE_MAILBOX);
}

/* Begins each request that waits behind this one, and stays. */
static void turn_steal(void) {
    enum { MS = 20000, POSTED = 1, TAKEN = 2, STATE = 3 };
    for (int i = 0; i < MS; i++) {
        for (uint32_t at = 0; at < box.count; at++) {
            _Atomic uint64_t *word = &slot_at(at)->slot.word;
            uint64_t now = atomic_load(word);
            if ((now & STATE) == POSTED) {
                if (atomic_compare_exchange_strong(word, &now, (now & ~(uint64_t)STATE) | TAKEN)) {
                    printf("one is begun\n");
                }
            }
        }
        (void)poll(NULL, 0, 1);
    }
}

/* Everything but the code of this process. */
static void all_spoil(unsigned seed) {
    unsigned char *bytes = (unsigned char *)box.shared;
    for (size_t i = 0; i < box.size; i++) {
        bytes[i] = (unsigned char)(rand_r(&seed) >> 7);
    }
}

/* Every answer is done, and is none. */
static void answers_spoil(void) {
    for (uint32_t at = 0; at < box.count; at++) {
        struct mailbox_slot *slot = slot_at(at);
        memset(&slot->answer, 0xff, sizeof(slot->answer));
        atomic_fetch_or(&slot->slot.word, 3);
    }
    (void)poll(NULL, 0, 20000);
}

/* Each socket of a client waits for it from now on, whoever uses it. */
static void sockets_block(void) {
    enum { DESCRIPTORS = 64 };
    for (int fd = HERITAGE_COUNT; fd < DESCRIPTORS; fd++) {
        struct stat st;
        if (fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode)) {
            (void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
        }
    }
}

static int hostile(const struct socgi_request *req, struct socgi_response *res) {
    enum { LINES = 400000 };
    const char *how = socgi_query(req, "how", "");
    int error = strcmp(how, "ties") == 0 ? 0 : box_open();
    if (error) {
        return error;
    }
    if (strcmp(how, "ahead") == 0) {
        ring_ahead();
    } else if (strcmp(how, "behind") == 0) {
        ring_behind();
    } else if (strcmp(how, "ties") == 0) {
        ties_close();
    } else if (strcmp(how, "turn") == 0) {
        turn_steal();
    } else if (strcmp(how, "answers") == 0) {
        answers_spoil();
    } else if (strcmp(how, "block") == 0) {
        sockets_block();
    } else if (strcmp(how, "all") == 0) {
        all_spoil((unsigned)strtoul(socgi_query(req, "seed", "1"), NULL, 10));
    } else {
        return 404;
    }
    for (int i = 0; i < LINES && strcmp(socgi_query(req, "long", ""), "yes") == 0; i++) {
        (void)socgi_printf(res, "more than a socket takes\n");
    }
    return socgi_printf(res, "done\n") ? 500 : 200;
}
SOCGI_PLUGIN(.handle = hostile)
