libpli_la_SOURCES += core/net/connection.c core/net/outward.c core/net/outward.h core/net/dial.c core/net/dial.h core/net/engine.c core/net/listener.c \
  core/net/listener.h core/net/mirror.c core/net/net.c core/net/private.h \
  core/net/public.c core/net/pump.c core/net/session.c core/net/session.h core/net/settings.c \
  core/net/settings.h core/net/sign.c core/net/signing.c core/net/signing.h core/net/sign.h \
  core/net/socket.c core/net/stream.c core/net/stream.h \
  core/net/tls.c core/net/tls.h core/net/tls-key.c core/net/tls-key.h
