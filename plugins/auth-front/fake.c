/* fake.c: SCRAM keys of logins that have none: made from the login and a secret of this server's, so that whoever asks
 * for the salt of a login twice gets the same one and cannot tell whether there is such a login (RFC 5802 9). The secret
 * lies in the plugin's folder. */
#include "auth-front.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/random.h>
#include <unistd.h>

static gboolean
fail (GError **error, const char *path)
{
  g_set_error (error, PLI_ERROR, PLI_ERROR_TRY_AGAIN, "%s: %s", path, g_strerror (errno));
  return FALSE;
}

static gboolean
make_secret (const char *path, Front *front, GError **error)
{
  int fd = open (path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  gboolean ok;

  if (fd < 0)
    return fail (error, path);
  while (getrandom (front->secret, sizeof front->secret, 0) != sizeof front->secret)
    g_assert (errno == EINTR);
  ok = write (fd, front->secret, sizeof front->secret) == sizeof front->secret && fdatasync (fd) == 0;
  if (!ok)
    fail (error, path);
  close (fd);
  return ok;
}

gboolean
front_secret_load (Front *front, GError **error)
{
  const char *folder = pli_plugin_folder (front->plugin);
  g_autofree char *path = g_build_filename (folder, "secret", NULL);
  int fd;
  gssize got;

  if (g_mkdir_with_parents (folder, 0700) < 0)
    return fail (error, folder);
  fd = open (path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return errno == ENOENT ? make_secret (path, front, error) : fail (error, path);
  got = read (fd, front->secret, sizeof front->secret);
  close (fd);
  /* One that was cut off by a power failure served nobody yet. */
  return got == sizeof front->secret || make_secret (path, front, error);
}

static PliSpan
digest (const Front *front, PliArena *arena, const char *what, const char *login, gsize len)
{
  GHmac *hmac = g_hmac_new (G_CHECKSUM_SHA256, front->secret, sizeof front->secret);
  guint8 *bytes = pli_arena_alloc (arena, 32);
  gsize made = 32;

  g_hmac_update (hmac, (const guchar *) what, (gssize) strlen (what) + 1);
  g_hmac_update (hmac, (const guchar *) login, (gssize) strlen (login));
  g_hmac_get_digest (hmac, bytes, &made);
  g_hmac_unref (hmac);
  return pli_span ((const char *) bytes, len);
}

void
front_fake_keys (const Front *front, PliArena *arena, const char *login, PliKeysResult *out)
{
  const PliDirectorySettings *directory = pli_directory_settings (front->instance);
  g_autofree char *lower = g_ascii_strdown (login, -1);

  *out = (PliKeysResult){ .salt = digest (front, arena, "salt", lower, 16),
                          .stored_key = digest (front, arena, "stored", lower, 32),
                          .server_key = digest (front, arena, "server", lower, 32),
                          .iterations = (guint32) directory->scram_iterations };
  pli_directory_settings_unref (directory);
}
