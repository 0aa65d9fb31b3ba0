/* dns.c: `pli dns NAME [TYPE]`: what the running server finds for a name, one line a record. */
#include "cli/cli.h"

#include "cli/client.h"
#include <pli/dns.h>
#include <stdio.h>

static const struct
{
  const char *name;
  guint32 type;
} types[] = { { "A", PLI_DNS_A },     { "AAAA", PLI_DNS_AAAA }, { "MX", PLI_DNS_MX },      { "TXT", PLI_DNS_TXT },
              { "PTR", PLI_DNS_PTR }, { "TLSA", PLI_DNS_TLSA }, { "CNAME", PLI_DNS_CNAME } };

static void
print_row (const char *type, const PliDnsRow *row)
{
  g_autofree char *text = row->text ? g_strescape (row->text, NULL) : NULL;

  printf ("%s ", type);
  if (row->text && row->preference)
    printf ("%u ", row->preference);
  if (row->text)
    printf ("%s", *text || !g_str_equal (type, "MX") ? text : ".");
  for (gsize i = 0; !row->text && i < row->data.len; i++)
    printf ("%02x", (guint8) row->data.data[i]);
  printf ("\n");
}

int
pli_cmd_dns (PliCli *cli, int argc, char **argv)
{
  static const char *const status[] = { "found", "no such record", "no such name" };
  g_autoptr (PliArena) arena = pli_arena_new ();
  g_autoptr (GError) error = NULL;
  PliDnsArgs args = { 0 };
  PliDnsResult result;
  const char *type = argc > 2 ? argv[2] : "A";
  gboolean runs;
  int code;

  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    if (g_ascii_strcasecmp (types[i].name, type) == 0)
      args.type = types[i].type;
  if (argc < 2 || argc > 3 || !args.type)
    return pli_cli_usage (argv[0], "needs a name, and a type that mail uses");
  args.name = argv[1];
  if (!pli_client_call (cli->root, PLI_METHOD_DNS_LOOKUP, 0, &args, arena, &result, &runs, &error))
    {
      code = pli_cli_fail (argv[0], error);
      return runs ? code : PLI_EXIT_SERVER;
    }
  for (guint i = 0; i < result.n_rows; i++)
    print_row (type, &result.rows[i]);
  printf ("%s%s, for %" G_GINT64_FORMAT " s\n", status[MIN (result.status, PLI_DNS_NO_NAME)],
          result.secure ? ", secure" : "", result.ttl_us / G_USEC_PER_SEC);
  return result.status == PLI_DNS_FOUND ? PLI_EXIT_OK : PLI_EXIT_NOT_FOUND;
}
