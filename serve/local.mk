# `pli serve`: what starts rooms and keeps them running. It loads no plugin; core, which is what a room is, knows nothing of it.
libpli_la_SOURCES += serve/bind.c serve/bind.h serve/check.c serve/check.h serve/children.c serve/links.c serve/lock.c \
  serve/lock.h serve/reload.c serve/report.c serve/setup.c serve/setup.h serve/single.c serve/single.h serve/snapshot.c serve/spawn.c serve/spawn.h \
  serve/supervisor.c serve/supervisor.h serve/supervisor-private.h
