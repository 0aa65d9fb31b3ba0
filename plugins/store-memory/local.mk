pkglib_LTLIBRARIES += plugins/store-memory.la
plugins_store_memory_la_SOURCES = plugins/store-memory/plugin.c plugins/store-memory/memory.h \
  plugins/store-memory/account.c plugins/store-memory/name.c plugins/store-memory/set.c plugins/store-memory/listing.c \
  plugins/store-memory/mailbox.c plugins/store-memory/rename.c plugins/store-memory/open.c plugins/store-memory/watch.c \
  plugins/store-memory/fetch.c plugins/store-memory/flags.c plugins/store-memory/append.c plugins/store-memory/copy.c \
  plugins/store-memory/expunge.c plugins/store-memory/deliver.c
plugins_store_memory_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_store_memory_la_LIBADD = $(GLIB_LIBS)
