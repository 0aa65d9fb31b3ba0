/* sign.c: the local signer: private keys in this process. Used by the room `auth`, --single and tests; sign.h has the
 * contract. What a key may be asked for is a fixed list: signatures that TLS and DKIM know, of data of TLS's size. */
#include "net/sign.h"

#include <gnutls/abstract.h>

#define INHERITED_US (10 * 60 * (gint64) G_USEC_PER_SEC) /* the most that handshake-timeout may be */

typedef struct
{
  PliSigner signer;
  GHashTable *keys; /* name → Held */
} Local;

typedef struct
{
  gnutls_privkey_t key;
  gint64 until_us; /* monotonic; G_MAXINT64: as long as the signer */
} Held;

static void
held_free (gpointer data)
{
  Held *held = data;

  gnutls_privkey_deinit (held->key);
  g_free (held);
}

static gboolean
refuse (GError **error, PliErrorCode code, const char *key_name, const char *why)
{
  g_set_error (error, PLI_ERROR, (gint) code, "key %s: %s", key_name, why);
  return FALSE;
}

static gboolean
local_sign (PliSigner *signer, const char *key_name, guint algorithm, const void *data, gsize len,
            PliBuffer *out_signature, GError **error)
{
  Local *local = (Local *) signer;
  Held *held = g_hash_table_lookup (local->keys, key_name);
  gnutls_privkey_t key = held ? held->key : NULL;
  gnutls_sign_algorithm_t sign = (gnutls_sign_algorithm_t) (algorithm & ~PLI_SIGN_PREHASHED);
  gnutls_datum_t in = { (unsigned char *) data, (unsigned int) len }, out = { 0 };
  int rc;

  if (!key)
    return refuse (error, PLI_ERROR_NOT_FOUND, key_name, "is not here");
  if (len > PLI_SIGN_DATA_MOST)
    return refuse (error, PLI_ERROR_DENIED, key_name, "more data than a TLS handshake signs");
  if (sign != GNUTLS_SIGN_RSA_RAW
      && (!gnutls_sign_is_secure (sign) || gnutls_sign_get_hash_algorithm (sign) == GNUTLS_DIG_SHA1 /* RFC 9155 */
          || !gnutls_sign_supports_pk_algorithm (sign, gnutls_privkey_get_pk_algorithm (key, NULL))))
    return refuse (error, PLI_ERROR_DENIED, key_name, "algorithm not allowed");
  if (algorithm & PLI_SIGN_PREHASHED)
    rc = gnutls_privkey_sign_hash2 (key, sign, 0, &in, &out);
  else
    rc = gnutls_privkey_sign_data2 (key, sign, 0, &in, &out);
  if (rc < 0)
    return refuse (error, PLI_ERROR_PERMANENT, key_name, gnutls_strerror (rc));
  pli_buffer_add (out_signature, out.data, out.size);
  gnutls_free (out.data);
  return TRUE;
}

static void
local_free (PliSigner *signer)
{
  Local *local = (Local *) signer;

  g_hash_table_unref (local->keys);
  g_free (local);
}

static gboolean
add_key (Local *local, const PliKey *spec, GError **error)
{
  gnutls_privkey_t key;
  Held *held;
  gnutls_datum_t pem = { (unsigned char *) spec->pem.data, (unsigned int) spec->pem.len };
  int rc;

  if (gnutls_privkey_init (&key) < 0)
    g_error ("out of memory");
  rc = gnutls_privkey_import_x509_raw (key, &pem, GNUTLS_X509_FMT_PEM, NULL, 0);
  if (rc < 0)
    {
      gnutls_privkey_deinit (key);
      return refuse (error, PLI_ERROR_CONFIG, spec->name, gnutls_strerror (rc));
    }
  held = g_new (Held, 1);
  *held = (Held){ key, G_MAXINT64 };
  g_hash_table_replace (local->keys, g_strdup (spec->name), held);
  return TRUE;
}

PliSigner *
pli_signer_local_new (const PliKey *keys, guint n_keys, GError **error)
{
  Local *local = g_new0 (Local, 1);

  local->signer.sign = local_sign;
  local->signer.free = local_free;
  local->keys = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, held_free);
  for (guint i = 0; i < n_keys; i++)
    if (!add_key (local, &keys[i], error))
      {
        local_free (&local->signer);
        return NULL;
      }
  return &local->signer;
}

void
pli_signer_local_inherit (PliSigner *signer, PliSigner *before)
{
  Local *local = (Local *) signer, *old = (Local *) before;
  gint64 now = g_get_monotonic_time ();
  GHashTableIter iter;
  gpointer name, data;

  if (!before)
    return;
  g_hash_table_iter_init (&iter, old->keys);
  while (g_hash_table_iter_next (&iter, &name, &data))
    {
      Held *held = data;

      if (g_hash_table_contains (local->keys, name) || held->until_us < now)
        continue;
      g_hash_table_iter_steal (&iter);
      held->until_us = MIN (held->until_us, now + INHERITED_US);
      g_hash_table_insert (local->keys, name, held);
    }
}

PliSigner *
pli_signer_local_new_files (const char *const *paths, GError **error)
{
  g_autoptr (PliSigner) signer = pli_signer_local_new (NULL, 0, error);

  for (; signer && *paths; paths++)
    {
      g_autofree char *text = NULL;
      g_autoptr (GError) why = NULL;
      gsize len;
      gboolean added;

      if (!g_file_get_contents (*paths, &text, &len, &why))
        {
          refuse (error, PLI_ERROR_CONFIG, *paths, why->message);
          return NULL;
        }
      added = add_key ((Local *) signer, &(PliKey){ .name = *paths, .pem = pli_span (text, len) }, error);
      gnutls_memset (text, 0, len);
      if (!added)
        return NULL;
    }
  return g_steal_pointer (&signer);
}

void
pli_signer_free (PliSigner *signer)
{
  if (signer)
    signer->free (signer);
}
