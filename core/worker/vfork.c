/*
 * vfork(2) of a plugin is fork(2): a child that shares the worker's memory, and returns where it must not, could not be
 * told from the worker. posix_spawn(3) and what is made with it are as quick as ever.
 */
#include <unistd.h>

pid_t vfork(void) {
    return fork();
}
