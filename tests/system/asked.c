/* Requests to the plugin "origin". */
#include "asked.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"

long asked(struct client *client, const char *method, const char *path, const char *fields, int status,
           const char *told) {
    struct answer answer;
    char value[256];
    client_print(client, "%s %s HTTP/1.1\r\nHost: t\r\n%s\r\n", method, path, fields);
    assert_int_equal(client_read(client, strcmp(method, "HEAD") == 0, &answer), 0);
    if (answer.status != status) {
        print_error("%s %s (%s): %s\n", method, path, fields, answer.head);
    }
    assert_int_equal(answer.status, status);
    (void)answer_field(&answer, "Cache-Status", value);
    if (strncmp(value, told, strlen(told)) != 0) {
        print_error("%s %s (%s): found \"%s\", expected \"%s\"\n", method, path, fields, value, told);
    }
    assert_int_equal(strncmp(value, told, strlen(told)), 0);
    long run = answer.length > 4 && strncmp(answer.body, "run ", 4) == 0 ? strtol(answer.body + 4, NULL, 10) : 0;
    answer_free(&answer);
    return run;
}
