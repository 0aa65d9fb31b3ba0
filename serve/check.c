/* check.c: see check.h. */
#include "serve/check.h"

#include "plugin/registry.h"
#include "serve/setup.h"
#include "sys/server.h"
#include <gnutls/gnutls.h>

static void
add_problem (GPtrArray *problems, char *text)
{
  PliConfigProblem *problem = g_new0 (PliConfigProblem, 1);

  problem->text = text;
  g_ptr_array_add (problems, problem);
}

/* What is wrong with the pair, or NULL. */
static const char *
pair_problem (const char *chain_pem, gsize chain_len, const char *key_pem, gsize key_len)
{
  gnutls_datum_t chain = { (unsigned char *) chain_pem, (unsigned int) chain_len };
  gnutls_datum_t key = { (unsigned char *) key_pem, (unsigned int) key_len };
  gnutls_certificate_credentials_t both;
  int rc = gnutls_certificate_allocate_credentials (&both);

  if (rc < 0)
    return gnutls_strerror (rc);
  rc = gnutls_certificate_set_x509_key_mem (both, &chain, &key, GNUTLS_X509_FMT_PEM);
  gnutls_certificate_free_credentials (both);
  return rc < 0 ? gnutls_strerror (rc) : NULL;
}

static gboolean
check_pair (const char *name, const char *chain_path, const char *key_path, GPtrArray *problems)
{
  g_autofree char *chain = NULL, *key = NULL;
  g_autoptr (GError) error = NULL;
  const char *why;
  gsize chain_len, key_len;

  if (!g_file_get_contents (chain_path, &chain, &chain_len, &error)
      || !g_file_get_contents (key_path, &key, &key_len, &error))
    {
      add_problem (problems, g_strdup_printf ("[certificate %s]: %s", name, error->message));
      return FALSE;
    }
  why = pair_problem (chain, chain_len, key, key_len);
  gnutls_memset (key, 0, key_len);
  if (why)
    add_problem (problems, g_strdup_printf ("[certificate %s]: %s with %s: %s", name, chain_path, key_path, why));
  return !why;
}

/* A key that cannot be read now will not be readable at the next start either. */
static gboolean
check_certificates (PliConfig *config, const char *root, GPtrArray *problems)
{
  g_autofree const char **names = pli_config_instances (config, "certificate");
  gboolean ok = TRUE;

  for (guint i = 0; names[i]; i++)
    {
      PliCertificateSettings *set = pli_config_bind (config, &pli_certificate_table, names[i], root, NULL);

      if (set && set->chain && set->key)
        ok = check_pair (names[i], set->chain, set->key, problems) && ok;
      pli_settings_unref (set);
    }
  return ok;
}

/* Policies, with the scripts as they are now. */
static gboolean
check_scripts (PliInstance *instance, PliConfig *config, GPtrArray *problems, GError **error)
{
  g_autoptr (PliArena) arena = pli_arena_new ();
  const PliSetupSource source = { .root = instance->root, .config = config };
  PliSetup setup;
  gboolean ok;

  if (!pli_setup_make (&source, pli_setup_rooms_of ("policy-"), 0, arena, &setup, error))
    return FALSE;
  instance->config = config;
  pli_instance_set_scripts (instance, setup.scripts, setup.n_scripts);
  ok = pli_registry_check (instance->registry, problems);
  pli_instance_set_scripts (instance, NULL, 0);
  return ok;
}

gboolean
pli_check_here (const char *root, GPtrArray *problems, GError **error)
{
  g_autofree char *folder = pli_path_conf (root);
  g_autoptr (PliConfig) config = pli_config_load (folder, error);
  PliInstance *instance;
  g_auto (GStrv) names = pli_registry_list_files ();
  GArray *tables;
  gboolean ok = config != NULL;

  if (!config)
    return FALSE;
  instance = pli_instance_new ();
  instance->root = root;
  instance->registry = pli_registry_new (instance);
  for (guint i = 0; ok && names[i]; i++)
    {
      g_autofree char *path = pli_registry_find_file (names[i]);

      ok = path && pli_registry_open (instance->registry, path, error);
    }
  if (ok)
    {
      tables = pli_server_tables (instance->registry);
      ok = pli_config_check (config, (const PliConfigTable *) tables->data, tables->len, problems);
      ok = check_certificates (config, root, problems) && ok;
      g_array_unref (tables);
    }
  if (ok)
    ok = check_scripts (instance, config, problems, error);
  pli_registry_free (instance->registry);
  pli_instance_free (instance);
  return ok;
}

gboolean
pli_check_in_child (const char *root, GError **error)
{
  g_autofree char *self = g_file_read_link ("/proc/self/exe", error);
  const char *argv[] = { self, "--root", root, "check", "--quiet", NULL };
  const char *system_argv[] = { self, "check", "--quiet", NULL };
  g_autofree char *err = NULL;
  int status = 0;

  if (!self
      || !g_spawn_sync (NULL, (char **) (root ? argv : system_argv), NULL, G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, NULL,
                        &err, &status, error))
    return FALSE;
  if (g_spawn_check_wait_status (status, NULL))
    return TRUE;
  g_set_error (error, PLI_ERROR, PLI_ERROR_CONFIG, "%s", err && *err ? g_strstrip (err) : "the settings are wrong");
  return FALSE;
}
