/* A major version of the ABI that is not ours. */
#include "handler.h"

MANIFEST(SOCGI_MAGIC, SOCGI_ABI_MAJOR + 1, SOCGI_ABI_MINOR)
