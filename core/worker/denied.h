/* Where an error may be the sandbox's: the errors of its denials say nothing of where they come from. */
#ifndef WORKER_DENIED_H
#define WORKER_DENIED_H

enum { DENIED_TEXT = 320 };

/* What is to be added to the line that tells of this error (a negative errno) of a plugin with such needs
 * (base/needs.h; NULL: all): "", unless it may come from them. */
const char *denied_text(int error, const char *needs, char text[DENIED_TEXT]);

#endif
