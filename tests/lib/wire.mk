# Wire scripts: run by tests/lib/wire-run (TAP), a folder a protocol. libcrypt: the address sanitizer takes crypt_r over
# at start, and finds it only when the program itself has the library.
check_PROGRAMS += tests/lib/wire-run
tests_lib_wire_run_SOURCES = tests/lib/wire-run.c tests/lib/wire.c tests/lib/wire.h tests/lib/wire-play.c
tests_lib_wire_run_CPPFLAGS = $(TEST_CPPFLAGS)
tests_lib_wire_run_LDFLAGS = $(AM_LDFLAGS) -Wl,--no-as-needed
tests_lib_wire_run_LDADD = $(TEST_LIBS) -lcrypt
tests_lib_wire_run_DEPENDENCIES = $(TEST_DEPS)
TAP_SCRIPTED += tests/wire/check.sh
EXTRA_DIST += tests/wire/check.sh tests/wire/README.md tests/wire/imap tests/wire/pop3 tests/wire/smtp
