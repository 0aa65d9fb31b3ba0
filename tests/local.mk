# The harness is linked into every test program, beside the whole core.
noinst_LTLIBRARIES += tests/lib/libtest.la
tests_lib_libtest_la_SOURCES = tests/lib/harness.c tests/lib/harness.h
TEST_LIBS = tests/lib/libtest.la $(PLI_WHOLE) $(PLI_LIBS)
TEST_DEPS = libpli.la tests/lib/libtest.la
