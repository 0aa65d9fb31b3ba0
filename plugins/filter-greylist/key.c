/* key.c: what a client and a sender are remembered by. Machines of one sender share a network; mailing lists and others put
 * counters and signatures into the sender's address (VERP, BATV, SRS), which must not make each message a stranger. */
#include "greylist.h"

#include <pli/network.h>

#define KEY_MAX 400 /* bytes; state takes 512 */

const char *
greylist_network (PliArena *arena, const GreylistSettings *set, const char *peer)
{
  PliNetwork network;
  char text[PLI_NETWORK_SIZE];

  if (!pli_network_parse (peer, &network))
    return pli_arena_strdup (arena, peer);
  pli_network_widen (&network, (guint) set->network4, (guint) set->network6);
  pli_network_text (&network, text);
  return pli_arena_strdup (arena, text);
}

/* "srs0=hash=day=domain=user": hash and day change daily; "prvs=1234567890=user": so does the tag. */
static const char *
without_signature (const char *local)
{
  static const struct
  {
    const char *prefix;
    guint parts; /* that go */
  } kinds[] = { { "srs0=", 3 }, { "srs0+", 3 }, { "srs1=", 2 }, { "srs1+", 2 }, { "prvs=", 2 }, { "btv1==", 4 } };

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (g_str_has_prefix (local, kinds[i].prefix))
      {
        const char *rest = local;

        for (guint part = 0; rest && part < kinds[i].parts; part++)
          rest = strpbrk (rest, "=+") ? strpbrk (rest, "=+") + 1 : NULL;
        return rest ? rest : local;
      }
  return local;
}

const char *
greylist_sender (PliArena *arena, const char *sender)
{
  char *text = pli_arena_strdup (arena, sender), *at, *out;
  const char *domain, *local, *plus;
  char *result;

  pli_ascii_lower (text);
  at = strrchr (text, '@');
  if (!at)
    return text;
  *at = 0;
  domain = at + 1;
  local = without_signature (text);
  plus = strchr (local, '+');
  result = out = pli_arena_alloc (arena, strlen (local) + strlen (domain) + 2);
  for (const char *c = local; *c && c != plus; c++)
    if (!g_ascii_isdigit (*c))
      *out++ = *c;
    else if (out == result || out[-1] != '#')
      *out++ = '#';
  *out++ = '@';
  strcpy (out, domain);
  return result;
}

const char *
greylist_key (PliArena *arena, const char *network, const char *sender, const char *rcpt)
{
  const char *key = pli_arena_printf (arena, "k %s %s%s%s", network, greylist_sender (arena, sender), rcpt ? " " : "",
                                      rcpt ? rcpt : "");
  g_autofree char *hash = NULL;

  if (strlen (key) <= KEY_MAX)
    return key;
  hash = g_compute_checksum_for_string (G_CHECKSUM_SHA256, key, -1);
  return pli_arena_printf (arena, "h %s", hash);
}

const char *
greylist_white_key (PliArena *arena, const char *network)
{
  return pli_arena_printf (arena, "w %s", network);
}
