socgi_layer(worker
  SOURCES agree.c answer.c arena.c confine.c crash.c custody.c denied.c departure.c deposit.c encode.c environment.c handling.c inbox.c keeping.c libraries.c
    manifest.c negotiate.c origin.c parent.c registry.c replay.c respond.c response.c rest.c sdk_body.c sdk_content.c sdk_context.c sdk_form.c
    sdk_forget.c sdk_forward.c sdk_header.c sdk_log.c sdk_meta.c sdk_part.c sdk_problem.c sdk_request.c sdk_response.c sdk_write.c signals.c spool.c state.c
    timers.c turn.c verdict.c vfork.c worker.c
  USES socgi_wire socgi_http socgi_base socgi_coder socgi_sdk)
# The SDK's functions must be visible for the server's dynamic list (sdk.list) to export them.
set_target_properties(socgi_worker PROPERTIES C_VISIBILITY_PRESET default)
