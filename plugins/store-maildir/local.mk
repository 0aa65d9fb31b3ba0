pkglib_LTLIBRARIES += plugins/store-maildir.la
plugins_store_maildir_la_SOURCES = plugins/store-maildir/plugin.c plugins/store-maildir/maildir.h \
  plugins/store-maildir/uidlist.h plugins/store-maildir/account.c plugins/store-maildir/address.c plugins/store-maildir/append.c \
  plugins/store-maildir/body.c plugins/store-maildir/call.c plugins/store-maildir/changes.c \
  plugins/store-maildir/copy.c plugins/store-maildir/database.c plugins/store-maildir/deliver.c \
  plugins/store-maildir/expunge.c plugins/store-maildir/fetch.c plugins/store-maildir/filename.c \
  plugins/store-maildir/flags.c plugins/store-maildir/letters.c plugins/store-maildir/listing.c \
  plugins/store-maildir/mailbox.c plugins/store-maildir/name.c plugins/store-maildir/open.c \
  plugins/store-maildir/path.c plugins/store-maildir/rename.c plugins/store-maildir/rows.c \
  plugins/store-maildir/scan.c plugins/store-maildir/set.c plugins/store-maildir/subscriptions.c plugins/store-maildir/taken.c \
  plugins/store-maildir/tree.c plugins/store-maildir/uidfile.c plugins/store-maildir/uidlist.c \
  plugins/store-maildir/watch.c
plugins_store_maildir_la_CPPFLAGS = $(AM_CPPFLAGS) $(SQLITE_CFLAGS)
plugins_store_maildir_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_store_maildir_la_LIBADD = $(GLIB_LIBS) $(SQLITE_LIBS)
