libpli_la_SOURCES += core/mail/address.c core/mail/date.c core/mail/decode.c core/mail/dsn.c core/mail/edits.c \
  core/mail/envelope.c core/mail/esmtp.c core/mail/header.c core/mail/mime.c core/mail/params.c core/mail/parts.c \
  core/mail/preview.c core/mail/render.c core/mail/reply.c core/mail/token.c core/mail/token.h core/mail/utf7.c \
  core/mail/words.c
