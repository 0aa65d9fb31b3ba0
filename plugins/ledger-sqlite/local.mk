pkglib_LTLIBRARIES += plugins/ledger-sqlite.la
plugins_ledger_sqlite_la_SOURCES = plugins/ledger-sqlite/plugin.c plugins/ledger-sqlite/ledger-sqlite.h \
  plugins/ledger-sqlite/file.c plugins/ledger-sqlite/record.c plugins/ledger-sqlite/explain.c
plugins_ledger_sqlite_la_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
plugins_ledger_sqlite_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_ledger_sqlite_la_LIBADD = $(GLIB_LIBS) $(SQLITE_LIBS)
