/* One version of a plugin; swap_two is the other. */
#include "swap.h"

SWAP_PLUGIN("one")
