/* Fuzzes lib/base/network.c: any text as a network. What is one is written as a text that means the same, contains itself,
 * and is contained in what it is widened to. */
#include <pli/network.h>

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree char *text = g_strndup ((const char *) data, size);
  const char *const list[] = { text, NULL };
  PliNetwork network, again;
  char written[PLI_NETWORK_SIZE];

  if (!pli_network_parse (text, &network))
    {
      g_assert (pli_networks_fault (list) == text);
      return 0;
    }
  g_assert (!pli_networks_fault (list));
  pli_network_text (&network, written);
  g_assert (pli_network_parse (written, &again));
  g_assert (memcmp (&network, &again, sizeof network) == 0);
  for (guint bits = 0; bits <= 128; bits += 7)
    {
      pli_network_widen (&again, bits / 4, bits);
      g_assert (pli_network_contains (&again, &network));
      again = network;
    }
  return 0;
}
