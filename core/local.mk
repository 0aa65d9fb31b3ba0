# The core: libpli. A folder with many files has a local.mk of its own.
pliincludedir = $(includedir)/pli
pliinclude_HEADERS = core/pli/op.h core/pli/log.h core/pli/plugin.h core/pli/protocol.h core/pli/message.h \
  core/pli/filter.h core/pli/connect.h core/pli/deliver.h core/pli/dns.h core/pli/route.h core/pli/state.h \
  core/pli/store.h core/pli/directory.h core/pli/queue.h core/pli/ledger.h core/pli/segment.h \
  lib/pli/base.h lib/pli/settings.h lib/pli/mail.h lib/pli/network.h lib/pli/record.h

noinst_LTLIBRARIES += libpli.la
libpli_la_SOURCES =
libpli_la_SOURCES += core/segment/write.c
libpli_la_SOURCES += core/loop/instance.c core/loop/loop.c core/loop/offload.c core/loop/op.c \
  core/loop/instance.h core/loop/loop.h core/loop/op.h
libpli_la_SOURCES += core/log/event.c core/log/event.h core/log/metrics.c core/log/metrics.h
libpli_la_SOURCES += core/ipc/channel.c core/ipc/channel.h core/ipc/grant.c core/ipc/grant.h core/ipc/peer.c \
  core/ipc/peer.h core/ipc/peer-private.h core/ipc/peer-take.c
libpli_la_SOURCES += core/service/login.c
libpli_la_SOURCES += core/service/connect.c core/service/connect.h core/service/directory.c core/service/dns.c core/service/ledger.c core/service/ledger.h core/service/method.c \
  core/service/method.h core/service/queue.c core/service/report.c core/service/resolved.c \
  core/service/placement.c core/service/resolved.h core/service/route.c core/service/routes.h core/service/router.c core/service/state.c core/service/store.c \
  core/service/transport.c
libpli_la_SOURCES += core/plugin/filter-chain.c core/plugin/filter-settings.c core/plugin/filters.c \
  core/plugin/filters.h core/plugin/group.c core/plugin/loader.c core/plugin/loader.h core/plugin/plugin-internal.h \
  core/plugin/registry.c core/plugin/registry.h core/plugin/txn.c core/plugin/txn.h
libpli_la_SOURCES += core/sys/control.c core/sys/control.h core/sys/folders.c core/sys/folders.h core/sys/room.c \
  core/sys/room.h core/sys/roommain.c core/sys/roommain.h core/sys/server.c core/sys/server.h core/sys/setup.c \
  core/sys/setup.h core/sys/walls.c core/sys/walls.h core/sys/wire.h
libpli_la_SOURCES += core/host/directory.c core/host/filter.c core/host/host.h core/host/serve.c core/host/settings.c \
  core/host/stand-in.c
include core/net/local.mk


# Which plugins come with Pli: others do not share a room with them unless told to.
nodist_libpli_la_SOURCES = shipped.h
BUILT_SOURCES += shipped.h
CLEANFILES += shipped.h
core/host/settings.lo: shipped.h
shipped.h: Makefile
	$(AM_V_GEN)echo '#define PLI_SHIPPED "$(pkglib_LTLIBRARIES)"' > $@
