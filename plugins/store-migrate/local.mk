pkglib_LTLIBRARIES += plugins/store-migrate.la
plugins_store_migrate_la_SOURCES = plugins/store-migrate/plugin.c plugins/store-migrate/migrate.h \
  plugins/store-migrate/ask.c plugins/store-migrate/deliver.c plugins/store-migrate/message.c plugins/store-migrate/places.c \
  plugins/store-migrate/steps.c
plugins_store_migrate_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_store_migrate_la_LIBADD = $(GLIB_LIBS)
