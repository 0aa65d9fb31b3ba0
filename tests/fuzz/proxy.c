/* Fuzzes lib/net/proxy.c: any bytes as the beginning of a connection. What is complete does not change when more bytes
 * come, and no beginning of it is refused. */
#include "net/proxy.h"

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  PliSpan bytes = pli_span ((const char *) data, size);
  PliProxyHeader header, again;
  PliProxyResult result = pli_proxy_parse (bytes, &header);
  char text[INET6_ADDRSTRLEN];

  if (result == PLI_PROXY_MORE)
    g_assert (size < PLI_PROXY_MOST);
  if (result != PLI_PROXY_DONE && result != PLI_PROXY_LOCAL)
    return 0;
  g_assert (header.len > 0 && header.len <= size && header.len <= PLI_PROXY_MOST);
  g_assert (pli_proxy_parse (pli_span_head (bytes, header.len), &again) == result);
  g_assert (memcmp (&header, &again, sizeof header) == 0);
  for (gsize len = 0; len < header.len; len++)
    g_assert (pli_proxy_parse (pli_span_head (bytes, len), &again) == PLI_PROXY_MORE);
  pli_address_to_text (&header.client, text);
  g_assert (strlen (text) > 0);
  return 0;
}
