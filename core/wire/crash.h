/*
 * What a worker tells of its own end, in the memory that it shares with the master: written by a signal handler, and so
 * by nothing but plain stores. The master copies it and believes nothing before it has checked it.
 */
#ifndef WIRE_CRASH_H
#define WIRE_CRASH_H

#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>

/* Sent by the master to a worker that has outrun its time: it tells where it is, and ends. */
#define CRASH_TRACE_SIGNAL (SIGRTMIN + 2)

enum { CRASH_FRAMES = 48, CRASH_MODULES = 16, CRASH_PATH = 256 };

enum crash_state { CRASH_NONE = 0, CRASH_WRITING = 1, CRASH_TOLD = 2 };

/* What has ended the process, or was about to. */
enum crash_kind {
    CRASH_SIGNAL = 0,
    CRASH_EXIT = 1,  /* exit(3), called by code of a plugin or its libraries: the frames are those that led to it */
    CRASH_THREAD = 2 /* the thread that runs handlers has ended by itself; there are no frames */
};

struct crash_frame {
    uint64_t offset; /* of the address in its module, as the file's own addresses count; else the address itself */
    uint32_t module; /* CRASH_MODULES: none */
    uint32_t inside; /* 1: the instruction itself; 0: where a call returns to */
};

struct crash_report {
    _Atomic uint32_t state; /* enum crash_state */
    uint32_t kind;          /* enum crash_kind */
    int32_t signal;         /* these down to sp: of CRASH_SIGNAL; 0 of the others */
    int32_t code;           /* si_code: sigaction(2); of CRASH_EXIT its status */
    uint32_t frames;        /* how many */
    uint64_t address;       /* si_addr, for the signals that have one */
    uint64_t ip, sp;
    uint32_t modules; /* how many */
    struct crash_frame frame[CRASH_FRAMES];
    char module[CRASH_MODULES][CRASH_PATH]; /* paths of files; "": unknown */
};

/* Master: what a dead worker has told has ended it, by its report and its wait status together; *number: the signal,
 * or the exit status. 0, or -ENODATA: nothing that would go beyond the status. */
int crash_end(const struct crash_report *shared, int wait_status, enum crash_kind *kind, int *number);

/* Master: a checked copy: counts within bounds, texts ended and printable. 0, or -ENODATA: there is none. */
int crash_take(struct crash_report *to, const struct crash_report *shared);

#endif
