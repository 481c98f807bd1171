/* What a worker inherits: everything that passes from the master to it is named here, and nothing else is open in it.
 */
#ifndef WIRE_HERITAGE_H
#define WIRE_HERITAGE_H

enum {
    HERITAGE_STDIN = 0,    /* /dev/null */
    HERITAGE_STDOUT = 1,   /* pipe to the master's error log */
    HERITAGE_STDERR = 2,   /* the same pipe */
    HERITAGE_CHANNEL = 3,  /* SOCK_SEQPACKET, blocking */
    HERITAGE_MAILBOX = 4,  /* memfd */
    HERITAGE_DOORBELL = 5, /* eventfd of the master */
    HERITAGE_COUNT = 6
};

/* argv of a worker: { "socgi", HERITAGE_COMMAND, the master's pid in decimal }. */
#define HERITAGE_COMMAND "--worker-of"

/* The same of a tracer (see trace/trace.h), which has a pipe to read from and one to write to, and stderr to nowhere.
 */
#define HERITAGE_TRACE_COMMAND "--trace-for"

/* The first line that a tracer reads when it is to show lines of the source, too. */
#define HERITAGE_TRACE_SOURCE "source"

#endif
