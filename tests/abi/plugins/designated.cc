// A plugin in C++20: designated initializers, in the order of the struct.
#include "greet.h"

SOCGI_PLUGIN(.version = "20", .handle = greet, .init = init, .fini = fini)
