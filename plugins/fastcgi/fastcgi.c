/*
 * fastcgi: passes requests to a FastCGI responder, as php-fpm or a program of libfcgi, so that a site whose handlers
 * are not all C needs no second server. One request at a time in a worker, so one connection with the responder is all
 * that it has.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <socgi/plugin.h>

#include "link.h"
#include "name.h"
#include "relay.h"
#include "script.h"
#include "settings.h"

struct fastcgi {
    struct settings *settings;
    struct link link;
};

static void fastcgi_fini(struct socgi_context *ctx) {
    struct fastcgi *f = socgi_data(ctx);
    if (f) {
        link_close(&f->link);
        settings_free(f->settings);
        free(f);
    }
}

static int fastcgi_init(struct socgi_context *ctx) {
    struct fastcgi *f = calloc(1, sizeof(*f));
    if (!f) {
        return -ENOMEM;
    }
    f->link.fd = -1;
    int error = settings_load(ctx, &f->settings);
    if (error) {
        free(f);
        return error;
    }
    socgi_set_data(ctx, f);
    return 0;
}

/* A folder without its slash, at which relative links would lead elsewhere. */
static int slash_add(const struct socgi_request *req, struct socgi_response *res) {
    const char *query = socgi_query_string(req);
    const char *path = name_encode_path(req, socgi_path(req));
    const char *location = path ? socgi_format(req, "%s/%s%s", path, *query ? "?" : "", query) : NULL;
    return location ? socgi_redirect(res, 308, location) : -ENOMEM;
}

static int fastcgi(const struct socgi_request *req, struct socgi_response *res) {
    struct fastcgi *f = socgi_data(socgi_context(req));
    struct script script = {0};
    if (f->settings->address_length == 0) {
        return socgi_problem(req, res, 404, "No responder is configured: option socket of the plugin fastcgi.");
    }
    int status = script_find(req, f->settings, socgi_path_info(req), &script);
    if (status == 308) {
        return slash_add(req, res);
    }
    if (status) {
        return socgi_problem(req, res, status, status == 404 ? "No script is here." : "The script cannot be run now.");
    }
    return relay_run(req, res, f->settings, &script, &f->link);
}
SOCGI_PLUGIN(.version = "1.0", .methods = "GET HEAD POST PUT DELETE PATCH OPTIONS", .handle = fastcgi,
             .init = fastcgi_init, .fini = fastcgi_fini, .options = settings_options)
