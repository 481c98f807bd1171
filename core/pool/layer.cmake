socgi_layer(pool SOURCES account.c answer.c backtrace.c choose.c deathbed.c denials.c dispatch.c give.c history.c job.c kernel.c lifecycle.c noise.c output.c
  pending.c pool.c pools.c post.c quarantine.c queue.c rebalance.c report.c retire.c salvage.c spawn.c sticky.c supervise.c tail.c untaken.c worker.c
  USES socgi_sandbox socgi_record socgi_loop socgi_config socgi_wire socgi_base)
