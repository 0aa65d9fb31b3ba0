pkglib_LTLIBRARIES += plugins/policy-lua.la
plugins_policy_lua_la_SOURCES = plugins/policy-lua/plugin.c plugins/policy-lua/policy.h plugins/policy-lua/answer.c \
  plugins/policy-lua/api.c plugins/policy-lua/ask.c plugins/policy-lua/bound.c plugins/policy-lua/bound-msg.c \
  plugins/policy-lua/bound-rcpt.c plugins/policy-lua/bound-session.c plugins/policy-lua/bound-txn.c \
  plugins/policy-lua/call.c plugins/policy-lua/command.c plugins/policy-lua/filter.c plugins/policy-lua/lint.c \
  plugins/policy-lua/lint.h plugins/policy-lua/list.c plugins/policy-lua/list.h plugins/policy-lua/list-lib.c \
  plugins/policy-lua/load.c plugins/policy-lua/pattern.c plugins/policy-lua/pattern.h \
  plugins/policy-lua/pattern-lib.c plugins/policy-lua/router.c plugins/policy-lua/run.c plugins/policy-lua/sandbox.c \
  plugins/policy-lua/source.c plugins/policy-lua/state.c plugins/policy-lua/test.h plugins/policy-lua/test-lib.c \
  plugins/policy-lua/tokens.c plugins/policy-lua/try.c
plugins_policy_lua_la_CFLAGS = $(AM_CFLAGS) $(LUA_CFLAGS)
plugins_policy_lua_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_policy_lua_la_LIBADD = $(GLIB_LIBS) $(LUA_LIBS)
