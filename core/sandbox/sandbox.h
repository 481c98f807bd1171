/*
 * What a worker is held to before it loads a plugin, whatever that plugin is: no new privileges by setuid programs, a
 * Landlock domain of its own, and a filter of system calls; and where it is told what its plugins need, to that. All of
 * it holds for what a handler starts, too.
 */
#ifndef SANDBOX_SANDBOX_H
#define SANDBOX_SANDBOX_H

#include <stdbool.h>

enum { SANDBOX_TEXT = 512 };

/* What the running kernel can enforce. */
struct sandbox_kernel {
    int landlock; /* its ABI; 0: none */
    bool filter;
};

struct sandbox_kernel sandbox_kernel(void);

/* What is enforced there: "landlock 7, seccomp", "no_new_privs". */
void sandbox_tell(const struct sandbox_kernel *kernel, char text[SANDBOX_TEXT]);

/* Whether it lacks a part; the text says which, and since when Linux has it. */
bool sandbox_lacks(const struct sandbox_kernel *kernel, char text[SANDBOX_TEXT]);

struct sandbox_wish {
    const char *needs;  /* base/needs.h */
    const char *bound;  /* what these must not go beyond, whatever is at the end of their paths now */
    const char *folder; /* of its plugins */
};

/* Enters as much as the kernel can. The listener is filter_enter's: whoever gets it has to answer, or calls that are
 * denied wait for ever. 0, or -errno (told in the log): it cannot do what it says that it can. */
int sandbox_enter(const struct sandbox_wish *wish, int *listener);

#endif
