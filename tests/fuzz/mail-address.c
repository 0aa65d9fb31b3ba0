/* Fuzz target of lib/mail/address.c: what is accepted can be written and is read back the same. */
#include <pli/mail.h>

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (PliArena) arena = pli_arena_new ();
  PliAddress address, again;
  PliSpan in, user, detail;
  guint flags;
  gsize consumed;
  char *text;

  if (size == 0)
    return 0;
  flags = data[0] & 7;
  in = pli_span ((const char *) data + 1, size - 1);
  pli_domain_valid (in, (flags & PLI_PATH_UTF8) != 0);
  pli_address_literal_valid (in);
  pli_address_parse (in, flags, arena, &address, NULL);
  if (!pli_address_parse_path (in, flags, arena, &address, &consumed, NULL))
    return 0;
  g_assert (consumed <= in.len && in.data[consumed - 1] == '>');
  g_assert (address.local.len <= PLI_LOCAL_MAX && address.domain.len <= PLI_DOMAIN_MAX);
  text = pli_address_text (arena, &address);
  g_assert (strlen (text) <= PLI_PATH_MAX - 2);
  g_assert (pli_address_parse (pli_span_from (text), flags, arena, &again, NULL));
  g_assert (pli_span_equal (address.local, again.local) && pli_span_equal (address.domain, again.domain));
  pli_address_split_detail (address.local, '+', &user, &detail);
  return 0;
}
