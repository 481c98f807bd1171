/* Where the running program lies. */
#include "base/self.h"

#include <string.h>
#include <unistd.h>

size_t self_find(char path[PATH_MAX]) {
    ssize_t length = readlink("/proc/self/exe", path, PATH_MAX - 1);
    path[length > 0 ? length : 0] = '\0';
    const char *slash = strrchr(path, '/');
    return slash ? (size_t)(slash - path) : 0;
}
