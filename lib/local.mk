# The library below everything: data, settings, the grammar of mail, packed structs, addresses, reading segment files. No loop, no room, no plugin. It is
# part of libpli, so that a plugin links nothing.
libpli_la_SOURCES += lib/base/arena.c lib/base/buffer.c lib/base/error.c lib/base/ids.c lib/base/network.c \
  lib/base/span.c
libpli_la_SOURCES += lib/conf/bind.c lib/conf/check.c lib/conf/config.h lib/conf/describe.c lib/conf/internal.h \
  lib/conf/load.c lib/conf/pack.c lib/conf/read.c lib/conf/rows.c lib/conf/scripts.c lib/conf/scripts.h lib/conf/set.c lib/conf/suggest.c \
  lib/conf/suggest.h lib/conf/tools.h lib/conf/value.c lib/conf/why.c lib/conf/write.c
libpli_la_SOURCES += lib/mail/address.c lib/mail/aliases.c lib/mail/aliases.h lib/mail/date.c lib/mail/decode.c lib/mail/dsn.c lib/mail/edits.c \
  lib/mail/envelope.c lib/mail/esmtp.c lib/mail/header.c lib/mail/mime.c lib/mail/params.c lib/mail/parts.c \
  lib/mail/preview.c lib/mail/render.c lib/mail/reply.c lib/mail/token.c lib/mail/token.h lib/mail/utf7.c \
  lib/mail/words.c
libpli_la_SOURCES += lib/segment/format.c lib/segment/format.h lib/segment/read.c
libpli_la_SOURCES += lib/ipc/shape.c lib/ipc/shape.h lib/ipc/status.c lib/ipc/status.h
libpli_la_SOURCES += lib/net/address.c lib/net/address.h lib/net/endpoint.c lib/net/endpoint.h lib/net/pool.c \
  lib/net/pool.h lib/net/proxy.c lib/net/proxy.h lib/net/tls-client.c lib/net/tls-client.h
