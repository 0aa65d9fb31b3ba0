# What `pli plugin new` writes. The template of a store is store-memory as it is. In a build tree the program looks beside
# itself.
templatesdir = $(pkgdatadir)/templates/plugin
dist_templates_DATA = templates/plugin/Makefile.am.in templates/plugin/README.md.in templates/plugin/auth-test.c.in \
  templates/plugin/auth.c.in templates/plugin/configure.ac.in templates/plugin/deliver-test.c.in \
  templates/plugin/deliver.c.in templates/plugin/filter-test.c.in templates/plugin/filter.c.in \
  templates/plugin/plugin.conf.in templates/plugin/store-test.c.in
templatesstoredir = $(templatesdir)/store
templatesstore_DATA = $(plugins_store_memory_la_SOURCES)
all-local: share/templates/built
share/templates/built: $(dist_templates_DATA) $(templatesstore_DATA)
	$(AM_V_GEN)rm -rf share/templates && $(MKDIR_P) share/templates/plugin/store \
	  && cp $(dist_templates_DATA:%=$(srcdir)/%) share/templates/plugin \
	  && cp $(templatesstore_DATA:%=$(srcdir)/%) share/templates/plugin/store && touch $@
clean-local:
	rm -rf share
