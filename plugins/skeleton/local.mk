# The template is compiled with all others, so that it cannot rot; it is not installed.
noinst_LTLIBRARIES += plugins/skeleton.la
plugins_skeleton_la_SOURCES = plugins/skeleton/plugin.c
plugins_skeleton_la_LDFLAGS = $(PLUGIN_LDFLAGS) -rpath /nowhere
plugins_skeleton_la_LIBADD = $(GLIB_LIBS)
