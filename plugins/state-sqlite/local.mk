pkglib_LTLIBRARIES += plugins/state-sqlite.la
plugins_state_sqlite_la_SOURCES = plugins/state-sqlite/plugin.c plugins/state-sqlite/state-sqlite.h \
  plugins/state-sqlite/file.c plugins/state-sqlite/step.c plugins/state-sqlite/table.c plugins/state-sqlite/write.c
plugins_state_sqlite_la_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
plugins_state_sqlite_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_state_sqlite_la_LIBADD = $(GLIB_LIBS) $(SQLITE_LIBS)
