/* A CGI program (RFC 3875) with hello, echo and slow, for mod_cgi. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "spend.h"

static void echo(void) {
    static char data[65536];
    const char *length = getenv("CONTENT_LENGTH");
    size_t n;
    printf("Content-Type: application/octet-stream\r\nContent-Length: %s\r\n\r\n", length && *length ? length : "0");
    while ((n = fread(data, 1, sizeof(data), stdin)) > 0) {
        fwrite(data, 1, n, stdout);
    }
}

int main(void) {
    const char *path = getenv("SCRIPT_NAME");
    if (path && strcmp(path, "/echo") == 0) {
        echo();
    } else if (path && strcmp(path, "/slow") == 0) {
        spend_query(getenv("QUERY_STRING"));
        printf("Content-Type: text/plain\r\nContent-Length: 5\r\n\r\nslow\n");
    } else {
        printf("Content-Type: text/plain\r\nContent-Length: 14\r\n\r\nHello, world!\n");
    }
    return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
