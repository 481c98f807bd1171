socgi_layer(generation SOURCES catalog.c fallback.c gather.c generation.c generations.c plan.c place.c renewal.c router.c routes.c store.c trail.c trial.c watch.c
  USES socgi_pool socgi_record socgi_loop socgi_config socgi_wire socgi_base Threads::Threads)
