# Wire scripts: run by tests/lib/wire-run (TAP), a folder a protocol. libcrypt: the address sanitizer takes crypt_r over
# at start, and finds it only when the program itself has the library.
check_PROGRAMS += tests/lib/wire-run
tests_lib_wire_run_SOURCES = tests/lib/wire-run.c tests/lib/wire.c tests/lib/wire.h tests/lib/wire-play.c
tests_lib_wire_run_LDADD = $(TEST_LIBS) -Wl,--no-as-needed -lcrypt
tests_lib_wire_run_DEPENDENCIES = $(TEST_DEPS)
