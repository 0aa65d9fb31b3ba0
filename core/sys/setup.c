/* setup.c: see setup.h. */
#include "sys/setup.h"

PLI_SHAPE (PliSetupCertificate, F_TEXT (PliSetupCertificate, name), F_SPAN (PliSetupCertificate, chain),
           F_SPAN (PliSetupCertificate, key));
PLI_SHAPE (PliSetupPassword, F_TEXT (PliSetupPassword, route), F_TEXT (PliSetupPassword, password));
PLI_SHAPE (PliScript, F_TEXT (PliScript, name), F_SPAN (PliScript, text));
PLI_SHAPE (PliSetupHost, F_TEXT (PliSetupHost, name), F_U32 (PliSetupHost, index));
PLI_SHAPE (PliSetup, F_TEXT (PliSetup, root), F_U32 (PliSetup, rooms), F_U32 (PliSetup, index),
           F_U32 (PliSetup, generation), F_U32 (PliSetup, smtp_rooms), F_U32 (PliSetup, access_rooms),
           F_U32 (PliSetup, store_rooms), F_SPAN (PliSetup, config),
           F_ROWS (PliSetup, certificates, n_certificates, PliSetupCertificate), F_TEXTS (PliSetup, plugins),
           F_SPAN (PliSetup, ticket_key), F_ROWS (PliSetup, passwords, n_passwords, PliSetupPassword),
           F_ROWS (PliSetup, scripts, n_scripts, PliScript), F_ROWS (PliSetup, hosts, n_hosts, PliSetupHost),
           F_U32 (PliSetup, uid_base), F_U32 (PliSetup, owner_uid));

const PliShape *const pli_setup_shape = &PliSetup_shape;

/* The kind is the prefix; an engine is an access engine unless it takes mail. */
static const struct
{
  const char *prefix;
  guint32 rooms;
} kinds[] = {
  { "auth-", PLI_ROOM_BIT (PLI_ROOM_AUTH) },
  { "proto-smtp", PLI_ROOM_BIT (PLI_ROOM_SMTP) },
  { "filter-", PLI_ROOM_BIT (PLI_ROOM_SMTP) },
  { "proto-", PLI_ROOM_BIT (PLI_ROOM_ACCESS) },
  { "web-", PLI_ROOM_BIT (PLI_ROOM_ACCESS) },
  { "queue-", PLI_ROOM_BIT (PLI_ROOM_QUEUE) },
  { "store-", PLI_ROOM_BIT (PLI_ROOM_STORE) },
  { "deliver-", PLI_ROOM_BIT (PLI_ROOM_OUT) },
  { "ledger-", PLI_ROOM_BIT (PLI_ROOM_ADMIN) },
  { "state-", PLI_ROOM_BIT (PLI_ROOM_ADMIN) },
  { "dns-", PLI_ROOM_BIT (PLI_ROOM_OUT) },
  { "policy-", PLI_ROOM_BIT (PLI_ROOM_SMTP) | PLI_ROOM_BIT (PLI_ROOM_QUEUE) },
};

guint32
pli_setup_rooms_of (const char *plugin)
{
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (g_str_has_prefix (plugin, kinds[i].prefix))
      return kinds[i].rooms;
  return 0;
}
