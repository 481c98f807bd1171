/* Tells who its worker is, and what it may use. */
#include <socgi/plugin.h>

#include <sys/resource.h>
#include <unistd.h>

static unsigned long long limit(int resource) {
    struct rlimit now = {0};
    (void)getrlimit((__rlimit_resource_t)resource, &now);
    return now.rlim_cur;
}

static int limits(const struct socgi_request *req, struct socgi_response *res) {
    (void)req;
    socgi_printf(res, "uid %u gid %u groups %d cpu %llu files %llu processes %llu memory %llu\n", geteuid(), getegid(),
                 getgroups(0, NULL), limit(RLIMIT_CPU), limit(RLIMIT_NOFILE), limit(RLIMIT_NPROC), limit(RLIMIT_AS));
    return 200;
}
SOCGI_PLUGIN(.handle = limits)
