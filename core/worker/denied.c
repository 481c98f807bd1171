/* Errors of the sandbox. */
#include "worker/denied.h"

#include <errno.h>
#include <stdio.h>

#include "base/needs.h"

const char *denied_text(int error, const char *needs, char text[DENIED_TEXT]) {
    if ((error != -EACCES && error != -EPERM) || !needs || needs_all(needs)) {
        return "";
    }
    snprintf(text, DENIED_TEXT,
             "; its needs are \"%.200s\", and what they do not name is denied: read:/PATH, say, allows a file", needs);
    return text;
}
