/* Another magic number. */
#include "handler.h"

MANIFEST(0x12345678u, SOCGI_ABI_MAJOR, SOCGI_ABI_MINOR)
