/*
 * socgi/plugin.h: what a plugin author compiles against.
 *
 * A plugin is a shared object with one handler. This is a whole one; built as hello.so it serves /hello:
 *
 *     #include <socgi/plugin.h>
 *
 *     static int hello(const struct socgi_request *req, struct socgi_response *res) {
 *         socgi_printf(res, "Hello, %s!\n", socgi_query(req, "name", "world"));
 *         return 200;
 *     }
 *     SOCGI_PLUGIN(.handle = hello)
 *
 * A handler is plain blocking C. One handler at a time runs in a worker process, so it needs no lock; it never waits
 * for the client, because what the client does not take at once is sent later by the server.
 *
 * Ownership: every pointer that a function here returns lives until the handler returns, and is freed by the server.
 * Strings that a plugin passes in are copied, unless the function says otherwise.
 *
 * Errors: functions that return int give 0, or a negative errno; each names those that it can give.
 *
 * How a plugin is loaded, the layout of the structs byte by byte, and what a handler's process may do is in ABI.md,
 * with plugins in C++ and Rust.
 *
 * Changes of the ABI (major: old plugins no longer load; minor: only additions):
 *   1.0  first version
 *   1.1  struct socgi_part, socgi_part_at, socgi_part; socgi_form also reads multipart/form-data; socgi_content.data
 *   1.2  socgi_plugin.needs and .idle; socgi_forward; socgi_forget; socgi_plugin.methods may name any method but
 * CONNECT and TRACE
 */
#ifndef SOCGI_PLUGIN_H
#define SOCGI_PLUGIN_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SOCGI_MAGIC 0x69676373u /* "scgi", little endian */
#define SOCGI_ABI_MAJOR 1
#define SOCGI_ABI_MINOR 2

/* One request; opaque, read-only. */
struct socgi_request;
/* The answer under construction; opaque. */
struct socgi_response;
/* One loaded plugin in one worker; opaque. */
struct socgi_context;

/* Answers one request. Returns the HTTP status (200 to 599) or a negative errno, which becomes a 500 and a log line. */
typedef int socgi_handler(const struct socgi_request *req, struct socgi_response *res);

/* An option that the plugin reads from the configuration, plugin "NAME" { options { name = "value" } }. */
struct socgi_option {
    const char *name;
    const char *fallback; /* the value when the configuration has none; may be NULL */
    const char *help;     /* one line for people; may be NULL */
};

/* What the server reads before it calls any function of the plugin. Everything but `handle` may be left out. */
struct socgi_plugin {
    uint32_t magic;     /* SOCGI_MAGIC */
    uint16_t abi_major; /* must equal the server's */
    uint16_t abi_minor; /* must not exceed the server's */
    uint32_t size;      /* sizeof(struct socgi_plugin) as the plugin knew it; fields past it are taken as 0 */
    uint32_t flags;     /* 0 */

    const char *name;      /* letters, digits, '-', '_', '.'; NULL: the file's name without ".so" */
    const char *version;   /* for people; may be NULL */
    const char *route;     /* path prefix it answers, on segment boundaries; NULL: "/" and the name */
    const char *methods;   /* space separated, any since 1.2; NULL: "GET HEAD POST PUT DELETE PATCH". GET brings HEAD */
    socgi_handler *handle; /* required */

    /* Called once in each worker before its first request. 0, or a negative errno: the plugin is not served. */
    int (*init)(struct socgi_context *ctx);
    /* Called when the worker ends in peace; not after a crash or a time-out. */
    void (*fini)(struct socgi_context *ctx);

    uint32_t timeout_ms;  /* longest run of the handler, then 504 and the worker is killed; 0: the server's default */
    uint32_t concurrency; /* most workers it may hold at once; 0: no limit of its own */
    uint64_t body_limit;  /* longest request body in bytes, then 413; 0: the server's default */

    const struct socgi_option *options; /* ended by an entry with a NULL name; NULL: none */

    /* What it needs of the system, all else is denied to it: words between blanks, as "read:/srv write:/var/lib/x
     * exec:/usr/bin connect:tcp:5432 connect:unix listen:tcp:9000", or "listen"; read:@NAME is the path that the option
     * NAME has, and nothing where it has none. "": nothing. NULL: it does not say, and gets what its pool lets it. The
     * server reads this from the file before anything of the plugin runs, so it is a constant. Since 1.2. */
    const char *needs;

    /* Called when the worker has had nothing to do for two seconds, once until it has something again: to let go of
     * what is only remembered. A request that comes meanwhile waits for it. Since 1.2. */
    void (*idle)(struct socgi_context *ctx);
};

#if defined(__GNUC__)
#define SOCGI_EXPORT __attribute__((visibility("default")))
#define SOCGI_FORMAT(at, first) __attribute__((format(printf, at, first)))
#else
#define SOCGI_EXPORT
#define SOCGI_FORMAT(at, first)
#endif

#ifdef __cplusplus
#define SOCGI_LINKAGE extern "C"
#else
#define SOCGI_LINKAGE extern
#endif

/* What is left out is zero, on purpose; g++ warns of it in C++, where it does not in C. */
#if defined(__cplusplus) && defined(__GNUC__)
#define SOCGI_REST_IS_ZERO                                                                                             \
    _Pragma("GCC diagnostic push") _Pragma("GCC diagnostic ignored \"-Wmissing-field-initializers\"")
#define SOCGI_REST_END _Pragma("GCC diagnostic pop")
#else
#define SOCGI_REST_IS_ZERO
#define SOCGI_REST_END
#endif

/*
 * Defines the one symbol that the server looks up. Takes designated initializers of struct socgi_plugin; in C++ these
 * are of C++20, and in the order of the struct.
 */
#define SOCGI_PLUGIN(...)                                                                                              \
    SOCGI_REST_IS_ZERO                                                                                                 \
    SOCGI_LINKAGE SOCGI_EXPORT const struct socgi_plugin socgi_plugin;                                                 \
    const struct socgi_plugin socgi_plugin = {.magic = SOCGI_MAGIC,                                                    \
                                              .abi_major = SOCGI_ABI_MAJOR,                                            \
                                              .abi_minor = SOCGI_ABI_MINOR,                                            \
                                              .size = sizeof(struct socgi_plugin),                                     \
                                              .flags = 0,                                                              \
                                              __VA_ARGS__};                                                            \
    SOCGI_REST_END

/*
 * The same for C++14 and later, by assignments in any order, evaluated by the compiler. The first argument is the name
 * that they give to the struct:
 *
 *     SOCGI_PLUGIN_SET(plugin, plugin.handle = hello, plugin.route = "/greet")
 *
 * An exception must not leave a handler: it ends the worker by std::terminate, and the client gets a 502.
 */
#ifdef __cplusplus
#define SOCGI_PLUGIN_SET(plugin, ...)                                                                                  \
    static constexpr struct socgi_plugin socgi_plugin_made() {                                                         \
        struct socgi_plugin plugin = {};                                                                               \
        plugin.magic = SOCGI_MAGIC;                                                                                    \
        plugin.abi_major = SOCGI_ABI_MAJOR;                                                                            \
        plugin.abi_minor = SOCGI_ABI_MINOR;                                                                            \
        plugin.size = sizeof(struct socgi_plugin);                                                                     \
        __VA_ARGS__;                                                                                                   \
        return plugin;                                                                                                 \
    }                                                                                                                  \
    SOCGI_LINKAGE SOCGI_EXPORT const struct socgi_plugin socgi_plugin;                                                 \
    constexpr struct socgi_plugin socgi_plugin = socgi_plugin_made();
#endif

/* ---- The request ---------------------------------------------------------------------------------------------- */

/* The method, "GET". Never NULL. RFC 9110 section 9. */
const char *socgi_method(const struct socgi_request *req);

/* The request's id: the client's X-Request-Id, or one that the server has made. It is in the logs, and goes back to the
 * client as X-Request-Id. Never NULL. */
const char *socgi_request_id(const struct socgi_request *req);

/* The request target as it was sent, "/echo/a%20b?x=1": any bytes but controls, space, DEL and '#', for browsers send
 * more than a URI may hold. Never NULL. RFC 9112 section 3.2. */
const char *socgi_target(const struct socgi_request *req);

/* The path: percent-decoded once, dot segments removed, empty segments merged; it begins with '/'. Never NULL. */
const char *socgi_path(const struct socgi_request *req);

/* The path below the plugin's route: "" or a string that begins with '/'. Never NULL. */
const char *socgi_path_info(const struct socgi_request *req);

/* The route under which the plugin was found, "/echo"; "" for a plugin routed at "/". Never NULL. */
const char *socgi_route(const struct socgi_request *req);

/* What follows the '?', not decoded; "" if there is none. Never NULL. */
const char *socgi_query_string(const struct socgi_request *req);

/* The first query parameter of that name, decoded ('+' is a space); `fallback` if there is none. A parameter whose
 * percent-encoding is broken or holds a NUL counts as absent. WHATWG URL, application/x-www-form-urlencoded. */
const char *socgi_query(const struct socgi_request *req, const char *name, const char *fallback);

/* The same from a body of type application/x-www-form-urlencoded; or, since 1.1, multipart/form-data: the first part of
 * that name, if it has no filename and at most 1 MiB. */
const char *socgi_form(const struct socgi_request *req, const char *name, const char *fallback);

/* A part of a multipart/form-data body: one field, or one file. RFC 7578. Nothing is copied: `data` points into the
 * body, and no NUL follows it. What a client calls its file may be "../../etc/passwd", or "": never use it as a path.
 */
struct socgi_part {
    size_t size;          /* sizeof(struct socgi_part); set it before the call */
    const char *name;     /* the field's */
    const char *filename; /* as it was sent; NULL: none, so it is a field and no file */
    const char *type;     /* media type that the client claims; "text/plain" if it claims none */
    const char *data;
    size_t length; /* of the data */
};

/* The part number `index`. The whole body is read before the first is given, so that a part of a broken body is never
 * seen. 0; -ENOENT past the last one; -ENOMSG: the body is not multipart/form-data; -EINVAL: it is malformed, or
 * `size` is not set; -E2BIG: more than 100 parts, or a head of more than 8 KiB in one; -ENOMEM. Since 1.1. */
int socgi_part_at(const struct socgi_request *req, size_t index, struct socgi_part *part);

/* The first part of that name. Errors as above. Since 1.1. */
int socgi_part(const struct socgi_request *req, const char *name, struct socgi_part *part);

/* The value of a header field, name compared without case; NULL if absent. Several fields of one name are joined
 * by ", " (RFC 9110 section 5.3). */
const char *socgi_header(const struct socgi_request *req, const char *name);

/* The header field number `index` as it was sent. Returns 0, or -ENOENT past the last one. */
int socgi_header_at(const struct socgi_request *req, size_t index, const char **name, const char **value);

/* The body and its length; one more byte, a NUL, follows it. A large body is mapped, not copied. NULL, with length 0,
 * only if mapping fails. */
const char *socgi_body(const struct socgi_request *req, size_t *length);

/* A descriptor of the body, from offset 0 to `length`, to be read alone. The server owns and closes it. A negative
 * errno if none could be made. */
int socgi_body_fd(const struct socgi_request *req, size_t *length);

/* The client's address, "192.0.2.7" or "2001:db8::7"; "" for a client on a unix socket. Never NULL. */
const char *socgi_remote_addr(const struct socgi_request *req);

/* Whether the client has hung up: 1 or 0. For a handler that has much left to do for nobody. A client that has only
 * closed its sending side counts as gone. */
int socgi_client_gone(const struct socgi_request *req);

/* A CGI meta-variable, "REMOTE_ADDR", "HTTP_ACCEPT", ... or NULL if it is not set. RFC 3875 section 4.1. Header fields
 * whose name holds an underscore, and Proxy, have none. */
const char *socgi_meta(const struct socgi_request *req, const char *name);

/* The CGI meta-variable number `index`. Returns 0, or -ENOENT past the last one. */
int socgi_meta_at(const struct socgi_request *req, size_t index, const char **name, const char **value);

/* The one of `types` (media types, ended by NULL; at least one) that the client likes best by its Accept field; the
 * earlier one when it likes two the same, the first when it accepts none of them. RFC 9110 section 12.5.1. */
const char *socgi_negotiate(const struct socgi_request *req, const char *const *types);

/* Memory that is freed after the request, zeroed and aligned for any type; NULL if there is none. */
void *socgi_alloc(const struct socgi_request *req, size_t size);

/* A string formatted into such memory; NULL if there is none. */
const char *socgi_format(const struct socgi_request *req, const char *format, ...) SOCGI_FORMAT(2, 3);

/* Of the answers of this plugin that the server keeps (cache = on), those of a path, as a request has it, are forgotten
 * with this answer; of all paths that begin so, if it ends with "*". With any query, of any host. Without effect where
 * nothing is kept. Returns 0, -EINVAL (not a path), -E2BIG (a seventeenth), or -ENOMEM. */
int socgi_forget(const struct socgi_request *req, const char *path);

/* The plugin that serves this request. */
struct socgi_context *socgi_context(const struct socgi_request *req);

/* ---- The plugin's own ----------------------------------------------------------------------------------------- */

/* The value of an option that the plugin declares: the configuration's, else its fallback; NULL if neither. */
const char *socgi_option(const struct socgi_context *ctx, const char *name);

/* A pointer of the plugin's own, kept from init to fini. */
void socgi_set_data(struct socgi_context *ctx, void *data);
void *socgi_data(const struct socgi_context *ctx);

/* ---- The response --------------------------------------------------------------------------------------------- */

/* Sets a header field, replacing those of the same name. -EINVAL: not a valid name or value, or one that the server
 * sets itself (Connection, Transfer-Encoding, Date, Server, Keep-Alive, Trailer, Upgrade, X-Request-Id). -ENOMEM.
 * -EISCONN: the head has been sent already. Content-Length may be set to promise a length; a body of another length is
 * an error. */
int socgi_set_header(struct socgi_response *res, const char *name, const char *value);

/* Adds a header field beside those of the same name. Errors as above. */
int socgi_add_header(struct socgi_response *res, const char *name, const char *value);

/* Short for socgi_set_header(res, "Content-Type", type). Without it a body is "text/plain; charset=utf-8". */
int socgi_set_type(struct socgi_response *res, const char *type);

/* Appends to the body. Never waits for the client. -EFBIG past the server's limit for a response; -ENOMEM, -ENOSPC. */
int socgi_write(struct socgi_response *res, const void *data, size_t length);
int socgi_printf(struct socgi_response *res, const char *format, ...) SOCGI_FORMAT(2, 3);

/* Appends text with & < > " ' replaced by character references, fit for HTML text and quoted attributes. */
int socgi_write_html(struct socgi_response *res, const char *text);

/* Appends text as a JSON string with its quotes (RFC 8259 section 7). Bytes that are not UTF-8 become U+FFFD. */
int socgi_write_json(struct socgi_response *res, const char *text);

/* Appends `length` bytes of a file from `offset`; they are sent without being copied through the plugin. The
 * descriptor is the server's from here on, also when this fails. Pass dup(fd) to keep one. -EINVAL, -EMFILE, -ENOMEM.
 */
int socgi_send_fd(struct socgi_response *res, int fd, off_t offset, size_t length);

/* Sends what has been written so far, head included; later parts follow as chunks (RFC 9112 section 7.1) or, for an
 * HTTP/1.0 client, until the connection closes. `status` is the answer's, what the handler returns is then ignored. */
int socgi_flush(struct socgi_response *res, int status);

/* Forgets the body and the header fields set so far. -EISCONN after a flush. */
int socgi_reset(struct socgi_response *res);

/* Answers with a redirection: sets Location, in which what no URI holds is percent-encoded, and a short body. Returns
 * `status`, so that a handler can return it. */
int socgi_redirect(struct socgi_response *res, int status, const char *location);

/* Answers with what the server has at another path of its own, "/a/b?x=1": it looks for who answers there, as for a
 * request by GET (by HEAD, where this one is) without a body, with this one's other fields; the client sees that answer
 * alone, and what the handler has written is dropped. Who answers has REDIRECT_URL, the path that was asked for, and
 * REDIRECT_STATUS, what the handler returned, among its meta-variables; socgi_target stays what the client has sent.
 * Returns 200, so that a handler can return it. -EINVAL: not a path; -EISCONN: a part of the answer is out; -ENOMEM. A
 * request that has been forwarded 10 times is answered 500. Since 1.2. */
int socgi_forward(struct socgi_response *res, const char *path);

/* Answers with an error: the body so far is dropped and a consistent one written, plain text or, by Accept, JSON
 * (RFC 9457) or HTML. Returns `status`, so that a handler can return it. */
int socgi_problem(const struct socgi_request *req, struct socgi_response *res, int status, const char *format, ...)
    SOCGI_FORMAT(4, 5);

/* What socgi_send_content needs to know of a representation (RFC 9110 section 8). */
struct socgi_content {
    size_t size;      /* sizeof(struct socgi_content) */
    int fd;           /* the bytes, from offset 0; the server's from the call on, also when it fails */
    uint64_t length;  /* how many */
    const char *type; /* media type; NULL: application/octet-stream */
    const char *etag; /* entity tag with its quotes; NULL: none */
    time_t modified;  /* seconds since the epoch; 0: unknown */
    const void *data; /* the bytes in memory, which are copied; there is no fd then. NULL: by fd. Since 1.1 */
};

/* Answers GET or HEAD with a representation: evaluates preconditions and Range (RFC 9110 sections 13 and 14), sets
 * ETag, Last-Modified, Accept-Ranges, Content-Range and Content-Type. Returns 200, 206, 304, 412, 416, or a negative
 * errno. */
int socgi_send_content(const struct socgi_request *req, struct socgi_response *res,
                       const struct socgi_content *content);

/* ---- The log -------------------------------------------------------------------------------------------------- */

enum socgi_log_level {
    SOCGI_LOG_ERROR = 3,
    SOCGI_LOG_WARNING = 4,
    SOCGI_LOG_NOTICE = 5,
    SOCGI_LOG_INFO = 6,
    SOCGI_LOG_DEBUG = 7
};

/* Writes a line to the server's error log, marked with the plugin and the worker. What a handler prints on stdout and
 * stderr gets there too. */
void socgi_log(enum socgi_log_level level, const char *format, ...) SOCGI_FORMAT(2, 3);

#ifdef __cplusplus
}
#endif
#endif
