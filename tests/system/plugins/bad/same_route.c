/* Wants a route that another plugin has. */
#include "handler.h"

SOCGI_PLUGIN(.handle = handler, .route = "/hello")
