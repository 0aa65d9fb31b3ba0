/* host.c: addresses of a host (A and AAAA, asked side by side), for as long as DNS allows. A name that is an address, or
 * a path, has just that; "localhost" is not asked of DNS (RFC 6761 6.3). */
#include "deliver.h"

struct HostWaiter
{
  Host *host;
  HostFunc done;
  gpointer user;
};

Host *
host_ref (Deliver *deliver, const char *name)
{
  Host *host = g_hash_table_lookup (deliver->hosts, name);

  if (!host)
    {
      host = g_new0 (Host, 1);
      host->deliver = deliver;
      host->name = g_strdup (name);
      host->addresses = g_ptr_array_new_with_free_func (g_free);
      g_hash_table_insert (deliver->hosts, host->name, host);
    }
  host->refs++;
  return host;
}

void
host_unref (Host *host)
{
  if (host)
    host->refs--;
}

void
host_free (Host *host)
{
  for (guint i = 0; i < 2; i++)
    {
      pli_call_cancel (host->calls[i]);
      g_clear_pointer (&host->found[i], g_ptr_array_unref);
    }
  g_slist_free_full (host->waiting, g_free);
  g_ptr_array_unref (host->addresses);
  g_free (host->name);
  g_free (host->why);
  g_free (host);
}

void
host_cancel (HostWaiter *waiter)
{
  if (!waiter)
    return;
  waiter->host->waiting = g_slist_remove (waiter->host->waiting, waiter);
  g_free (waiter);
}

static void
complete (Host *host)
{
  Deliver *deliver = host->deliver;
  const DeliverSettings *set = deliver_settings (deliver);
  gint64 ttl = CLAMP (host->ttl_us, G_USEC_PER_SEC, MAX (set->hosts_cache, G_USEC_PER_SEC));

  for (guint i = 0; i < 2; i++)
    {
      for (guint k = 0; host->found[i] && k < host->found[i]->len; k++)
        if (host->addresses->len < (guint) set->hosts_max)
          g_ptr_array_add (host->addresses, g_strdup (host->found[i]->pdata[k]));
      g_clear_pointer (&host->found[i], g_ptr_array_unref);
    }
  host->no_such_name = host->addresses->len == 0 && !host->failed;
  if (host->addresses->len > 0)
    g_clear_pointer (&host->why, g_free);
  else if (!host->why)
    host->why = g_strdup_printf ("%s has no address", host->name);
  /* A look-up that failed is made again for the next message. */
  host->until_us = pli_clock_us (deliver->instance) + (host->failed && host->addresses->len == 0 ? 0 : ttl);
  host->refs++;
  while (host->waiting)
    {
      HostWaiter *waiter = host->waiting->data;
      HostFunc done = waiter->done;
      gpointer user = waiter->user;

      host_cancel (waiter);
      done (user);
    }
  host->refs--;
}

static void
take_answer (Host *host, guint family, const PliDnsResult *result, const GError *error)
{
  if (error)
    {
      host->failed |= error->code != PLI_ERROR_PERMANENT;
      g_free (host->why);
      host->why = g_strdup_printf ("%s: %s", host->name, error->message);
      return;
    }
  host->ttl_us = MIN (host->ttl_us, result->ttl_us);
  for (guint i = 0; i < result->n_rows; i++)
    if (result->rows[i].text)
      g_ptr_array_add (host->found[family], g_strdup (result->rows[i].text));
}

static void
answered (gpointer user, const void *result, const GError *error)
{
  HostQuestion *question = user;
  Host *host = question->host;

  host->calls[question->family] = NULL;
  take_answer (host, question->family, result, error);
  if (--host->n_calls == 0)
    complete (host);
}

static void
ask (Host *host, guint family)
{
  PliDnsArgs args = { .name = host->name, .type = family == 0 ? PLI_DNS_AAAA : PLI_DNS_A };

  host->questions[family] = (HostQuestion){ host, family };
  host->found[family] = g_ptr_array_new_with_free_func (g_free);
  host->n_calls++;
  host->calls[family] = pli_dns_lookup (host->deliver->instance, &args, answered, &host->questions[family]);
}

/* Fills in what needs no DNS: TRUE then. */
static gboolean
resolve_here (Host *host)
{
  host->no_such_name = FALSE;
  if (host->name[0] == '/' || g_hostname_is_ip_address (host->name))
    g_ptr_array_add (host->addresses, g_strdup (host->name));
  else if (g_ascii_strcasecmp (host->name, "localhost") == 0)
    {
      g_ptr_array_add (host->addresses, g_strdup ("127.0.0.1"));
      g_ptr_array_add (host->addresses, g_strdup ("::1"));
    }
  else
    return FALSE;
  host->until_us = G_MAXINT64;
  return TRUE;
}

gboolean
host_resolve (Host *host, HostFunc done, gpointer user, HostWaiter **out_waiter)
{
  gint ip = deliver_settings (host->deliver)->ip;

  if (host->n_calls == 0 && host->until_us > pli_clock_us (host->deliver->instance))
    return TRUE;
  if (host->n_calls == 0)
    {
      g_ptr_array_set_size (host->addresses, 0);
      if (resolve_here (host))
        return TRUE;
      host->failed = FALSE;
      host->ttl_us = G_MAXINT64;
      g_clear_pointer (&host->why, g_free);
      if (ip != DELIVER_IP_V4)
        ask (host, 0);
      if (ip != DELIVER_IP_V6)
        ask (host, 1);
    }
  *out_waiter = g_new0 (HostWaiter, 1);
  **out_waiter = (HostWaiter){ host, done, user };
  host->waiting = g_slist_append (host->waiting, *out_waiter);
  return FALSE;
}

gboolean
host_sweep (gpointer name, gpointer value, gpointer now_us)
{
  Host *host = value;

  (void) name;
  return host->refs == 0 && host->n_calls == 0 && host->until_us <= *(const gint64 *) now_us;
}
