/* keys.c: what SCRAM-SHA-256 needs of an account instead of its password: made by libgsasl when a password is set, kept
 * beside its hash. RFC 5802 3, RFC 7677. */
#include "auth-local.h"

#include <gsasl.h>
#include <sys/random.h>

#define SALT 16
#define DIGEST 32

gint64
local_iterations (const Local *local)
{
  const PliDirectorySettings *directory = pli_directory_settings (local->instance);
  gint64 iterations = directory->scram_iterations;

  pli_directory_settings_unref (directory);
  return iterations;
}

char *
local_scram_new (PliSpan password, gint64 iterations)
{
  g_autofree char *text = pli_span_dup (password);
  char *prepared = NULL;
  guint8 salt[SALT], salted[DIGEST], client[DIGEST], server[DIGEST], stored[DIGEST];
  char *made = NULL;

  if (getrandom (salt, sizeof salt, 0) == sizeof salt
      && gsasl_saslprep (text, GSASL_ALLOW_UNASSIGNED, &prepared, NULL) == GSASL_OK
      && gsasl_scram_secrets_from_password (GSASL_HASH_SHA256, prepared, (unsigned) iterations, (char *) salt,
                                            sizeof salt, (char *) salted, (char *) client, (char *) server,
                                            (char *) stored)
             == GSASL_OK)
    {
      g_autofree char *salt_text = g_base64_encode (salt, sizeof salt);
      g_autofree char *stored_text = g_base64_encode (stored, sizeof stored);
      g_autofree char *server_text = g_base64_encode (server, sizeof server);

      made = g_strdup_printf ("%u$%s$%s$%s", (guint) iterations, salt_text, stored_text, server_text);
    }
  if (prepared)
    explicit_bzero (prepared, strlen (prepared));
  gsasl_free (prepared);
  explicit_bzero (text, strlen (text));
  explicit_bzero (salted, sizeof salted);
  explicit_bzero (client, sizeof client);
  return made;
}

static PliSpan
decode (PliArena *arena, const char *base64)
{
  gsize len = 0;
  g_autofree guchar *bytes = g_base64_decode (base64, &len);

  return pli_arena_span (arena, pli_span ((const char *) bytes, len));
}

gboolean
local_scram_parse (const char *text, PliArena *arena, PliKeysResult *out)
{
  g_auto (GStrv) parts = text ? g_strsplit (text, "$", -1) : NULL;

  if (!parts || g_strv_length (parts) != 4)
    return FALSE;
  out->iterations = (guint32) g_ascii_strtoull (parts[0], NULL, 10);
  out->salt = decode (arena, parts[1]);
  out->stored_key = decode (arena, parts[2]);
  out->server_key = decode (arena, parts[3]);
  return out->salt.len > 0 && out->stored_key.len == DIGEST && out->server_key.len == DIGEST && out->iterations > 0;
}

PliStep
local_keys (PliOp *op, gpointer self, const PliKeysArgs *args, PliKeysResult *result)
{
  Local *local = self;
  PliArena *arena = pli_op_arena (op);
  char *login = local_canonical_login (local, arena, args->login ? args->login : "");
  const LocalAccount *account = local_tree_account (local->tree, login);
  const char *why = account ? local_why_not (account, args->service) : NULL;

  if (!account || !account->hash)
    return pli_op_error (op, PLI_ERROR_NOT_FOUND, "no such account");
  if (why)
    return pli_op_error (op, PLI_ERROR_DENIED, "%s", why);
  local_fill_who (local, arena, account, login, &result->who);
  if (!local_scram_parse (account->scram, arena, result))
    result->salt = pli_span (NULL, 0);
  return PLI_DONE;
}
