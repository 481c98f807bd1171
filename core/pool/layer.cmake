socgi_layer(pool SOURCES account.c attend.c backtrace.c choose.c collect.c death.c dispatch.c job.c lifecycle.c output.c pending.c
  pool.c pools.c post.c quarantine.c queue.c report.c retire.c sticky.c ties.c worker.c
  USES socgi_record socgi_loop socgi_config socgi_wire socgi_base)
