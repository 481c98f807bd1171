/* Why a call has failed. */
#include "base/reason.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>

const char *reason_watch(int error) {
    switch (error) {
    case ENOSPC:
        return "this user watches as many files as he may: raise the kernel's limit fs.inotify.max_user_watches by "
               "sysctl(8)";
    case EMFILE:
        return "this user has as many watchers as he may: raise the kernel's limit fs.inotify.max_user_instances by "
               "sysctl(8), or that of open files";
    default:
        return strerror(error);
    }
}

const char *reason_start(int error) {
    return error == EAGAIN
               ? "there are as many processes as may be: raise the user's limit (ulimit -u), TasksMax of a unit, "
                 "or pids.max of a container"
               : strerror(error);
}

const char *reason_noexec(const char *folder) {
    static char text[384];
    struct statvfs fs;
    if (statvfs(folder, &fs) < 0 || !(fs.f_flag & ST_NOEXEC)) {
        return "";
    }
    snprintf(text, sizeof(text),
             ": %.200s is on a file system that is mounted noexec: name another folder for it; for the copies that the "
             "server makes, by spool_folder",
             folder);
    return text;
}
