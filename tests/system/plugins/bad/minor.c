/* A minor version of the ABI that is yet to come. */
#include "handler.h"

MANIFEST(SOCGI_MAGIC, SOCGI_ABI_MAJOR, SOCGI_ABI_MINOR + 1)
