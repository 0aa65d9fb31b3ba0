pkglib_LTLIBRARIES += plugins/filter-greylist.la
plugins_filter_greylist_la_SOURCES = plugins/filter-greylist/plugin.c plugins/filter-greylist/greylist.h \
  plugins/filter-greylist/key.c plugins/filter-greylist/name.c plugins/filter-greylist/rcpt.c
plugins_filter_greylist_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_filter_greylist_la_LIBADD = $(GLIB_LIBS)
