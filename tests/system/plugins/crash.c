/* Crashes as it is told: /crash?how=segv|abort|exit|stack|flush|not, and before with ?body=read|seek|cut|write it tries
 * what can be tried with the descriptor of its body. */
#include <socgi/plugin.h>

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Sanitizers would turn these crashes into reports of their own. */
#define RAW __attribute__((noinline, no_sanitize("address,undefined")))

RAW static void crash_segv(void) {
    volatile uintptr_t nowhere = 64; /* volatile: the compiler must not know better */
    *(volatile int *)nowhere = 1;
}

/* Ends for a compiler that looks for an end; for the stack it comes too late. */
RAW static size_t crash_stack(size_t depth) {
    volatile char frame[4096] = {0};
    frame[depth % sizeof(frame)] = 1;
    return depth == SIZE_MAX ? 0 : crash_stack(depth + 1) + (size_t)frame[0];
}

static void body_use(const struct socgi_request *req, const char *what) {
    size_t length;
    char text[8];
    int fd = socgi_body_fd(req, &length);
    if (strcmp(what, "read") == 0) {
        (void)!read(fd, text, sizeof(text));
    } else if (strcmp(what, "seek") == 0) {
        (void)lseek(fd, 0, SEEK_END);
    } else if (strcmp(what, "cut") == 0) {
        (void)!ftruncate(fd, 3);
    } else if (strcmp(what, "write") == 0) {
        (void)!pwrite(fd, "xxxxxxxx", 8, 0);
        (void)fcntl(fd, F_SETFL, O_APPEND);
        (void)!write(fd, "xxxxxxxx", 8);
    }
}

static int crash(const struct socgi_request *req, struct socgi_response *res) {
    const char *how = socgi_query(req, "how", "segv");
    body_use(req, socgi_query(req, "body", ""));
    if (strcmp(how, "abort") == 0) {
        abort();
    }
    if (strcmp(how, "exit") == 0) {
        _exit(0);
    }
    if (strcmp(how, "stack") == 0) {
        return (int)crash_stack(0);
    }
    if (strcmp(how, "flush") == 0) {
        socgi_printf(res, "half of ");
        (void)socgi_flush(res, 200);
    }
    if (strcmp(how, "not") != 0) {
        crash_segv();
    }
    return 200;
}
SOCGI_PLUGIN(.handle = crash)
