/* Files, text and time; what a test reads of them it frees itself. */
#include "text.h"

#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

char *file_read(const char *path) {
    FILE *file = fopen(path, "re");
    char *text = NULL;
    size_t size = 0;
    if (!file || getdelim(&text, &size, '\0', file) < 0) {
        free(text);
        text = strdup("");
    }
    if (file) {
        (void)fclose(file);
    }
    return text;
}

size_t text_count(const char *text, const char *needle) {
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, needle)); at += strlen(needle)) {
        count++;
    }
    return count;
}

static bool file_holds(const char *path, const char *text, size_t times) {
    char *content = file_read(path);
    bool holds = text_count(content, text) >= times;
    free(content);
    return holds;
}

bool file_await(const char *path, const char *text, size_t times, int stop, int ms) {
    int64_t until = clock_now_ms() + ms;
    int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    bool watched = watch >= 0 && inotify_add_watch(watch, path, IN_MODIFY) >= 0;
    bool holds = file_holds(path, text, times);
    while (watched && !holds) {
        char events[4096];
        struct pollfd wait[2] = {{.fd = watch, .events = POLLIN}, {.fd = stop, .events = POLLIN}};
        int ready = poll(wait, 2, clock_left_ms(until));
        ssize_t taken = read(watch, events, sizeof(events));
        (void)taken; /* that something was written is all that counts */
        holds = file_holds(path, text, times);
        watched = ready > 0 && !wait[1].revents;
    }
    if (watch >= 0) {
        close(watch);
    }
    return holds;
}

bool file_write(const char *path, const char *text) {
    FILE *file = fopen(path, "we");
    bool written = file && fputs(text, file) >= 0;
    return file && fclose(file) == 0 && written;
}

bool file_copy(const char *from, const char *to) {
    int in = open(from, O_RDONLY | O_CLOEXEC);
    int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
    ssize_t copied = in < 0 || out < 0 ? -1 : 1;
    while (copied > 0) {
        copied = copy_file_range(in, NULL, out, NULL, 1 << 30, 0);
    }
    if (in >= 0) {
        close(in);
    }
    if (out >= 0) {
        close(out);
    }
    return copied == 0;
}

static int entry_remove(const char *path, const struct stat *info, int kind, struct FTW *place) {
    (void)info;
    (void)kind;
    (void)place;
    return remove(path);
}

void folder_remove(const char *path) {
    (void)nftw(path, entry_remove, 8, FTW_DEPTH | FTW_PHYS);
}

char *text_last_line(const char *text) {
    size_t end = strlen(text);
    while (end > 0 && text[end - 1] == '\n') {
        end--;
    }
    size_t start = end;
    while (start > 0 && text[start - 1] != '\n') {
        start--;
    }
    return strndup(text + start, end - start);
}

bool text_matches(const char *text, const char *pattern) {
    regex_t regex;
    if (regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB | REG_NEWLINE) != 0) {
        return false;
    }
    bool matches = regexec(&regex, text, 0, NULL, 0) == 0;
    regfree(&regex);
    return matches;
}

int64_t clock_now_ms(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int clock_left_ms(int64_t until) {
    int64_t left = until - clock_now_ms();
    return left > 0 ? (int)left : 0;
}
