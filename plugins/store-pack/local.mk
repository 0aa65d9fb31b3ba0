pkglib_LTLIBRARIES += plugins/store-pack.la
plugins_store_pack_la_SOURCES = plugins/store-pack/plugin.c plugins/store-pack/pack.h plugins/store-pack/account.h \
  plugins/store-pack/body.h plugins/store-pack/call.h plugins/store-pack/mailbox.h plugins/store-pack/round.h \
  plugins/store-pack/account.c plugins/store-pack/append.c plugins/store-pack/batch.c plugins/store-pack/body.c \
  plugins/store-pack/call.c plugins/store-pack/changes.c plugins/store-pack/compact.c plugins/store-pack/checkpoint.c \
  plugins/store-pack/copy.c \
  plugins/store-pack/database.c plugins/store-pack/deliver.c plugins/store-pack/expunge.c plugins/store-pack/fetch.c \
  plugins/store-pack/flags.c plugins/store-pack/image.c plugins/store-pack/keywords.c plugins/store-pack/listing.c \
  plugins/store-pack/live.c plugins/store-pack/mailbox.c plugins/store-pack/mailbox-table.c plugins/store-pack/name.c \
  plugins/store-pack/open.c plugins/store-pack/pack.c plugins/store-pack/rename.c plugins/store-pack/round.c \
  plugins/store-pack/rows.c plugins/store-pack/settled.c plugins/store-pack/taken.c plugins/store-pack/view.c plugins/store-pack/watch.c
plugins_store_pack_la_CPPFLAGS = $(AM_CPPFLAGS) $(SQLITE_CFLAGS)
plugins_store_pack_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_store_pack_la_LIBADD = $(GLIB_LIBS) $(SQLITE_LIBS)
