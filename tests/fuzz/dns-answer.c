/* Fuzzes plugins/dns-unbound/answer.c: the first byte says which type was asked. What is found must be texts without
 * surprises: addresses that are addresses, names that can be printed, no more rows than allowed. */
#include "../../plugins/dns-unbound/answer.h"

#include <arpa/inet.h>

#define ROWS_MAX 50

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

static void
check_row (guint32 type, const PliDnsRow *row)
{
  char bytes[16];

  if (type == PLI_DNS_TLSA)
    g_assert (!row->text);
  else if (type == PLI_DNS_A || type == PLI_DNS_AAAA)
    g_assert (inet_pton (type == PLI_DNS_A ? AF_INET : AF_INET6, row->text, bytes) == 1);
  else if (type == PLI_DNS_TXT)
    g_assert (strlen (row->text) <= row->data.len);
  else
    for (const char *c = row->text; *c; c++)
      g_assert (*c > ' ' && *c < 127 && !g_ascii_isupper (*c));
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  static const guint32 types[] = { PLI_DNS_A,   PLI_DNS_CNAME, PLI_DNS_PTR, PLI_DNS_MX,
                                   PLI_DNS_TXT, PLI_DNS_AAAA,  PLI_DNS_TLSA };
  g_autoptr (PliArena) arena = pli_arena_new ();
  PliDnsResult result = { 0 };
  guint32 type;

  if (size < 1)
    return 0;
  type = types[data[0] % G_N_ELEMENTS (types)];
  if (!dns_answer_parse (pli_span ((const char *) data + 1, size - 1), type, ROWS_MAX, arena, &result, NULL))
    return 0;
  g_assert (result.n_rows <= ROWS_MAX && (result.n_rows > 0) == (result.status == PLI_DNS_FOUND));
  g_assert (result.ttl_us >= 0 && result.ttl_us <= 24 * 3600 * (gint64) G_USEC_PER_SEC);
  for (guint i = 0; i < result.n_rows; i++)
    check_row (type, &result.rows[i]);
  return 0;
}
