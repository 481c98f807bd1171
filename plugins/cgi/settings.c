/* What the configuration says of the cgi plugin. */
#include "settings.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "links.h"
#include "words.h"

enum { SECONDS_MOST = 86400 };

const struct socgi_option settings_options[] = {
    {"root", NULL, "the folder whose executable files are run"},
    {"links", "owner", "links out of the root that are followed: owner (root's, or of the target's owner), all, none"},
    {"timeout", "20s", "how long a program may take; the server's time limit for the plugin comes on top"},
    {"background", "60s", "how long what a program has left may go on, without its output; 0: it is ended"},
    {"environment", "PATH LANG TZ", "names of the server's variables that programs get"},
    {"set", "", "variables that they get besides, as \"NAME=VALUE NAME='TWO WORDS'\""},
    {"programs", "", "what is otherwise for some: lines of \"PATTERN timeout=1h background=0 NAME=VALUE\""},
    {"interpreter", "", "what runs files by their names' ends, as \".php=/usr/bin/php-cgi .pl=/usr/bin/perl\""},
    {"front", "", "one program for all that is below a path, as \"/git=/usr/lib/git-core/git-http-backend\""},
    {"authorization", "false", "whether they get the field Authorization: true or false"},
    {NULL, NULL, NULL},
};

static int complain(const char *name, const char *found, const char *expected) {
    socgi_log(SOCGI_LOG_ERROR, "option %s: found \"%s\", expected %s", name, found ? found : "", expected);
    return -EINVAL;
}

/* ---- Single values ---- */

static int root_read(const struct socgi_context *ctx, struct settings *s) {
    const char *value = socgi_option(ctx, "root");
    if (!value) {
        return 0; /* it is there, and nothing is run but fronts */
    }
    int refused = links_refused();
    if (refused) {
        socgi_log(SOCGI_LOG_ERROR,
                  "the call openat2 is refused: %s: programs are found by it. Linux 5.6 or later is needed, and in a "
                  "container its seccomp profile must allow it",
                  strerror(-refused));
        return refused;
    }
    s->path = realpath(value, NULL);
    s->root = s->path ? open(s->path, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
    if (s->root < 0) {
        return complain("root", value, "a folder of programs");
    }
    return 0;
}

static int links_read(const struct socgi_context *ctx, struct settings *s) {
    static const char *const names[] = {[LINKS_OWNER] = "owner", [LINKS_ALL] = "all", [LINKS_NONE] = "none"};
    const char *value = socgi_option(ctx, "links");
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(value, names[i]) == 0) {
            s->links = (enum links)i;
            return 0;
        }
    }
    return complain("links", value, "owner, all or none");
}

static bool seconds_parse(const char *text, int least, int *out) {
    char *end;
    errno = 0;
    long long seconds = strtoll(text, &end, 10);
    long long unit = *end == 'm' ? 60 : *end == 'h' ? 3600 : 1;
    end += *end && strchr("smh", *end) ? 1 : 0;
    bool valid = text[0] >= '0' && text[0] <= '9' && !*end && !errno && seconds <= SECONDS_MOST / unit &&
                 seconds * unit >= least;
    *out = valid ? (int)(seconds * unit) : 0;
    return valid;
}

static int seconds_read(const struct socgi_context *ctx, const char *name, int least, int *out) {
    const char *value = socgi_option(ctx, name);
    return seconds_parse(value, least, out)
               ? 0
               : complain(name, value,
                          least ? "seconds, or with s, m, h: 1 to 86400 s" : "seconds, or with s, m, h: 0 to 86400 s");
}

static int authorization_read(const struct socgi_context *ctx, struct settings *s) {
    const char *value = socgi_option(ctx, "authorization");
    s->authorization = strcmp(value, "true") == 0;
    return s->authorization || strcmp(value, "false") == 0 ? 0 : complain("authorization", value, "true or false");
}

/* ---- Lists of words ---- */

static int words_read(const char *name, const char *value, size_t length, char ***words) {
    *words = words_split(value, length);
    if (*words) {
        return 0;
    }
    return errno == ENOMEM ? -ENOMEM : complain(name, value, "words between blanks, each quote closed");
}

static int set_read(const struct socgi_context *ctx, struct settings *s) {
    const char *value = socgi_option(ctx, "set");
    int error = words_read("set", value, strlen(value), &s->usual.words);
    s->usual.set = s->usual.words;
    for (size_t i = 0; !error && s->usual.set[i]; i++) {
        const char *equals = strchr(s->usual.set[i], '=');
        error = equals && equals > s->usual.set[i] ? 0 : complain("set", s->usual.set[i], "NAME=VALUE");
    }
    return error;
}

/* "KEY=VALUE" words, of which each key begins with that character, and each value may be asked of. */
static int pairs_read(const struct socgi_context *ctx, const char *name, char begin, bool (*valid)(const char *value),
                      const char *expected, char ***words, struct pair **out) {
    const char *value = socgi_option(ctx, name);
    size_t count = 0;
    int error = words_read(name, value, strlen(value), words);
    while (!error && (*words)[count]) {
        count++;
    }
    *out = error ? NULL : calloc(count + 1, sizeof(**out));
    if (!error && !*out) {
        return -ENOMEM;
    }
    for (size_t i = 0; !error && i < count; i++) {
        const char *word = (*words)[i];
        const char *equals = strchr(word, '=');
        if (word[0] != begin || !equals || !valid(equals + 1)) {
            return complain(name, word, expected);
        }
        (*out)[i] = (struct pair){.key = word, .length = (size_t)(equals - word), .value = equals + 1};
    }
    return error;
}

static bool is_program(const char *path) {
    return path[0] == '/' && access(path, X_OK) == 0;
}

static bool is_said(const char *path) {
    return path[0] != '\0';
}

/* ---- What is otherwise for some programs ---- */

static int manner_word(struct manner *m, char *word, size_t *set) {
    static const char *const names[] = {"background=", "timeout="};
    for (int i = 0; i < 2; i++) {
        size_t length = strlen(names[i]);
        if (strncmp(word, names[i], length) == 0) {
            return seconds_parse(word + length, i, i ? &m->seconds : &m->background) ? 0 : -EINVAL;
        }
    }
    m->set[(*set)++] = word;
    return strchr(word, '=') && word[0] != '=' ? 0 : -EINVAL;
}

/* PATTERN, and behind it what differs. */
static int manner_read(struct settings *s, const char *text, size_t length) {
    struct manner *grown = reallocarray(s->manners, s->manner_count + 1, sizeof(*grown));
    if (!grown) {
        return -ENOMEM;
    }
    s->manners = grown;
    struct manner *m = &grown[s->manner_count];
    *m = s->usual;
    int error = words_read("programs", text, length, &m->words);
    if (error || !m->words[0]) {
        free(error ? NULL : m->words);
        return error; /* an empty line */
    }
    s->manner_count++;
    m->pattern = m->words[0];
    m->set = m->words + 1; /* its variables move to the front of these */
    size_t set = 0;
    error = strchr(m->pattern, '=') ? complain("programs", m->pattern, "the pattern of a program's name first") : 0;
    for (char **word = m->words + 1; !error && *word; word++) {
        if (manner_word(m, *word, &set)) {
            error = complain("programs", *word, "timeout=TIME, background=TIME or NAME=VALUE behind a pattern");
        }
    }
    m->set[set] = NULL;
    return error;
}

static int manners_read(const struct socgi_context *ctx, struct settings *s) {
    int error = 0;
    for (const char *at = socgi_option(ctx, "programs"); *at && !error;) {
        size_t length = words_clause(at);
        error = manner_read(s, at, length);
        at += at[length] ? length + 1 : length;
    }
    return error;
}

const struct manner *settings_manner(const struct settings *s, const char *name) {
    for (size_t i = 0; i < s->manner_count; i++) {
        if (fnmatch(s->manners[i].pattern, name, FNM_PERIOD) == 0) {
            return &s->manners[i];
        }
    }
    return &s->usual;
}

/* ---- All together ---- */

static int all_read(const struct socgi_context *ctx, struct settings *s) {
    int error = root_read(ctx, s);
    error = error ? error : links_read(ctx, s);
    error = error ? error : seconds_read(ctx, "timeout", 1, &s->usual.seconds);
    error = error ? error : seconds_read(ctx, "background", 0, &s->usual.background);
    error = error ? error : authorization_read(ctx, s);
    error = error ? error : set_read(ctx, s);
    error = error ? error : manners_read(ctx, s);
    error = error ? error
                  : pairs_read(ctx, "interpreter", '.', is_program, ".EXTENSION=/PROGRAM, which can be run",
                               &s->interpreter_words, &s->interpreters);
    error = error ? error : pairs_read(ctx, "front", '/', is_said, "/PATH=PROGRAM", &s->front_words, &s->fronts);
    return error;
}

int settings_load(const struct socgi_context *ctx, struct settings **out) {
    struct settings *s = calloc(1, sizeof(*s));
    if (!s) {
        return -ENOMEM;
    }
    s->root = -1;
    s->pass = socgi_option(ctx, "environment");
    s->left = background_new();
    int error = s->left ? all_read(ctx, s) : -ENOMEM;
    if (error) {
        settings_free(s);
        return error;
    }
    *out = s;
    return 0;
}

void settings_free(struct settings *s) {
    if (!s) {
        return;
    }
    background_free(s->left);
    if (s->root >= 0) {
        close(s->root);
    }
    for (size_t i = 0; i < s->manner_count; i++) {
        free(s->manners[i].words);
    }
    free(s->manners);
    free(s->usual.words);
    free(s->interpreters);
    free(s->interpreter_words);
    free(s->fronts);
    free(s->front_words);
    free(s->path);
    free(s);
}
