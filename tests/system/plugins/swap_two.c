/* The other version of the plugin swap_one. */
#include "swap.h"

SWAP_PLUGIN("two")
