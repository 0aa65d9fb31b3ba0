/* sign.h: who signs for TLS. Internal to core.
 *
 * No edge room holds a private key: GnuTLS asks a callback (tls.c), the callback asks instance->signer, and that is
 * either a channel to the room `auth` or, in `auth` itself and with --single, a local signer that holds the keys.
 * The call blocks: GnuTLS 3.7 cannot wait in the middle of a signature. Thread: loop. */
#ifndef PLI_NET_SIGN_H
#define PLI_NET_SIGN_H

#include "loop/instance.h"

/* Set in @algorithm when @data is a digest already (for GNUTLS_SIGN_RSA_RAW: a DigestInfo), to be signed as it is.
 * The low bits are a gnutls_sign_algorithm_t. */
#define PLI_SIGN_PREHASHED 0x10000u
/* A TLS 1.3 CertificateVerify is 98 + 48 bytes, TLS 1.2 parameters stay below 700; whoever asks for more is broken. */
#define PLI_SIGN_DATA_MOST 4096

struct PliSigner
{
  /* Appends the signature to @out_signature. Errors: PLI_ERROR_NOT_FOUND (no such key), PLI_ERROR_TRY_AGAIN (the other
   * side does not answer), PLI_ERROR_DENIED (algorithm or length not allowed), PLI_ERROR_PERMANENT. */
  gboolean (*sign) (PliSigner *signer, const char *key_name, guint algorithm, const void *data, gsize len,
                    PliBuffer *out_signature, GError **error);
  void (*free) (PliSigner *signer);
};

/* A private key as the local signer takes it. @pem: (transfer none), PKCS #8 or traditional, not encrypted. */
typedef struct
{
  const char *name; /* what PliCertificate.key_name says */
  PliSpan pem;
} PliKey;

/**
 * pli_signer_local_new:
 * @keys: (array length=n_keys): keys; their bytes are not needed afterwards
 * @error: PLI_ERROR_CONFIG, with the key's name
 *
 * Makes a signer that signs in this process. Only for the room `auth`, --single and tests.
 *
 * Returns: (transfer full): free with pli_signer_free()
 */
PliSigner *pli_signer_local_new (const PliKey *keys, guint n_keys, GError **error);
/* @signer, which replaces @before, also takes over the keys that only @before has, for as long as a handshake may last
 * that began with one of them. Both local; NULL for @before is fine. */
void pli_signer_local_inherit (PliSigner *signer, PliSigner *before);
/* The same with PEM files; a key's name is its path. */
PliSigner *pli_signer_local_new_files (const char *const *paths, GError **error);
/* NULL is fine. */
void pli_signer_free (PliSigner *signer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PliSigner, pli_signer_free)

#endif
