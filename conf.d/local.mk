# Generated from the setting rows by tests/check/generated --write, which as a test compares them: every setting, with its
# default, commented out. Installed as they are; people write their own values into files that come later by name.
pliconfdir = $(sysconfdir)/pli/conf.d
dist_pliconf_DATA = $(wildcard $(srcdir)/conf.d/*.conf)
EXTRA_DIST += docs
