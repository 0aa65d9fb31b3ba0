/* dns.h: looking names up; answered by `dns-*` plugins in the room `out`, which alone talks to resolvers.
 *
 * A plugin that asks declares the need "dns". Names are given in ASCII (A-labels) without a dot at the end; answers too.
 * Both sides of the service: the vtable that a plugin offers, and the façade. Thread: loop. */
#ifndef PLI_DNS_H
#define PLI_DNS_H

#include <pli/op.h>

G_BEGIN_DECLS

/* Numbers of RFC 1035 3.2.2, RFC 3596, RFC 6698. */
typedef enum
{
  PLI_DNS_A = 1,
  PLI_DNS_CNAME = 5,
  PLI_DNS_PTR = 12, /* the name is an IPv4 or IPv6 address as text: the provider writes in-addr.arpa */
  PLI_DNS_MX = 15,
  PLI_DNS_TXT = 16,
  PLI_DNS_AAAA = 28,
  PLI_DNS_TLSA = 52,
} PliDnsType;

typedef struct
{
  const char *name;
  guint32 type; /* PliDnsType */
} PliDnsArgs;

typedef struct
{
  const char *text; /* address, host name ("": the root, as in a null MX), or a TXT's strings together; NULL for TLSA */
  guint32 preference; /* MX */
  PliSpan data;       /* the record's bytes */
} PliDnsRow;

typedef enum
{
  PLI_DNS_FOUND,
  PLI_DNS_NO_DATA, /* the name is there, such a record is not */
  PLI_DNS_NO_NAME, /* NXDOMAIN */
} PliDnsStatus;

typedef struct
{
  guint32 status; /* PliDnsStatus */
  const PliDnsRow *rows;
  guint32 n_rows;
  gboolean secure; /* DNSSEC validated */
  gint64 ttl_us;   /* at most a day; 0: not to be remembered */
} PliDnsResult;

typedef struct
{
  gsize size;
  /* PLI_ERROR_TRY_AGAIN: SERVFAIL, bogus, no answer in time; PLI_ERROR_PERMANENT: not a name that can be asked. */
  PliStep (*lookup) (PliOp *op, gpointer self, const PliDnsArgs *args, PliDnsResult *result);
} PliDns;

PLI_API PliCall *pli_dns_lookup (PliInstance *instance, const PliDnsArgs *args, PliDone done, gpointer user);

G_END_DECLS

#endif
