/*
 * Where the configuration's paths were read, for what is wrong with them shows only when all of it has been. Run by
 * whoever reads it.
 */
#ifndef CONFIG_SOURCE_H
#define CONFIG_SOURCE_H

struct config;

/* Of an option that has been set by line `line` of a file. Without memory it is not remembered. */
void source_remember(struct config *config, const char *option, const char *file, int line);

/* "FILE:LINE: ", or "" if its value came another way; in memory of the configuration's. */
const char *source_of(const struct config *config, const char *option);

void sources_free(struct config *config);

#endif
