# The tree itself. shape and headers do not depend on the build: once is enough.
TAP_SCRIPTED += tests/check/generated tests/check/demo
if !SANITIZERS
TAP_SCRIPTED += tests/check/shape tests/check/headers tests/check/outside tests/check/reference tests/check/runner \
  tests/check/skeletons
endif
EXTRA_DIST += tests/check/generated tests/check/demo tests/check/shape tests/check/headers tests/check/outside tests/check/reference tests/check/runner \
  tests/check/skeletons

# What tests/check/skeletons runs them with.
check_PROGRAMS += tests/skeleton/delay
tests_skeleton_delay_SOURCES = tests/skeleton/delay.c
tests_skeleton_delay_CPPFLAGS = $(TEST_CPPFLAGS)
EXTRA_DIST += tests/skeleton/skeleton.cc tests/skeleton/skeleton.rs
