# What only a worker enters, and everybody may ask about. The worker room does not link it, for the authors' testing kit
# has that room and should need no library: main gives the worker its door.
pkg_check_modules(SECCOMP REQUIRED IMPORTED_TARGET libseccomp)
socgi_layer(sandbox SOURCES denial.c domain.c filter.c landlock.c sandbox.c USES socgi_base PkgConfig::SECCOMP)
if(SOCGI_TESTS)
  target_compile_definitions(socgi_sandbox PRIVATE SANDBOX_SEAM) # see sandbox.c
endif()
