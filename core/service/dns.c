/* dns.c: façade of name look-ups (room out). */
#include "service/method.h"
#include <pli/dns.h>

PLI_SHAPE (PliDnsArgs, F_TEXT (PliDnsArgs, name), F_U32 (PliDnsArgs, type));
PLI_SHAPE (PliDnsRow, F_TEXT (PliDnsRow, text), F_U32 (PliDnsRow, preference), F_SPAN (PliDnsRow, data));
PLI_SHAPE (PliDnsResult, F_U32 (PliDnsResult, status), F_ROWS (PliDnsResult, rows, n_rows, PliDnsRow),
           F_U32 (PliDnsResult, secure), F_U64 (PliDnsResult, ttl_us));

const PliMethod pli_dns_methods[] = {
  { "dns.lookup", PLI_SERVICE_DNS, PLI_ROOM_OUT,
    PLI_ROOM_BIT (PLI_ROOM_SMTP) | PLI_ROOM_BIT (PLI_ROOM_QUEUE) | PLI_ROOM_BIT (PLI_ROOM_ADMIN)
        | PLI_ROOM_BIT (PLI_ROOM_HOST),
    PLI_CALL_IDEMPOTENT, 30 * G_USEC_PER_SEC, offsetof (PliDns, lookup), &PliDnsArgs_shape, &PliDnsResult_shape },
};

PliCall *
pli_dns_lookup (PliInstance *instance, const PliDnsArgs *args, PliDone done, gpointer user)
{
  PliCaller caller = { .instance = instance, .done = done, .user = user };

  return pli_method_call (PLI_METHOD_DNS_LOOKUP, &caller, args);
}
