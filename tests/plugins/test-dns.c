/* test-dns.c: see test-dns.h. */
#include "test-dns.h"

static struct
{
  GHashTable *answers; /* "A name" -> values */
  GString *asked;
  guint waiting, most;
} dns;

static const char *
type_name (guint32 type)
{
  switch (type)
    {
    case PLI_DNS_A:
      return "A";
    case PLI_DNS_AAAA:
      return "AAAA";
    case PLI_DNS_PTR:
      return "PTR";
    case PLI_DNS_TXT:
      return "TXT";
    default:
      return "OTHER";
    }
}

void
test_dns_script (const char *lines)
{
  g_auto (GStrv) all = g_strsplit (lines, "\n", -1);

  if (dns.answers)
    g_hash_table_unref (dns.answers);
  if (dns.asked)
    g_string_free (dns.asked, TRUE);
  dns.answers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  dns.asked = g_string_new (NULL);
  dns.waiting = dns.most = 0;
  for (guint i = 0; all[i]; i++)
    {
      const char *space = strchr (all[i], ' '), *second = space ? strchr (space + 1, ' ') : NULL;

      if (second)
        g_hash_table_insert (dns.answers, g_strndup (all[i], (gsize) (second - all[i])), g_strdup (second + 1));
    }
}

const char *
test_dns_asked (void)
{
  return dns.asked->str;
}

guint
test_dns_most (void)
{
  return dns.most;
}

static void
fill (PliOp *op, const char *values, gboolean text, PliDnsResult *result)
{
  g_auto (GStrv) parts = g_strsplit (values, text ? "|" : " ", -1);
  PliDnsRow *rows = pli_arena_array (pli_op_arena (op), PliDnsRow, g_strv_length (parts) + 1);

  for (guint i = 0; parts[i]; i++)
    rows[i].text = pli_arena_strdup (pli_op_arena (op), parts[i]);
  result->rows = rows;
  result->n_rows = g_strv_length (parts);
}

typedef struct
{
  PliTicket ticket;
} Slow;

static void
slow_over (gpointer user)
{
  Slow *slow = user;

  dns.waiting--;
  pli_op_done (slow->ticket);
  g_free (slow);
}

static void
wait_no_more (PliOp *op, gpointer user)
{
  (void) op;
  dns.waiting--;
  pli_op_done (*(PliTicket *) user);
}

static PliStep
lookup (PliOp *op, gpointer self, const PliDnsArgs *args, PliDnsResult *result)
{
  g_autofree char *key = g_strdup_printf ("%s %s", type_name (args->type), args->name);
  const char *values = g_hash_table_lookup (dns.answers, key);

  (void) self;
  g_string_append_printf (dns.asked, "%s\n", key);
  dns.waiting++;
  dns.most = MAX (dns.most, dns.waiting);
  if (g_strcmp0 (values, "never") == 0)
    {
      PliTicket *ticket = pli_arena_new0 (pli_op_arena (op), PliTicket);

      *ticket = pli_op_wait (op);
      pli_op_on_cancel (op, wait_no_more, ticket);
      return PLI_WAIT;
    }
  if (values && g_str_has_prefix (values, "slow "))
    {
      Slow *slow = g_new (Slow, 1);

      fill (op, values + 5, args->type == PLI_DNS_TXT, result);
      slow->ticket = pli_op_wait (op);
      pli_timer_after (pli_op_instance (op), G_USEC_PER_SEC, slow_over, slow);
      return PLI_WAIT;
    }
  dns.waiting--;
  if (g_strcmp0 (values, "later") == 0)
    return pli_op_error (op, PLI_ERROR_TRY_AGAIN, "no answer from the resolver");
  if (values)
    fill (op, values, args->type == PLI_DNS_TXT, result);
  else
    result->status = PLI_DNS_NO_NAME;
  return PLI_DONE;
}

static const PliDns service = { .size = sizeof (PliDns), .lookup = lookup };
static const PliService services[] = { PLI_DNS ("test", &service), { 0 } };

PLI_PLUGIN (test_dns, .name = "test-dns", .version = "1", .summary = "For a test", .services = services);
