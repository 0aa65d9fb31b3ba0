# The tree itself. shape and headers do not depend on the build: once is enough.
TAP_SCRIPTED += tests/check/generated tests/check/demo
if !SANITIZERS
TAP_SCRIPTED += tests/check/shape tests/check/headers
endif
EXTRA_DIST += tests/check/generated tests/check/demo tests/check/shape tests/check/headers
