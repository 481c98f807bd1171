// What the C++ plugins have in common: state of their own, the standard library, and exceptions within.
#ifndef GREET_H
#define GREET_H

#include <socgi/plugin.h>

#include <cerrno>
#include <stdexcept>
#include <string>
#include <vector>

static int init(struct socgi_context *ctx) {
    socgi_set_data(ctx, new std::vector<std::string>);
    return 0;
}

static void fini(struct socgi_context *ctx) {
    auto names = static_cast<std::vector<std::string> *>(socgi_data(ctx));
    socgi_log(SOCGI_LOG_NOTICE, "greeted %zu", names->size());
    delete names;
}

static const char *checked(const char *name) {
    if (std::string(name) == "nobody") {
        throw std::invalid_argument("nobody is there");
    }
    return name;
}

static int greet(const struct socgi_request *req, struct socgi_response *res) {
    auto names = static_cast<std::vector<std::string> *>(socgi_data(socgi_context(req)));
    const char *name = socgi_query(req, "name", "world");
    if (std::string(name) == "uncaught") {
        throw std::runtime_error("this leaves the handler");
    }
    try {
        names->push_back(checked(name));
    } catch (const std::invalid_argument &e) {
        return socgi_problem(req, res, 400, "%s", e.what());
    }
    return socgi_printf(res, "Hello, %s, by C++!\n", names->back().c_str()) < 0 ? -EIO : 200;
}

#endif
