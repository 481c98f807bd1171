/*
 * A FastCGI responder with hello, echo and slow, one request at a time in each of PROCESSES processes that accept from
 * the socket which it inherits as descriptor 0 (spawn-fcgi). It ends with whoever started it.
 *
 *     fastcgi PROCESSES
 */
#include <fcgiapp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "spend.h"

static void echo(FCGX_Request *request) {
    static char data[65536];
    const char *length = FCGX_GetParam("CONTENT_LENGTH", request->envp);
    int n;
    FCGX_FPrintF(request->out, "Content-Type: application/octet-stream\r\nContent-Length: %s\r\n\r\n",
                 length && *length ? length : "0");
    while ((n = FCGX_GetStr(data, sizeof(data), request->in)) > 0) {
        FCGX_PutStr(data, n, request->out);
    }
}

static void respond(FCGX_Request *request) {
    const char *path = FCGX_GetParam("SCRIPT_NAME", request->envp);
    if (path && strcmp(path, "/echo") == 0) {
        echo(request);
    } else if (path && strcmp(path, "/slow") == 0) {
        spend_query(FCGX_GetParam("QUERY_STRING", request->envp));
        FCGX_PutS("Content-Type: text/plain\r\nContent-Length: 5\r\n\r\nslow\n", request->out);
    } else {
        FCGX_PutS("Content-Type: text/plain\r\nContent-Length: 14\r\n\r\nHello, world!\n", request->out);
    }
}

static int serve(void) {
    FCGX_Request request;
    if (FCGX_Init() != 0 || FCGX_InitRequest(&request, 0, 0) != 0) {
        return EXIT_FAILURE;
    }
    while (FCGX_Accept_r(&request) >= 0) {
        respond(&request);
        FCGX_Finish_r(&request);
    }
    return EXIT_FAILURE;
}

int main(int argc, char **argv) {
    long processes = argc == 2 ? strtol(argv[1], NULL, 10) : 0;
    if (processes < 1 || processes > 1000) {
        fprintf(stderr, "usage: spawn-fcgi -n -s SOCKET -- %s PROCESSES\n", argv[0]);
        return 2;
    }
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    for (long i = 0; i < processes; i++) {
        pid_t pid = fork();
        if (pid < 0) {
            perror("fork");
            return EXIT_FAILURE;
        }
        if (pid == 0) {
            prctl(PR_SET_PDEATHSIG, SIGTERM);
            return serve();
        }
    }
    while (wait(NULL) > 0) {
    }
    return EXIT_FAILURE;
}
