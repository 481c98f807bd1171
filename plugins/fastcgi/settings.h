/* What the configuration says of the fastcgi plugin, checked and made ready once in each worker. */
#ifndef FASTCGI_SETTINGS_H
#define FASTCGI_SETTINGS_H

#include <stdbool.h>
#include <sys/socket.h>

#include <socgi/plugin.h>

struct settings {
    struct sockaddr_storage address; /* of the responder */
    socklen_t address_length;        /* 0: none is configured */
    const char *socket;              /* as it was written */
    char *path;                      /* the folder of the scripts, absolute; NULL: none */
    int root;                        /* the same, O_PATH; -1: it is not looked at */
    const char *index;               /* the script that answers for its folder; "": none */
    const char *front;               /* that for whatever is no script, "/index.php"; "": none */
    const char *split;               /* what a script's name ends with; "": the responder is one program */
    const char *set;                 /* NAME=VALUE that it gets besides, separated by blanks */
    int seconds;                     /* longest wait for an answer */
    bool keep;                       /* the connection is for the next request, too */
    bool authorization;              /* it gets HTTP_AUTHORIZATION */
};

extern const struct socgi_option settings_options[];

/* 0, or -errno after a line in the log that names the option. *settings is the caller's. */
int settings_load(const struct socgi_context *ctx, struct settings **settings);

/* NULL is allowed. */
void settings_free(struct settings *settings);

#endif
