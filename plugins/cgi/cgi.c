/*
 * cgi: runs the programs below a folder by the Common Gateway Interface 1.1, RFC 3875. One thing is as it is here:
 * a query without "=" gives a program no arguments (section 4.4), for what takes them as options does what a stranger
 * says. README.md has the rest.
 */
#include <errno.h>
#include <string.h>

#include <socgi/plugin.h>

#include "environment.h"
#include "program.h"
#include "pump.h"
#include "settings.h"

static int cgi_init(struct socgi_context *ctx) {
    struct settings *settings = NULL;
    int error = settings_load(ctx, &settings);
    socgi_set_data(ctx, settings);
    return error;
}

static void cgi_fini(struct socgi_context *ctx) {
    settings_free(socgi_data(ctx));
}

static const char *refusal(int status) {
    switch (status) {
    case 403:
        return "This file is not to be run.";
    case 404:
        return "No program is here.";
    default:
        return "The program cannot be run now.";
    }
}

static int cgi(const struct socgi_request *req, struct socgi_response *res) {
    const struct settings *settings = socgi_data(socgi_context(req));
    struct program program = {0};
    if (settings->root < 0 && !settings->fronts->key) {
        return socgi_problem(req, res, 404, "No programs are configured: option root of the plugin cgi.");
    }
    int status = program_find(req, settings, &program);
    if (status) {
        return socgi_problem(req, res, status, "%s", refusal(status));
    }
    char **environment = environment_make(req, settings, &program);
    return environment ? pump_run(req, res, settings, &program, environment) : -ENOMEM;
}
SOCGI_PLUGIN(.name = "cgi", .version = "1.0", .methods = "GET HEAD POST PUT DELETE PATCH OPTIONS", .handle = cgi,
             .init = cgi_init, .fini = cgi_fini, .options = settings_options)
