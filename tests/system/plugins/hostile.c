/*
 * A plugin that attacks the server from within its worker, as ?how= tells: by the mailbox that it shares with the
 * master, by the channel, by the flags of its client's connection, by an answer of its own making. It answers as if
 * nothing had happened.
 */
#include <socgi/plugin.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
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
    enum { MS = 20000, POSTED = 1, TAKEN = 2, STATE = 7 };
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

/* The answer to this request is what it says, where a worker without a connection would lay it; the rest of the claim
 * is true. */
static void answer_forge(const char *text, struct mailbox_answer answer) {
    enum { TAKEN = 2, STATE = 3 };
    for (uint32_t at = 0; at < box.count; at++) {
        struct mailbox_slot *slot = slot_at(at);
        if ((atomic_load(&slot->slot.word) & STATE) == TAKEN) {
            memcpy(slot + 1, text, strlen(text));
            slot->answer = answer;
            atomic_fetch_or(&slot->slot.word, STATE);
        }
    }
    const uint64_t one = 1;
    ssize_t rung = write(HERITAGE_DOORBELL, &one, sizeof(one));
    (void)rung;
}

/* As ?what= tells; then it stays. */
static void answer_forge_some(const char *what) {
    enum { STAYS_MS = 20000 };
    static const char head[] = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n";
    static const char fine[] = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nmine";
    static const char two[] = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nmine"
                              "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged";
    struct mailbox_answer answer = {
        .status = 200, .flags = ANSWER_KEEP | ANSWER_LIES, .head = sizeof(head) - 1, .lying = sizeof(fine) - 1};
    if (strcmp(what, "fine") == 0) {
        answer_forge(fine, answer);
        _exit(0);
    } else if (strcmp(what, "two") == 0) {
        answer.lying = sizeof(two) - 1;
        answer_forge(two, answer);
    } else if (strcmp(what, "two-heads") == 0) {
        answer.lying = answer.head = sizeof(two) - 1;
        answer_forge(two, answer);
    } else if (strcmp(what, "long") == 0) {
        answer.lying = UINT64_MAX;
        answer_forge(fine, answer);
    } else if (strcmp(what, "sent") == 0) {
        answer.sent = 1;
        answer_forge(fine, answer);
    } else if (strcmp(what, "nothing") == 0) {
        answer = (struct mailbox_answer){.status = 200, .flags = ANSWER_KEEP};
        answer_forge(fine, answer);
    } else if (strcmp(what, "tail") == 0) {
        answer.lying = answer.head;
        answer.left = 4;
        answer.flags |= ANSWER_TAIL;
        answer_forge(fine, answer);
    }
    (void)poll(NULL, 0, STAYS_MS);
}

/* Every answer is done, and has sent more than there is in the world. */
static void sums_spoil(void) {
    for (uint32_t at = 0; at < box.count; at++) {
        struct mailbox_slot *slot = slot_at(at);
        slot->answer = (struct mailbox_answer){.status = 200, .head = 100, .sent = UINT64_MAX - 1};
        atomic_fetch_or(&slot->slot.word, 3);
    }
    (void)poll(NULL, 0, 20000);
}

/* Whether what the mailbox holds of that client's request is still there. */
static bool secret_left(const char *secret) {
    return memmem(box.shared, box.size, secret, strlen(secret)) != NULL;
}

/* 1: the body that it was given could be changed for whoever else reads it; 0: it could not. */
static int body_spoil(const struct socgi_request *req) {
    static const char word[] = "TAMPERED";
    size_t length;
    int fd = socgi_body_fd(req, &length);
    return fd < 0 ? fd : pwrite(fd, word, sizeof(word) - 1, 0) > 0 || ftruncate(fd, 0) == 0;
}

/* ---- Calling its own server ---- */

static int call_open(const char *path) {
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    (void)snprintf(to.sun_path, sizeof(to.sun_path), "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd, (const struct sockaddr *)&to, sizeof(to)) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

/* The status that is answered. */
static int call_ask(int fd, const char *ask) {
    char text[512];
    int length = snprintf(text, sizeof(text), "%s HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", ask);
    (void)send(fd, text, (size_t)length, MSG_NOSIGNAL);
    ssize_t n = recv(fd, text, 12, MSG_WAITALL);
    text[n > 0 ? n : 0] = '\0';
    return n == 12 ? (int)strtol(text + 9, NULL, 10) : 599;
}

/* By a child; "orphan": whose parent has ended; "dead": that only connects, and ends. */
static int call_by(const char *by, const char *path, const char *ask) {
    int pair[2], status = 599;
    int fd = strcmp(by, "dead") == 0 ? socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) : -1;
    if (pipe(pair) < 0) {
        return 599;
    }
    pid_t child = fork();
    if (child == 0 && strcmp(by, "dead") == 0) {
        struct sockaddr_un to = {.sun_family = AF_UNIX};
        (void)snprintf(to.sun_path, sizeof(to.sun_path), "%s", path);
        _exit(connect(fd, (const struct sockaddr *)&to, sizeof(to)) < 0);
    }
    if (child == 0) {
        (void)setsid();
        if (strcmp(by, "orphan") == 0 && fork() > 0) {
            _exit(0);
        }
        int own = call_open(path);
        status = call_ask(own, ask);
        (void)!write(pair[1], &status, sizeof(status));
        _exit(0);
    }
    close(pair[1]);
    (void)waitpid(child, NULL, 0);
    if (fd >= 0) {
        status = call_ask(fd, ask);
        close(fd);
    } else if (read(pair[0], &status, sizeof(status)) != sizeof(status)) {
        status = 403; /* it was ended before it could ask */
    }
    close(pair[0]);
    return status;
}

static int call(const struct socgi_request *req) {
    const char *by = socgi_query(req, "by", "self");
    const char *path = socgi_query(req, "socket", "");
    const char *ask = socgi_query(req, "ask", "");
    if (strcmp(by, "self") != 0) {
        return call_by(by, path, ask);
    }
    int fd = call_open(path);
    int status = call_ask(fd, ask);
    close(fd);
    return status;
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
    } else if (strcmp(how, "sums") == 0) {
        sums_spoil();
    } else if (strcmp(how, "call") == 0) {
        return call(req);
    } else if (strcmp(how, "peek") == 0) {
        return secret_left("SECRET-"
                           "OF-ANOTHER")
                   ? 418
                   : 200;
    } else if (strcmp(how, "tamper") == 0) {
        return body_spoil(req) == 0 ? 200 : 418;
    } else if (strcmp(how, "block") == 0) {
        sockets_block();
    } else if (strcmp(how, "forge") == 0) {
        answer_forge_some(socgi_query(req, "what", ""));
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
