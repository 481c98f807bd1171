/* What the plugins of the folder say that they need, before anybody loads them. */
#ifndef COMMAND_PLUGINS_H
#define COMMAND_PLUGINS_H

struct config;

/* Whether sections of plugins ask for no more than these say; the folder is looked through only if any asks. 0; or
 * -EINVAL, told by complaint(). */
int plugins_check(const struct config *config);

/* Prints what each plugin is held to. */
void plugins_print(const struct config *config);

/* Tells by complaint() of sections whose plugin is not in the folder, and of options that a plugin does not declare. 0,
 * or -EINVAL for the latter. */
int plugins_sections_check(const struct config *config);

#endif
