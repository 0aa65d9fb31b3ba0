# Tests. A program that speaks TAP when it is given --tap (g_test does) goes into check_PROGRAMS and TAP_TESTS, a script
# into TAP_SCRIPTED: tests/run-tap runs what is in them. Programs are linked with LDADD: the harness, and the whole core.
TAP_TESTS =
TAP_SCRIPTED =

noinst_LTLIBRARIES += tests/lib/libtest.la
tests_lib_libtest_la_SOURCES = tests/lib/fake.c tests/lib/fake.h tests/lib/harness.c tests/lib/harness.h \
  tests/lib/nsd.c tests/lib/nsd.h tests/lib/outside.c tests/lib/world.c tests/lib/world.h
tests_lib_libtest_la_CPPFLAGS = $(TEST_CPPFLAGS)
TEST_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests
# The same harness with the whole core, for tests of plugins outside this tree: pkg-config pli-test-1.
lib_LTLIBRARIES += libpli-test.la
libpli_test_la_SOURCES = $(tests_lib_libtest_la_SOURCES)
libpli_test_la_CPPFLAGS = $(TEST_CPPFLAGS)
libpli_test_la_LIBADD = libpli.la $(PLI_LIBS)
libpli_test_la_LDFLAGS = $(AM_LDFLAGS) -avoid-version
pliinclude_HEADERS += tests/pli/test.h
pkgconfig_DATA += pli-test-1.pc

TEST_LIBS = tests/lib/libtest.la $(PLI_WHOLE) $(PLI_LIBS)
TEST_DEPS = libpli.la tests/lib/libtest.la
LDADD = $(TEST_LIBS)
$(check_PROGRAMS): $(TEST_DEPS)

# The longest first: they run side by side.
include tests/hostile/local.mk
include tests/conformance/local.mk
include tests/crash/local.mk
include tests/lib/wire.mk
include tests/plugins/local.mk
include tests/unit/local.mk
include tests/unit/net/local.mk
include tests/e2e/local.mk
include tests/fuzz/local.mk
include tests/lua/local.mk
include tests/check/local.mk

# In a tree for fuzzing nothing but the fuzzers is built.
tests/tap-list: Makefile
	@$(MKDIR_P) tests
if FUZZERS
	$(AM_V_GEN)printf '%s\n' $(FUZZERS_BUILT:tests/fuzz/%='$$srcdir/tests/fuzz/run %') > $@
else
	$(AM_V_GEN){ printf '$(PROGRAM_ENV)./%s --tap\n' $(TAP_TESTS) && printf '$(SCRIPT_ENV)$$srcdir/%s\n' $(TAP_SCRIPTED); } > $@
endif
PROGRAM_ENV = PLI_PLUGIN_PATH=$$PWD/plugins/.libs:$$PWD/tests/plugins/.libs$(space)
empty =
space = $(empty) $(empty)
# Rooms give up what the leak checker needs, and scripts start rooms. A small quarantine: scripts measure memory.
if SANITIZERS
SCRIPT_ENV = PLI_TEST_SLOW=3 ASAN_OPTIONS=detect_leaks=0:quarantine_size_mb=8$(space)
endif
CLEANFILES += tests/tap-list

build-tests: $(check_PROGRAMS) $(check_LTLIBRARIES) tests/tap-list
check-local: build-tests
	$(srcdir)/tests/run-tap $(top_builddir)
.PHONY: build-tests

EXTRA_DIST += tests/run-tap tests/demo
