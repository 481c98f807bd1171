/*
 * A stage for the generation room: a folder of a test's own, with plugins/ and spool/ in it, the real room, and the
 * fake pools. The time is the test's own, too: it stands still until the test moves it. Nothing sleeps.
 */
#ifndef TESTS_STAGE_H
#define TESTS_STAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "fake_pool.h"
#include "generation/generations.h"
#include "loop/loop.h"

enum { MS = 1000000 }; /* nanoseconds */

struct stage {
    char folder[64];
    struct loop loop;
    struct pools pools;
    struct generations generations;
    struct config *config; /* that was told to hold */
    uint64_t now;
    struct buffer log;   /* all lines, each with its line end */
    bool hold;           /* canaries are not run: the test does it */
    unsigned canaries;   /* how many were run */
    unsigned configured; /* how often its owner was told: another configuration holds */
    unsigned ready;      /* and: a reload has come to nothing */
};

/* Makes the folder, and removes it. Files can be put into it before the room is opened. */
void stage_make(struct stage *stage);
void stage_remove(struct stage *stage);

/* The same for cmocka: *state is the stage. */
int stage_setup(void **state);
int stage_teardown(void **state);
#define STAGE_TEST(name) cmocka_unit_test_setup_teardown(name, stage_setup, stage_teardown)

/* Opens the room with that configuration, and rests. `events` (NULL: there are no jobs) as in struct pools. */
void stage_open(struct stage *stage, const char *settings, const struct job_events *events);

/* A configuration that its file may have, made for this stage: the caller's. */
struct config *stage_config(const struct stage *stage, const char *settings);

/* One turn; it waits for what is being gathered, and for nothing else. */
void stage_turn(struct stage *stage);

/* Turns until nothing is left to be done at this time. */
void stage_rest(struct stage *stage);

/* The same, so much later. */
void stage_later(struct stage *stage, uint64_t ms);

/* From now on until the stage is removed, files have times of a file system that changes them by hours. */
void stage_coarse(void);

/* Likewise there are no hard links; and nothing below that folder can be run. */
void stage_linkless(void);
void stage_noexec(const char *folder);

/* Changes of the plugin folder: a whole file takes the place of another, or falls away. */
void plugin_put(const struct stage *stage, const char *file, const char *says);
void plugin_remove(const struct stage *stage, const char *file);

/* A file's path in the stage's folder, and how many there are in one of its folders, hidden ones not counted; in
 * memory that the next call uses again. */
const char *stage_path(const struct stage *stage, const char *file);
size_t files_count(const char *folder);

/* Who answers at that path: "NAME VERSION", "NAME broken" or "nobody"; in memory that the next call uses again. */
const char *answers(const struct stage *stage, const char *path);

/* The number of the generation that serves. */
uint64_t serving(const struct stage *stage);

/* Whether that was told in the log since the last log_clear. */
bool told(const struct stage *stage, const char *text);
void log_clear(struct stage *stage);

#endif
