/* settings.h: rows of `[net]` and of `[listener NAME]`. The structs are what lib/conf fills; who reads them is listed
 * with each. Internal to core. */
#ifndef PLI_NET_SETTINGS_H
#define PLI_NET_SETTINGS_H

#include <pli/protocol.h>
#include <pli/settings.h>

/* `[net]`: given to pli_net_configure(). */
typedef struct
{
  gint64 connections_max;
  gint64 accepts_per_round;
  gint64 handshake_timeout;
  gint64 write_timeout;
  guint64 output_high;
  const char *tls_priority; /* used by whoever calls pli_tls_new() */
  gboolean tls_tickets;
} PliNetSettings;

/* `[listener NAME]`: the room makes a PliListenerSpec of it; addresses and port are the supervisor's. */
typedef struct
{
  const char *const *address;
  gint64 port;
  const char *protocol;
  const char *role;
  gint tls;   /* PliTlsMode */
  gint proxy; /* PliProxyMode */
  gboolean plaintext_login;
  gint64 connections_max;
  gint64 connections_per_address;
} PliListenerSettings;

typedef enum
{
  PLI_PROXY_OFF,
  PLI_PROXY_REQUIRED,
} PliProxyMode;

extern const PliSetting pli_net_settings[];
extern const PliSetting pli_listener_settings[];

#endif
