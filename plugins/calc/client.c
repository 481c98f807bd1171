/*
 * socgi-calc: the calculator in a terminal, or at the end of a pipe, over one kept connection to a server that has the
 * plugin calc. Lines have a history where there is a terminal (libedit). Exit status: 0; 1 when a line of a pipe could
 * not be reckoned; 2 for a command line that cannot be understood.
 */
#include <curl/curl.h>
#include <editline/readline.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_SERVER "http://127.0.0.1:8080"

enum { PATIENCE_SECONDS = 10, STATUS_OK = 200, EXIT_USAGE = 2 };

static const char usage[] = "Usage: socgi-calc [SERVER]     default: " DEFAULT_SERVER "\n"
                            "Each line is reckoned by the server's plugin calc; 'help' tells what a line may be.\n";

static const char help[] = "An expression:  1/3 + 2*(4-1)\n"
                           "An operation:   add 1 2    sub 5 3    mul 6 7    div 1 3\n"
                           "help            this text\n"
                           "quit            the end, as is Ctrl-D\n";

struct client {
    CURL *curl;
    const char *server;
    char *body;
    size_t length;
};

static size_t take(char *data, size_t size, size_t count, void *user) {
    struct client *c = user;
    char *grown = realloc(c->body, c->length + size * count + 1);
    if (!grown) {
        return 0;
    }
    memcpy(grown + c->length, data, size * count);
    c->body = grown;
    c->length += size * count;
    c->body[c->length] = '\0';
    return size * count;
}

/* What the server says of a query: printed. False: it was no result. */
static bool ask(struct client *c, const char *query) {
    char reason[CURL_ERROR_SIZE] = "";
    char *url;
    if (asprintf(&url, "%s/calc?%s", c->server, query) < 0) {
        return false;
    }
    c->length = 0;
    curl_easy_setopt(c->curl, CURLOPT_URL, url);
    curl_easy_setopt(c->curl, CURLOPT_ERRORBUFFER, reason);
    CURLcode result = curl_easy_perform(c->curl);
    curl_easy_setopt(c->curl, CURLOPT_ERRORBUFFER, NULL);
    free(url);
    if (result != CURLE_OK) {
        fprintf(stderr, "%s does not answer: %s; start it, or name another: socgi-calc SERVER\n", c->server,
                reason[0] ? reason : curl_easy_strerror(result));
        return false;
    }
    long status = 0;
    curl_easy_getinfo(c->curl, CURLINFO_RESPONSE_CODE, &status);
    const char *text = c->length ? c->body : "";
    if (status == STATUS_OK) {
        fputs(text, stdout);
        return fflush(stdout) == 0;
    }
    fprintf(stderr, "%s%s", text, c->length && c->body[c->length - 1] == '\n' ? "" : "\n");
    return false;
}

static bool expression(struct client *c, const char *line) {
    char *text = curl_easy_escape(c->curl, line, 0);
    char *query = NULL;
    bool done = text && asprintf(&query, "expr=%s", text) >= 0 && ask(c, query);
    curl_free(text);
    free(query);
    return done;
}

/* "div 1 3": the operation and its two numbers. */
static bool operation(struct client *c, const char *op, const char *rest) {
    size_t first = strcspn(rest, " \t");
    const char *second = rest + first + strspn(rest + first, " \t");
    if (first == 0 || !*second || strpbrk(second, " \t")) {
        fprintf(stderr, "found \"%s %s\", expected two numbers, as in: %s 6 3\n", op, rest, op);
        return false;
    }
    char *a = curl_easy_escape(c->curl, rest, (int)first);
    char *b = curl_easy_escape(c->curl, second, 0);
    char *query = NULL;
    bool done = a && b && asprintf(&query, "op=%s&a=%s&b=%s", op, a, b) >= 0 && ask(c, query);
    curl_free(a);
    curl_free(b);
    free(query);
    return done;
}

enum verdict { DONE, FAILED, QUIT };

static enum verdict line_carry_out(struct client *c, char *line) {
    static const char *const operations[] = {"add", "sub", "mul", "div"};
    line += strspn(line, " \t");
    for (size_t n = strlen(line); n > 0 && strchr(" \t\r\n", line[n - 1]); n--) {
        line[n - 1] = '\0';
    }
    if (!*line) {
        return DONE;
    }
    if (strcmp(line, "quit") == 0 || strcmp(line, "exit") == 0) {
        return QUIT;
    }
    if (strcmp(line, "help") == 0) {
        fputs(help, stdout);
        return DONE;
    }
    size_t word = strcspn(line, " \t");
    for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
        if (strlen(operations[i]) == word && strncmp(line, operations[i], word) == 0) {
            const char *rest = line + word + strspn(line + word, " \t");
            return operation(c, operations[i], rest) ? DONE : FAILED;
        }
    }
    return expression(c, line) ? DONE : FAILED;
}

static int talk(struct client *c) {
    printf("The calculator at %s. 'help' tells what a line may be.\n", c->server);
    enum verdict verdict = DONE;
    for (char *line; verdict != QUIT && (line = readline("calc> "));) {
        if (*line) {
            add_history(line);
        }
        verdict = line_carry_out(c, line);
        free(line);
    }
    return EXIT_SUCCESS;
}

static int pipe_carry_out(struct client *c) {
    char *line = NULL;
    size_t capacity = 0;
    enum verdict verdict = DONE;
    int status = EXIT_SUCCESS;
    while (verdict != QUIT && getline(&line, &capacity, stdin) > 0) {
        verdict = line_carry_out(c, line);
        status = verdict == FAILED ? EXIT_FAILURE : status;
    }
    free(line);
    return status;
}

int main(int argc, char **argv) {
    if (argc > 2 || (argc == 2 && argv[1][0] == '-')) {
        bool asked = argc == 2 && (strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--help") == 0);
        fputs(usage, asked ? stdout : stderr);
        return asked ? EXIT_SUCCESS : EXIT_USAGE;
    }
    struct client c = {.curl = curl_easy_init(), .server = argc == 2 ? argv[1] : DEFAULT_SERVER};
    if (!c.curl) {
        fputs("socgi-calc: no memory\n", stderr);
        return EXIT_FAILURE;
    }
    struct curl_slist *fields = curl_slist_append(NULL, "Accept: text/plain");
    curl_easy_setopt(c.curl, CURLOPT_HTTPHEADER, fields);
    curl_easy_setopt(c.curl, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(c.curl, CURLOPT_WRITEDATA, &c);
    curl_easy_setopt(c.curl, CURLOPT_TIMEOUT, (long)PATIENCE_SECONDS);
    curl_easy_setopt(c.curl, CURLOPT_PROTOCOLS_STR, "http,https");
    int status = isatty(STDIN_FILENO) ? talk(&c) : pipe_carry_out(&c);
    curl_easy_cleanup(c.curl);
    curl_slist_free_all(fields);
    free(c.body);
    return status;
}
