#!/bin/sh
# Runs all wire scripts on the plugins of the build tree; `make check` starts it in the top build folder.
exec ./tests/lib/wire-run --plugin-path "$PWD/plugins/.libs" "${srcdir:-.}"/tests/wire/*/*.wire
