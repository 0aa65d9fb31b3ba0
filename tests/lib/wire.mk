# Wire scripts: each is a test of its own, run by tests/lib/wire-run (TAP).
check_PROGRAMS += tests/lib/wire-run
tests_lib_wire_run_SOURCES = tests/lib/wire-run.c tests/lib/wire.c tests/lib/wire.h tests/lib/wire-play.c
tests_lib_wire_run_LDADD = $(TEST_LIBS)
tests_lib_wire_run_DEPENDENCIES = $(TEST_DEPS)
