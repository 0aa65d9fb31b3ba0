/* Fuzzes plugins/filter-dnsbl/list.c: any text as a list, as an answer and as what is looked up. A list that is one has a
 * zone that fits DNS, and what is asked of it fits too. */
#include "plugins/filter-dnsbl/list.h"

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree char *text = g_strndup ((const char *) data, size);
  g_autoptr (PliArena) arena = pli_arena_new ();
  DnsblList list, again;
  const char *name;

  if (dnsbl_list_parse (text, arena, &list))
    {
      g_assert (strlen (list.zone) <= DNSBL_NAME_MAX && strchr (list.zone, '.'));
      g_assert (list.low <= list.high && list.weight != 0);
      g_assert (dnsbl_list_parse (list.zone, arena, &again) && strcmp (list.zone, again.zone) == 0);
      g_assert (dnsbl_list_matches (&again, "127.0.0.2"));
    }
  g_assert (dnsbl_list_parse ("z.example", arena, &list));
  g_assert (dnsbl_list_matches (&list, text) == !dnsbl_answer_is_fault (text));
  name = dnsbl_name_of_address (arena, text, list.zone);
  g_assert (!name || (strlen (name) <= DNSBL_NAME_MAX && g_str_has_suffix (name, ".z.example")));
  name = dnsbl_name_of_domain (arena, text, list.zone);
  g_assert (!name || (strlen (name) <= DNSBL_NAME_MAX && g_str_has_suffix (name, ".z.example")));
  return 0;
}
