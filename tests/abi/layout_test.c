/*
 * The current header against an older one, OLD_HEADER of minor version OLD_MINOR, by the compiler: every prototype of
 * that is declared again, and a type that has changed is an error; structs keep their fields where they were. Compiling
 * is the whole test. (abidiff would compare the debugging information of two builds, which differs with the compiler
 * and its options, and needs a package and a dump that nobody reads; this compares what authors compile against.)
 */
#include <socgi/plugin.h>

/* What the second header defines, and what it would define in conflict with the first gets another name. */
enum { MAJOR = SOCGI_ABI_MAJOR, MAGIC = SOCGI_MAGIC };
#undef SOCGI_PLUGIN_H
#undef SOCGI_MAGIC
#undef SOCGI_ABI_MAJOR
#undef SOCGI_ABI_MINOR
#undef SOCGI_PLUGIN
#undef SOCGI_PLUGIN_SET
#define socgi_plugin old_plugin
#define socgi_option old_option
#define socgi_content old_content
#define socgi_send_content old_send_content
#define socgi_part old_part
#define socgi_part_at old_part_at
#define socgi_log_level old_log_level
#define socgi_log old_log
#define SOCGI_LOG_ERROR OLD_LOG_ERROR
#define SOCGI_LOG_WARNING OLD_LOG_WARNING
#define SOCGI_LOG_NOTICE OLD_LOG_NOTICE
#define SOCGI_LOG_INFO OLD_LOG_INFO
#define SOCGI_LOG_DEBUG OLD_LOG_DEBUG
#include OLD_HEADER
#undef socgi_plugin
#undef socgi_option
#undef socgi_content
#undef socgi_send_content
#undef socgi_part
#undef socgi_part_at
#undef socgi_log_level
#undef socgi_log
#undef SOCGI_LOG_ERROR
#undef SOCGI_LOG_WARNING
#undef SOCGI_LOG_NOTICE
#undef SOCGI_LOG_INFO
#undef SOCGI_LOG_DEBUG

#define FIELD(type, field) (((struct type *)0)->field)
#define SAME_PLACE(name, field)                                                                                        \
    _Static_assert(offsetof(struct socgi_##name, field) == offsetof(struct old_##name, field) &&                       \
                       sizeof(FIELD(socgi_##name, field)) == sizeof(FIELD(old_##name, field)),                         \
                   "struct socgi_" #name ": " #field " has moved");
#define SAME(name, field)                                                                                              \
    SAME_PLACE(name, field)                                                                                            \
    _Static_assert(                                                                                                    \
        __builtin_types_compatible_p(__typeof__(FIELD(socgi_##name, field)), __typeof__(FIELD(old_##name, field))),    \
        "struct socgi_" #name ": " #field " has another type");
#define SAME_VALUE(name) _Static_assert((int)SOCGI_##name == (int)OLD_##name, "SOCGI_" #name " has another value");
#define SAME_FUNCTION(name, ...)                                                                                       \
    _Static_assert(__builtin_types_compatible_p(__typeof__(name), __VA_ARGS__), #name " has another type");

_Static_assert(SOCGI_ABI_MINOR == OLD_MINOR, "it is the header of another version");
_Static_assert(MAJOR == SOCGI_ABI_MAJOR && MAGIC == SOCGI_MAGIC, "another ABI needs another header to compare with");

/* Fields may follow behind these: the plugin says how many it knows. */
SAME(plugin, magic)
SAME(plugin, abi_major)
SAME(plugin, abi_minor)
SAME(plugin, size)
SAME(plugin, flags)
SAME(plugin, name)
SAME(plugin, version)
SAME(plugin, route)
SAME(plugin, methods)
SAME(plugin, handle)
SAME(plugin, init)
SAME(plugin, fini)
SAME(plugin, timeout_ms)
SAME(plugin, concurrency)
SAME(plugin, body_limit)
SAME_PLACE(plugin, options)
#if OLD_MINOR >= 2
SAME(plugin, needs)
SAME(plugin, idle)
#endif
_Static_assert(sizeof(struct socgi_plugin) >= sizeof(struct old_plugin), "struct socgi_plugin has shrunk");
_Static_assert(sizeof(struct socgi_plugin) % 8 == 0, "a field must not lie in what was padding");

SAME(content, size)
SAME(content, fd)
SAME(content, length)
SAME(content, type)
SAME(content, etag)
SAME(content, modified)
#if OLD_MINOR >= 1
SAME(content, data)
SAME(part, size)
SAME(part, name)
SAME(part, filename)
SAME(part, type)
SAME(part, data)
SAME(part, length)
_Static_assert(sizeof(struct socgi_part) >= sizeof(struct old_part), "struct socgi_part has shrunk");
SAME_FUNCTION(socgi_part_at, int(const struct socgi_request *, size_t, struct socgi_part *))
SAME_FUNCTION(socgi_part, int(const struct socgi_request *, const char *, struct socgi_part *))
SAME_FUNCTION(old_part_at, int(const struct socgi_request *, size_t, struct old_part *))
SAME_FUNCTION(old_part, int(const struct socgi_request *, const char *, struct old_part *))
#endif
_Static_assert(sizeof(struct socgi_content) >= sizeof(struct old_content), "struct socgi_content has shrunk");

/* It lies in arrays, so nothing may follow. */
SAME(option, name)
SAME(option, fallback)
SAME(option, help)
_Static_assert(sizeof(struct socgi_option) == sizeof(struct old_option), "struct socgi_option has another size");

SAME_VALUE(LOG_ERROR)
SAME_VALUE(LOG_WARNING)
SAME_VALUE(LOG_NOTICE)
SAME_VALUE(LOG_INFO)
SAME_VALUE(LOG_DEBUG)
_Static_assert(sizeof(enum socgi_log_level) == sizeof(enum old_log_level), "enum socgi_log_level has another size");

/* Those that had another name above, since their types do. */
SAME_FUNCTION(old_option, __typeof__(socgi_option))
SAME_FUNCTION(socgi_send_content,
              int(const struct socgi_request *, struct socgi_response *, const struct socgi_content *))
SAME_FUNCTION(socgi_log, void(enum socgi_log_level, const char *, ...))
SAME_FUNCTION(old_send_content, int(const struct socgi_request *, struct socgi_response *, const struct old_content *))
SAME_FUNCTION(old_log, void(enum old_log_level, const char *, ...))

int main(void) {
    return 0;
}
