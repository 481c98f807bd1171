/*
 * Who a request comes from: HTTP Basic (RFC 7617) against a table of users, or a bearer token (RFC 6750). Pure: it is
 * given texts and reads no file. Any plugin can link it, and ask before it does anything else:
 *
 *     struct credentials who;
 *     int error = credentials_basic(socgi_header(req, "Authorization"), &who);
 *     error = error ? error : credentials_check(&who, users);
 *     if (error) {
 *         socgi_set_header(res, "WWW-Authenticate", "Basic realm=\"reports\", charset=\"UTF-8\"");
 *         return socgi_problem(req, res, 401, NULL);
 *     }
 *     ... who.user is who it says ...
 *
 * The table is that of htpasswd: a line NAME:HASH for each user, with a hash that crypt(3) knows. "mkpasswd -m
 * yescrypt" makes one. Both ways send the secret itself, so they are only as safe as the connection: put TLS before the
 * server.
 */
#ifndef MEMBERS_CREDENTIALS_H
#define MEMBERS_CREDENTIALS_H

#include <stdbool.h>

enum { CREDENTIALS_MAX = 512 /* bytes of user and password together; passwords of crypt(3) end there, too */ };

struct credentials {
    char user[CREDENTIALS_MAX + 1];
    char password[CREDENTIALS_MAX + 1];
};

/* Reads a field "Authorization: Basic ...". 0; -ENOENT: it is NULL or of another scheme; -EINVAL: it is malformed. */
int credentials_basic(const char *authorization, struct credentials *out);

/* Looks the user up. 0, or -EACCES: there is none of that name and password. Which of the two is wrong shows neither in
 * the answer nor in the time that it takes. */
int credentials_check(const struct credentials *c, const char *users);

/* Whether a field says "Authorization: Bearer TOKEN" with that token. */
bool credentials_bearer(const char *authorization, const char *token);

#endif
