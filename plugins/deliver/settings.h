/* settings.h: what deliver-smtp and deliver-lmtp can be told; the rows are in settings.c. */
#ifndef DELIVER_SETTINGS_H
#define DELIVER_SETTINGS_H

#include <pli/settings.h>

typedef struct
{
  gint64 port;
  const char *helo;
  gint ip;
  gint64 connections_per_destination, connections_max, messages_per_connection;
  gint64 idle;         /* µs, as all that follow */
  gint64 host_failure; /* for how long a host that failed is left alone */
  gint64 hosts_cache;
  gint64 hosts_max, recipients_max;
  gboolean pipelining;
  guint64 reply_line_max;
  gint64 reply_lines_max;
  gint64 connect_wait, greeting_wait, hello_wait, tls_wait, auth_wait, mail_wait, rcpt_wait, data_wait, body_wait,
      end_wait, quit_wait;
} DeliverSettings;

typedef enum
{
  DELIVER_IP_BOTH,
  DELIVER_IP_V4,
  DELIVER_IP_V6,
} DeliverIp;

extern const PliSetting deliver_rows[];

#endif
