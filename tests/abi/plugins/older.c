/* A major version of the ABI that is over. */
#include "handler.h"

MANIFEST(SOCGI_MAGIC, SOCGI_ABI_MAJOR - 1, 7)
