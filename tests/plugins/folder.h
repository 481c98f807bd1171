/* A folder of a test's own. */
#ifndef TESTS_FOLDER_H
#define TESTS_FOLDER_H

struct folder {
    char path[64];
};

/* Makes one, whatever is needed for that asserted. */
void folder_make(struct folder *folder);

/* Removes it with all that is in it. */
void folder_remove(const struct folder *folder);

/* The path of a name in it; in memory that the next call uses again. */
const char *folder_path(const struct folder *folder, const char *name);

/* Makes a file of that text in it. */
void folder_write(const struct folder *folder, const char *name, const char *text);

#endif
