/* init.c: `pli init`: a server that works, from one domain name: settings, a self-signed certificate, the domain, and a
 * postmaster account. Touches nothing when there are settings already. */
#include "cli/cli.h"
#include "conf/tools.h"

#include "cli/direct.h"
#include "conf/config.h"
#include "sys/server.h"
#include <errno.h>
#include <glib/gstdio.h>
#include <gnutls/crypto.h>
#include <gnutls/x509.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#define DAYS 3650

typedef struct
{
  const char *name, *protocol, *role, *tls;
  guint port;
  gboolean loopback;
} Port;

static const Port ports[] = {
  { "mx", "smtp", "mx", "starttls", 25, FALSE },
  { "submission", "smtp", "submission", "starttls", 587, FALSE },
  { "submissions", "smtp", "submissions", "implicit", 465, FALSE },
  { "lmtp", "smtp", "lmtp", "none", 24, TRUE },
  { "imap", "imap", NULL, "starttls", 143, FALSE },
  { "imaps", "imap", NULL, "implicit", 993, FALSE },
  { "pop3", "pop3", NULL, "starttls", 110, FALSE },
  { "pop3s", "pop3", NULL, "implicit", 995, FALSE },
};

static gboolean
check_tls (int code, const char *what, GError **error)
{
  if (code >= 0)
    return TRUE;
  g_set_error (error, PLI_ERROR, PLI_ERROR_PERMANENT, "%s: %s", what, gnutls_strerror (code));
  return FALSE;
}

/* ECDSA P-256, for mail.D and D. */
static gboolean
make_certificate (const char *domain, const char *key_path, const char *chain_path, GError **error)
{
  g_autofree char *host = g_strdup_printf ("mail.%s", domain);
  gnutls_x509_privkey_t key = NULL;
  gnutls_x509_crt_t crt = NULL;
  gnutls_datum_t key_pem = { 0 }, crt_pem = { 0 };
  guint8 serial[16];
  gboolean ok;

  ok = check_tls (gnutls_x509_privkey_init (&key), "key", error)
       && check_tls (
           gnutls_x509_privkey_generate (key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS (GNUTLS_ECC_CURVE_SECP256R1), 0),
           "key", error)
       && check_tls (gnutls_x509_crt_init (&crt), "certificate", error)
       && check_tls (gnutls_rnd (GNUTLS_RND_NONCE, serial, sizeof serial), "certificate", error);
  if (ok)
    {
      time_t now = time (NULL);

      serial[0] &= 0x7f;
      ok = check_tls (gnutls_x509_crt_set_version (crt, 3), "certificate", error)
           && check_tls (gnutls_x509_crt_set_serial (crt, serial, sizeof serial), "certificate", error)
           && check_tls (gnutls_x509_crt_set_activation_time (crt, now - 3600), "certificate", error)
           && check_tls (gnutls_x509_crt_set_expiration_time (crt, now + DAYS * 86400L), "certificate", error)
           && check_tls (
               gnutls_x509_crt_set_dn_by_oid (crt, GNUTLS_OID_X520_COMMON_NAME, 0, host, (guint) strlen (host)),
               "certificate", error)
           && check_tls (gnutls_x509_crt_set_subject_alt_name (crt, GNUTLS_SAN_DNSNAME, host, (guint) strlen (host),
                                                               GNUTLS_FSAN_SET),
                         "certificate", error)
           && check_tls (gnutls_x509_crt_set_subject_alt_name (crt, GNUTLS_SAN_DNSNAME, domain, (guint) strlen (domain),
                                                               GNUTLS_FSAN_APPEND),
                         "certificate", error)
           && check_tls (gnutls_x509_crt_set_key (crt, key), "certificate", error)
           && check_tls (gnutls_x509_crt_sign2 (crt, crt, key, GNUTLS_DIG_SHA256, 0), "certificate", error)
           && check_tls (gnutls_x509_privkey_export2 (key, GNUTLS_X509_FMT_PEM, &key_pem), "key", error)
           && check_tls (gnutls_x509_crt_export2 (crt, GNUTLS_X509_FMT_PEM, &crt_pem), "certificate", error)
           && pli_config_write_file (key_path, pli_span ((char *) key_pem.data, key_pem.size), 0600, error)
           && pli_config_write_file (chain_path, pli_span ((char *) crt_pem.data, crt_pem.size), 0644, error);
    }
  gnutls_free (key_pem.data);
  gnutls_free (crt_pem.data);
  gnutls_x509_crt_deinit (crt);
  gnutls_x509_privkey_deinit (key);
  return ok;
}

static gboolean
write_settings (const char *folder, const char *domain, guint base, GError **error)
{
  g_autofree char *path = g_build_filename (folder, "10-server.conf", NULL);
  PliBuffer text = { 0 };
  gboolean ok;

  pli_buffer_printf (&text,
                     "# Written by pli init. Your own changes: here, or in a file that comes later by name.\n\n"
                     "[server]\nhostname = mail.%s\n\n[certificate default]\n"
                     "chain = keys/default.crt\nkey = keys/default.key\n",
                     domain);
  for (guint i = 0; i < G_N_ELEMENTS (ports); i++)
    {
      const Port *port = &ports[i];

      pli_buffer_printf (&text, "\n[listener %s]\nprotocol = %s\n", port->name, port->protocol);
      if (port->role)
        pli_buffer_printf (&text, "role = %s\n", port->role);
      pli_buffer_printf (&text, "port = %u\ntls = %s\n", base + port->port, port->tls);
      if (port->loopback)
        pli_buffer_add_text (&text, "address = 127.0.0.1\n");
    }
  ok = pli_config_write_file (path, pli_buffer_span (&text), 0644, error);
  pli_buffer_clear (&text);
  return ok;
}

/* The rules that a server begins with, as the file lua/policy.lua of the tree has them. */
static const char policy[] =
#include "lua/policy.inc"
    ;

static gboolean
write_policy (const char *root, GError **error)
{
  g_autofree char *folder = pli_path_lua (root);
  g_autofree char *path = g_build_filename (folder, "policy.lua", NULL);

  if (g_file_test (path, G_FILE_TEST_EXISTS))
    return TRUE;
  if (g_mkdir_with_parents (folder, 0755) == 0)
    return pli_config_write_file (path, pli_span_from (policy), 0644, error);
  g_set_error (error, PLI_ERROR, PLI_ERROR_TRY_AGAIN, "%s: %s", folder, g_strerror (errno));
  return FALSE;
}

static gboolean
make_folders (const char *root, GError **error)
{
  g_autofree char *conf = pli_path_conf (root), *keys = pli_path_keys (root), *data = pli_path_state (root, ""),
                  *run = pli_path_run (root, "");

  if (g_mkdir_with_parents (conf, 0755) == 0 && g_mkdir_with_parents (keys, 0700) == 0
      && g_mkdir_with_parents (data, 0711) == 0 && g_mkdir_with_parents (run, 0755) == 0)
    return TRUE;
  g_set_error (error, PLI_ERROR, PLI_ERROR_TRY_AGAIN, "cannot make folders below %s: %s", root ? root : "/",
               g_strerror (errno));
  return FALSE;
}

static gboolean
add_postmaster (const char *root, const char *domain, const char *password, GError **error)
{
  g_autoptr (PliArena) arena = pli_arena_new ();
  g_autofree char *address = g_strdup_printf ("postmaster@%s", domain);
  PliChangeArgs add_domain = { .verb = PLI_DOMAIN_ADD, .name = domain };
  PliChangeArgs add_account = {
    .verb = PLI_ACCOUNT_ADD, .name = address, .display = "Postmaster", .password = pli_span_from (password)
  };
  PliChangeResult result;

  return pli_direct_call (root, PLI_METHOD_CHANGE, &add_domain, arena, &result, error)
         && pli_direct_call (root, PLI_METHOD_CHANGE, &add_account, arena, &result, error);
}

static void
new_password (char out[17])
{
  char id[PLI_ID_LEN + 1];

  pli_id_new (id, g_get_real_time ());
  memcpy (out, id + PLI_ID_LEN - 16, 17);
}

static void
say (PliCli *cli, const char *domain, guint base, const char *password)
{
  if (cli->json)
    {
      json_t *all = json_pack ("{s:s,s:i,s:s+,s:s}", "domain", domain, "port_base", (int) base, "login", "postmaster@",
                               domain, "password", password);

      json_dumpf (all, stdout, JSON_COMPACT | JSON_SORT_KEYS);
      json_decref (all);
      printf ("\n");
      return;
    }
  printf ("Made a server for %s.\n\n"
          "  login     postmaster@%s\n  password  %s\n\n"
          "Next: pli%s%s serve\nThen add people: pli%s%s account add somebody@%s\n",
          domain, domain, password, cli->root ? " --root " : "", cli->root ? cli->root : "",
          cli->root ? " --root " : "", cli->root ? cli->root : "", domain);
  if (base == 0)
    printf ("Ports below 1024 need root, or CAP_NET_BIND_SERVICE.\n");
}

static gboolean
make (PliCli *cli, const char *domain, guint base, GError **error)
{
  g_autofree char *conf = pli_path_conf (cli->root), *keys = pli_path_keys (cli->root);
  g_autofree char *first = g_build_filename (conf, "10-server.conf", NULL);
  g_autofree char *key = g_build_filename (keys, "default.key", NULL);
  g_autofree char *chain = g_build_filename (keys, "default.crt", NULL);
  char password[17];

  if (g_file_test (first, G_FILE_TEST_EXISTS))
    {
      g_set_error (error, PLI_ERROR, PLI_ERROR_EXISTS, "%s is there already", first);
      return FALSE;
    }
  new_password (password);
  if (!make_folders (cli->root, error) || !make_certificate (domain, key, chain, error)
      || !write_settings (conf, domain, base, error) || !write_policy (cli->root, error)
      || !add_postmaster (cli->root, domain, password, error))
    return FALSE;
  say (cli, domain, base, password);
  return TRUE;
}

int
pli_cmd_init (PliCli *cli, int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *domain = NULL;
  guint64 base = 0;

  for (int i = 1; i < argc; i++)
    if (g_str_equal (argv[i], "--domain") && i + 1 < argc)
      {
        g_free (domain);
        domain = g_ascii_strdown (argv[++i], -1);
      }
    else if (g_str_equal (argv[i], "--port-base") && i + 1 < argc)
      {
        if (!pli_span_to_u64 (pli_span_from (argv[++i]), 64000, &base))
          return pli_cli_usage (argv[0], "--port-base takes a number up to 64000");
      }
    else if (!g_str_equal (argv[i], "--json"))
      return pli_cli_usage (argv[0], "unknown option");
  if (!domain || !pli_domain_valid (pli_span_from (domain), TRUE))
    return pli_cli_usage (argv[0], "--domain needs a domain name");
  return make (cli, domain, (guint) base, &error) ? PLI_EXIT_OK : pli_cli_fail (argv[0], error);
}
