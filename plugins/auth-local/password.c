/* password.c: yescrypt hashes by libcrypt, and the gate that keeps them from filling the offload pool. Checking takes
 * the same time whether there is such a login or not. crypt(5). */
#include "auth-local.h"

#include <crypt.h>

typedef struct
{
  Local *local;
  LocalWork work, then;
  gpointer user;
} Job;

struct LocalHashing
{
  GQueue waiting;
  guint running, parallel;
};

/* crypt() wants a C string; a NUL inside was refused before. */
static char *
hash (PliSpan password, const char *setting)
{
  char text[LOCAL_PASSWORD_MAX + 1];
  struct crypt_data *data = g_new0 (struct crypt_data, 1);
  const char *made;
  char *copy;

  g_assert (password.len <= LOCAL_PASSWORD_MAX);
  memcpy (text, password.data, password.len);
  text[password.len] = 0;
  made = crypt_r (text, setting, data);
  copy = made && made[0] != '*' ? g_strdup (made) : NULL;
  explicit_bzero (text, sizeof text);
  explicit_bzero (data, sizeof *data);
  g_free (data);
  return copy;
}

static gboolean
new_setting (gint64 cost, char out[CRYPT_GENSALT_OUTPUT_SIZE])
{
  return crypt_gensalt_rn ("$y$", (unsigned long) cost, NULL, 0, out, CRYPT_GENSALT_OUTPUT_SIZE) != NULL;
}

char *
local_hash_new (PliSpan password, gint64 cost, GError **error)
{
  char setting[CRYPT_GENSALT_OUTPUT_SIZE];
  char *made = new_setting (cost, setting) ? hash (password, setting) : NULL;

  if (!made)
    g_set_error_literal (error, PLI_ERROR, PLI_ERROR_TRY_AGAIN, "the password cannot be hashed: libcrypt failed");
  return made;
}

gboolean
local_hash_check (PliSpan password, const char *stored, gint64 cost)
{
  char setting[CRYPT_GENSALT_OUTPUT_SIZE];
  g_autofree char *made = NULL;
  guint differs = 0;

  if (!stored)
    {
      if (new_setting (cost, setting))
        made = hash (password, setting);
      return FALSE;
    }
  made = hash (password, stored);
  if (!made || strlen (made) != strlen (stored))
    return FALSE;
  for (gsize i = 0; made[i]; i++)
    differs |= (guchar) made[i] ^ (guchar) stored[i];
  return differs == 0;
}

/* The gate */

LocalHashing *
local_hashing_new (void)
{
  LocalHashing *hashing = g_new0 (LocalHashing, 1);

  g_queue_init (&hashing->waiting);
  return hashing;
}

void
local_hashing_free (LocalHashing *hashing)
{
  g_assert (hashing->running == 0 && g_queue_is_empty (&hashing->waiting));
  g_free (hashing);
}

static void
work (gpointer user)
{
  Job *job = user;

  job->work (job->local, job->user);
}

static void run_next (Local *local);

static void
after (gpointer user)
{
  Job *job = user;
  Local *local = job->local;

  local->hashing->running--;
  job->then (local, job->user);
  g_free (job);
  run_next (local);
  local_unref (local);
}

static void
run_next (Local *local)
{
  LocalHashing *hashing = local->hashing;

  while (hashing->running < hashing->parallel && !g_queue_is_empty (&hashing->waiting))
    {
      hashing->running++;
      pli_offload (local->instance, work, after, g_queue_pop_head (&hashing->waiting));
    }
}

gboolean
local_hashing_add (Local *local, LocalWork func, LocalWork then, gpointer user)
{
  const LocalSettings *set = local_settings (local);
  Job *job;

  local->hashing->parallel = (guint) set->hash_parallel;
  if (g_queue_get_length (&local->hashing->waiting) >= (guint) set->logins_waiting_max)
    return FALSE;
  job = g_new (Job, 1);
  job->local = local_ref (local);
  job->work = func;
  job->then = then;
  job->user = user;
  g_queue_push_tail (&local->hashing->waiting, job);
  run_next (local);
  return TRUE;
}
