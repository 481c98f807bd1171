/*
 * The error log, for both processes. A line goes to the sink that the process has chosen: stderr until then. Levels
 * are syslog's (syslog(3)), by which journald reads the "<N>" prefix of a worker's lines.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stddef.h>

enum log_level { LOG_ERROR = 3, LOG_WARNING = 4, LOG_NOTICE = 5, LOG_INFO = 6, LOG_DEBUG = 7 };

/* "error", "warning", ...; never NULL. */
const char *log_level_name(enum log_level level);

/* The level of that name into *level. 0, or -EINVAL. */
int log_level_parse(const char *name, enum log_level *level);

/* Takes a whole line, without its line end; must not block and must not log. */
typedef void log_sink(void *data, enum log_level level, const char *line, size_t length);

/* Where lines go from now on; NULL: stderr, as "<N>line". */
void log_to(log_sink *sink, void *data);

/* Lines of a lesser importance than this are dropped; LOG_NOTICE at first. */
void log_set_level(enum log_level level);

/* Writes one line; control bytes in it are replaced, so that no input can forge a second line. errno is kept. */
void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
