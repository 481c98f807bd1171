/* Where errors of the configuration are told: on stderr for who starts the server, in its log for a reload. */
#ifndef CONFIG_COMPLAINT_H
#define CONFIG_COMPLAINT_H

/* Tells one line, given without its line end. */
void complaint(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Who is told from now on; NULL: stderr. */
void complaint_to(void (*sink)(const char *line));

#endif
