// A plugin in C++14 and later: the fields are assigned, in any order.
#include "greet.h"

SOCGI_PLUGIN_SET(plugin, plugin.init = init, plugin.handle = greet, plugin.fini = fini)
