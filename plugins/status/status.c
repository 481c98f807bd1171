/*
 * status: what the server is doing, for everyone. A worker runs it.
 *
 *     GET /status      the view inside as JSON, without what is nobody's business: no request, no client, no process
 *                      number, no path, no user, no trace
 *
 * The view inside is on a unix socket that no browser reaches; option "socket" is its path. The worker's user must be
 * allowed to connect to it, which is the server's own user unless the configuration says otherwise.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <socgi/plugin.h>

#include "reduce.h"
#include "view.h"

/* Whatever is not named here stays inside. */
static const char *const public_members[] = {"version",
                                             "state",
                                             "uptime",
                                             "generation",
                                             "connections.open",
                                             "connections.accepted",
                                             "requests.total",
                                             "requests.statuses",
                                             "pools.name",
                                             "pools.generation",
                                             "pools.workers_max",
                                             "pools.queued",
                                             "pools.workers.state",
                                             "pools.workers.age",
                                             "pools.workers.requests",
                                             "pools.workers.plugin",
                                             "pools.workers.since",
                                             "plugins.name",
                                             "plugins.route",
                                             "plugins.state",
                                             "plugins.running",
                                             "plugins.requests",
                                             "plugins.errors",
                                             "plugins.crashes",
                                             "plugins.timeouts",
                                             "plugins.p50",
                                             "plugins.p99",
                                             "incidents_total",
                                             NULL};

static const struct socgi_option options[] = {
    {"socket", NULL, "the path of the server's admin socket"},
    {NULL, NULL, NULL},
};

static int refuse(const struct socgi_request *req, struct socgi_response *res, int error) {
    if (error == -ENOMEM) {
        return error;
    }
    socgi_log(SOCGI_LOG_WARNING, "the view inside: %s", strerror(-error));
    if (error == -EBADMSG || error == -EFBIG) {
        return socgi_problem(req, res, 502, "What answers at the admin socket is no socgi.");
    }
    if (error == -EAGAIN) {
        return socgi_problem(req, res, 504, "The view inside does not answer.");
    }
    return socgi_problem(req, res, 503, "The view inside cannot be reached.");
}

static int status(const struct socgi_request *req, struct socgi_response *res) {
    const char *path = socgi_option(socgi_context(req), "socket");
    char *json;
    socgi_set_header(res, "X-Content-Type-Options", "nosniff");
    if (socgi_path_info(req)[0] != '\0') {
        return socgi_problem(req, res, 404, NULL);
    }
    if (!path) {
        return socgi_problem(req, res, 503, "Option socket is not set: there is no view inside to show.");
    }
    int error = view_get(path, &json);
    if (error) {
        return refuse(req, res, error);
    }
    socgi_set_type(res, "application/json");
    socgi_set_header(res, "Cache-Control", "no-store");
    error = reduce_json(res, json, public_members);
    free(json);
    if (error) {
        return refuse(req, res, error);
    }
    error = socgi_write(res, "\n", 1);
    return error ? error : 200;
}

SOCGI_PLUGIN(.handle = status, .version = "1.0", .methods = "GET", .timeout_ms = 5000, .options = options)
