# What scripts do, without a server.
TAP_SCRIPTED += tests/lua/recipes.sh
EXTRA_DIST += tests/lua/recipes.sh
