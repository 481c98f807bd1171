/* Denials that nobody has caused: a listener is the reading end of a pipe, into which the test writes them. In place of
 * sandbox/denial.c. */
#include <errno.h>
#include <unistd.h>

#include "sandbox/denial.h"

int denial_take(int listener, struct denial *denial) {
    return read(listener, denial, sizeof(*denial)) == (ssize_t)sizeof(*denial) ? 1 : -EIO;
}
