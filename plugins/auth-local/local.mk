pkglib_LTLIBRARIES += plugins/auth-local.la
plugins_auth_local_la_SOURCES = plugins/auth-local/plugin.c plugins/auth-local/auth-local.h \
  plugins/auth-local/tree.c plugins/auth-local/database.c plugins/auth-local/jobs.c plugins/auth-local/change.c \
  plugins/auth-local/write.c plugins/auth-local/list.c plugins/auth-local/resolve.c plugins/auth-local/verify.c \
  plugins/auth-local/password.c plugins/auth-local/keys.c plugins/auth-local/memo.c
plugins_auth_local_la_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS) $(GSASL_CFLAGS)
plugins_auth_local_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_auth_local_la_LIBADD = $(GLIB_LIBS) $(SQLITE_LIBS) $(GSASL_LIBS) -lcrypt
