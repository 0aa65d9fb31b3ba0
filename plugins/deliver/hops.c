/* hops.c: which hosts take the mail of a route and a domain: the relay of the route, or the domain's mail exchangers by
 * RFC 5321 5.1 and RFC 7505. Asks DNS for MX only; addresses are host.c's. */
#include "deliver.h"

struct HopsSearch
{
  Deliver *deliver;
  Hops *hops;
  char *domain;
  PliCall *call;
  HopsFunc done;
  gpointer user;
};

void
hops_free (Hops *hops)
{
  if (!hops)
    return;
  pli_route_settings_unref (hops->route);
  pli_arena_free (hops->arena);
  g_free (hops);
}

static void
fails (Hops *hops, PliSendOutcome outcome, const char *status, const char *format, const char *what)
{
  g_autofree char *text = NULL;
  gboolean valid = g_utf8_validate (what, -1, NULL);
  const char *at = strstr (format, "%s");

  g_assert (at);
  text = g_strdup_printf ("%.*s%s%s", (int) (at - format), format, valid ? what : "?", at + 2);
  hops->n_hops = 0;
  hops->failure = (PliSent){ outcome, 0, status, pli_arena_strdup (hops->arena, text) };
}

static void
one_hop (Hops *hops, PliSpan name, guint port)
{
  hops->hops = pli_arena_new0 (hops->arena, Hop);
  hops->hops->name = pli_arena_text (hops->arena, name);
  hops->hops->port = port;
  hops->n_hops = 1;
}

/* "host:25", "[host]:25", "[2001:db8::1]", "192.0.2.1", "/run/lmtp": FALSE for what is none of them. */
static gboolean
take_relay (Hops *hops, PliSpan relay)
{
  guint64 port = 0;
  gssize end;
  PliSpan name, rest;

  relay = pli_span_trim (relay);
  if (pli_span_starts (relay, "/"))
    {
      one_hop (hops, relay, 0);
      return TRUE;
    }
  if (pli_span_starts (relay, "["))
    {
      end = pli_span_find (relay, ']');
      if (end < 0)
        return FALSE;
      name = pli_span_skip (pli_span_head (relay, (gsize) end), 1);
      rest = pli_span_skip (relay, (gsize) end + 1);
    }
  else
    {
      end = pli_span_find (relay, ':');
      name = end < 0 ? relay : pli_span_head (relay, (gsize) end);
      rest = end < 0 ? pli_span (relay.data, 0) : pli_span_skip (relay, (gsize) end);
    }
  if (rest.len > 0 && (rest.data[0] != ':' || !pli_span_to_u64 (pli_span_skip (rest, 1), 65535, &port) || port == 0))
    return FALSE;
  one_hop (hops, name, (guint) port);
  return name.len > 0;
}

/* RFC 5321 4.1.3: "[192.0.2.1]", "[IPv6:2001:db8::1]". */
static gboolean
take_literal (Hops *hops, const char *domain)
{
  gsize len = strlen (domain);
  PliSpan inner;

  if (len < 3 || domain[0] != '[' || domain[len - 1] != ']')
    return FALSE;
  inner = pli_span (domain + 1, len - 2);
  if (pli_span_starts_nocase (inner, "IPv6:"))
    inner = pli_span_skip (inner, 5);
  one_hop (hops, inner, 0);
  return g_hostname_is_ip_address (hops->hops->name);
}

static int
by_preference (const void *a, const void *b)
{
  const Hop *one = a, *two = b;

  if (one->preference != two->preference)
    return one->preference < two->preference ? -1 : 1;
  return strcmp (one->name, two->name);
}

/* RFC 5321 5.1: where we are one of the exchangers, only better ones may get it. */
static void
drop_from_ourselves (Deliver *deliver, Hops *hops)
{
  g_autofree char *own = deliver_hostname (deliver);

  for (guint i = 0; i < hops->n_hops; i++)
    if (g_ascii_strcasecmp (hops->hops[i].name, own) == 0)
      {
        guint preference = hops->hops[i].preference;

        hops->n_hops = 0;
        while (hops->hops[hops->n_hops].preference < preference)
          hops->n_hops++;
        if (hops->n_hops == 0)
          fails (hops, PLI_SEND_NEVER, "5.4.6", "mail would come back: %s is a mail exchanger for it", own);
        return;
      }
}

static void
take_exchangers (Deliver *deliver, Hops *hops, const PliDnsResult *result, const char *domain)
{
  hops->hops = pli_arena_array (hops->arena, Hop, result->n_rows);
  for (guint i = 0; i < result->n_rows; i++)
    {
      const PliDnsRow *row = &result->rows[i];

      if (!row->text || !*row->text || g_str_equal (row->text, "."))
        continue;
      hops->hops[hops->n_hops++] = (Hop){ pli_arena_strdup (hops->arena, row->text), row->preference, 0 };
    }
  if (hops->n_hops == 0)
    {
      fails (hops, PLI_SEND_NEVER, "5.1.10", "the domain %s takes no mail (null MX)", domain);
      return;
    }
  qsort (hops->hops, hops->n_hops, sizeof (Hop), by_preference);
  drop_from_ourselves (deliver, hops);
  hops->n_hops = MIN (hops->n_hops, (guint) deliver_settings (deliver)->hosts_max);
}

static void
take_answer (HopsSearch *search, const PliDnsResult *result, const GError *error)
{
  Hops *hops = search->hops;

  if (error)
    {
      gboolean for_good = error->code == PLI_ERROR_PERMANENT;

      fails (hops, for_good ? PLI_SEND_NEVER : PLI_SEND_LATER, for_good ? "5.1.2" : "4.4.3",
             "mail exchangers cannot be looked up: %s", error->message);
      return;
    }
  hops->ttl_us = result->ttl_us;
  switch (result->status)
    {
    case PLI_DNS_FOUND:
      take_exchangers (search->deliver, hops, result, search->domain);
      break;
    case PLI_DNS_NO_NAME:
      fails (hops, PLI_SEND_NEVER, "5.1.2", "the domain %s does not exist", search->domain);
      break;
    default:
      hops->is_fallback = TRUE;
      one_hop (hops, pli_span_from (search->domain), 0);
      drop_from_ourselves (search->deliver, hops);
    }
}

static void
answered (gpointer user, const void *result, const GError *error)
{
  HopsSearch *search = user;

  search->call = NULL;
  take_answer (search, result, error);
  search->done (search->user, g_steal_pointer (&search->hops));
  hops_search_cancel (search);
}

void
hops_search_cancel (HopsSearch *search)
{
  if (!search)
    return;
  pli_call_cancel (search->call);
  hops_free (search->hops);
  g_free (search->domain);
  g_free (search);
}

/* What needs no DNS; TRUE when that was it. */
static gboolean
find_at_once (Deliver *deliver, Hops *hops, const char *route, const char *domain)
{
  hops->ttl_us = deliver_settings (deliver)->hosts_cache;
  if (!hops->route)
    fails (hops, PLI_SEND_LATER, "4.3.5", "there is no route %s", route);
  else if (hops->route->relay)
    {
      hops->is_relay = TRUE;
      if (!take_relay (hops, pli_span_from (hops->route->relay)))
        fails (hops, PLI_SEND_LATER, "4.3.5", "relay = %s is not HOST:PORT", hops->route->relay);
    }
  else if (deliver->kind->lmtp)
    /* RFC 2033 5: not for mail exchangers of the world. */
    fails (hops, PLI_SEND_LATER, "4.3.5", "the route %s has no relay, which LMTP needs", route);
  else if (domain[0] == '[')
    {
      if (!take_literal (hops, domain))
        fails (hops, PLI_SEND_NEVER, "5.1.2", "%s is not an address", domain);
    }
  else if (!*domain)
    fails (hops, PLI_SEND_NEVER, "5.1.2", "the address has no domain%s", "");
  else
    return FALSE;
  return TRUE;
}

HopsSearch *
hops_find (Deliver *deliver, const char *route, const char *domain, HopsFunc done, gpointer user)
{
  Hops *hops = g_new0 (Hops, 1);
  PliDnsArgs args = { .name = domain, .type = PLI_DNS_MX };
  HopsSearch *search;

  hops->arena = pli_arena_new ();
  hops->route = pli_route_settings (deliver->instance, route);
  if (find_at_once (deliver, hops, route, domain))
    {
      done (user, hops);
      return NULL;
    }
  search = g_new0 (HopsSearch, 1);
  search->deliver = deliver;
  search->hops = hops;
  search->domain = g_strdup (domain);
  search->done = done;
  search->user = user;
  search->call = pli_dns_lookup (deliver->instance, &args, answered, search);
  return search;
}
