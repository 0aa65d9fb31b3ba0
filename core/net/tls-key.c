/* tls-key.c: a private key that is not here: GnuTLS's key callbacks, answered by instance->signer.
 *
 * GnuTLS asks sign_data for RSA-PSS and EdDSA, where the algorithm hashes for itself, and sign_hash for the rest: with
 * the digest for ECDSA, with a DigestInfo and GNUTLS_SIGN_RSA_RAW for PKCS #1 1.5. Both come while gnutls_handshake()
 * runs on the loop thread. */
#include "net/tls-key.h"

#include <pli/log.h>

typedef struct
{
  PliInstance *instance;
  char *name;
  gnutls_pk_algorithm_t algorithm;
  unsigned bits;
} Key;

static int
ask_signer (Key *key, guint algorithm, const gnutls_datum_t *data, gnutls_datum_t *signature)
{
  PliSigner *signer = key->instance->signer;
  g_auto (PliBuffer) out = { 0 };
  g_autoptr (GError) error = NULL;

  if (!signer || !signer->sign (signer, key->name, algorithm, data->data, data->size, &out, &error))
    {
      pli_log (PLI_LOG_ERROR, "tls.sign", "key", key->name, "why", error ? error->message : "there is no signer", NULL);
      return GNUTLS_E_PK_SIGN_FAILED;
    }
  signature->data = gnutls_malloc (out.len);
  if (!signature->data)
    return GNUTLS_E_MEMORY_ERROR;
  memcpy (signature->data, out.data, out.len);
  signature->size = (unsigned int) out.len;
  return 0;
}

static int
sign_data (gnutls_privkey_t privkey, gnutls_sign_algorithm_t algorithm, void *user, unsigned int flags,
           const gnutls_datum_t *data, gnutls_datum_t *signature)
{
  (void) privkey;
  (void) flags;
  return ask_signer (user, algorithm, data, signature);
}

static int
sign_hash (gnutls_privkey_t privkey, gnutls_sign_algorithm_t algorithm, void *user, unsigned int flags,
           const gnutls_datum_t *hash, gnutls_datum_t *signature)
{
  (void) privkey;
  (void) flags;
  return ask_signer (user, algorithm | PLI_SIGN_PREHASHED, hash, signature);
}

static int
info (gnutls_privkey_t privkey, unsigned int flags, void *user)
{
  Key *key = user;

  (void) privkey;
  if (flags & GNUTLS_PRIVKEY_INFO_PK_ALGO)
    return (int) key->algorithm;
  if (flags & GNUTLS_PRIVKEY_INFO_PK_ALGO_BITS)
    return (int) key->bits;
  if (flags & GNUTLS_PRIVKEY_INFO_HAVE_SIGN_ALGO)
    {
      gnutls_sign_algorithm_t sign = GNUTLS_FLAGS_TO_SIGN_ALGO (flags);

      return sign == GNUTLS_SIGN_RSA_RAW || gnutls_sign_supports_pk_algorithm (sign, key->algorithm) ? 1 : 0;
    }
  return -1;
}

static void
key_gone (gnutls_privkey_t privkey, void *user)
{
  Key *key = user;

  (void) privkey;
  g_free (key->name);
  g_free (key);
}

int
pli_tls_key_new (PliInstance *instance, const char *name, gnutls_pubkey_t public_key, gnutls_privkey_t *out)
{
  Key *key = g_new0 (Key, 1);
  int rc = gnutls_privkey_init (out);

  key->instance = instance;
  key->name = g_strdup (name);
  key->algorithm = (gnutls_pk_algorithm_t) gnutls_pubkey_get_pk_algorithm (public_key, &key->bits);
  if (rc >= 0)
    rc = gnutls_privkey_import_ext4 (*out, key, sign_data, sign_hash, NULL, key_gone, info, 0);
  if (rc < 0)
    key_gone (NULL, key);
  return rc;
}
