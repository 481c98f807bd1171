/* The environment of a worker. */
#include "worker/environment.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void copies_free(char **copies) {
    for (size_t i = 0; copies && copies[i]; i++) {
        free(copies[i]);
    }
    free(copies);
}

void environment_free(struct environment *e) {
    free(e->texts);
    copies_free(e->copies);
    *e = (struct environment){0};
}

static size_t environ_count(void) {
    size_t count = 0;
    while (environ && environ[count]) {
        count++;
    }
    return count;
}

int environment_take(struct environment *e) {
    size_t count = environ_count();
    struct environment now = {.list = environ,
                              .texts = calloc(count + 1, sizeof(char *)),
                              .copies = calloc(count + 1, sizeof(char *)),
                              .count = count};
    bool complete = now.texts && now.copies;
    for (size_t i = 0; complete && i < count; i++) {
        now.texts[i] = environ[i];
        now.copies[i] = strdup(environ[i]);
        complete = now.copies[i] != NULL;
    }
    environment_free(e);
    *e = now;
    if (!complete) {
        environment_free(e);
        return -ENOMEM;
    }
    return 0;
}

bool environment_same(const struct environment *e) {
    if (environ != e->list) {
        return false;
    }
    for (size_t i = 0; i <= e->count && environ; i++) {
        if (environ[i] != e->texts[i]) {
            return false;
        }
    }
    return true;
}

/* ---- Differences ---- */

static size_t name_length(const char *text) {
    return strcspn(text, "=");
}

static const char *text_of(char *const *list, const char *name, size_t length) {
    for (size_t i = 0; list && list[i]; i++) {
        if (strncmp(list[i], name, length) == 0 && list[i][length] == '=') {
            return list[i];
        }
    }
    return NULL;
}

/* A name that comes twice counts once. */
static bool shadowed(const struct environment *e, size_t i, size_t length) {
    return text_of(e->copies, e->copies[i], length) != e->copies[i];
}

/* Neither the list nor a text of it. */
static bool untouched(const struct environment *e) {
    size_t i = 0;
    bool same = environment_same(e);
    while (same && i < e->count) {
        same = strcmp(e->texts[i], e->copies[i]) == 0;
        i++;
    }
    return same;
}

enum environment_change environment_compare(const struct environment *e, char name[ENVIRONMENT_NAME]) {
    if (untouched(e)) {
        return ENVIRONMENT_SAME;
    }
    for (size_t i = 0; i < e->count; i++) {
        size_t length = name_length(e->copies[i]);
        const char *now = text_of(environ, e->copies[i], length);
        if (!shadowed(e, i, length) && (!now || strcmp(now, e->copies[i]) != 0)) {
            snprintf(name, ENVIRONMENT_NAME, "%.*s", (int)length, e->copies[i]);
            return ENVIRONMENT_CHANGED;
        }
    }
    for (size_t i = 0; environ && environ[i]; i++) {
        size_t length = name_length(environ[i]);
        if (!text_of(e->copies, environ[i], length)) {
            snprintf(name, ENVIRONMENT_NAME, "%.*s", (int)length, environ[i]);
            return ENVIRONMENT_GROWN;
        }
    }
    return ENVIRONMENT_SAME;
}

/* By setenv: the list may be one that the C library has made, which it goes on with. */
static int variables_restore(const struct environment *e) {
    for (size_t i = 0; i < e->count; i++) {
        const char *text = e->copies[i];
        size_t length = name_length(text);
        const char *now = text_of(environ, text, length);
        if (shadowed(e, i, length) || (now && strcmp(now, text) == 0)) {
            continue;
        }
        char *name = strndup(text, length);
        int error = name ? setenv(name, text + length + 1, 1) : 0;
        free(name);
        if (!name || error < 0) {
            return -ENOMEM;
        }
    }
    return 0;
}

static int variables_remove(const struct environment *e) {
    for (size_t i = 0; environ && environ[i];) {
        size_t length = name_length(environ[i]);
        if (length == 0 || environ[i][length] != '=' || text_of(e->copies, environ[i], length)) {
            i++;
            continue;
        }
        char *name = strndup(environ[i], length);
        int error = name ? unsetenv(name) : -1;
        free(name);
        if (error < 0) {
            return -ENOMEM;
        }
    }
    return 0;
}

int environment_restore(struct environment *e, bool grown) {
    int error = variables_restore(e);
    error = error || grown ? error : variables_remove(e);
    return error ? error : environment_take(e);
}
