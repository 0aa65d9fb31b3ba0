/* conversation.c: what is kept between the steps of one session's SASL conversation, and libgsasl's callback, which never
 * waits: it notes what is wanted. Talks whose time is over are dropped when room is needed. Loop thread. */
#include "auth-front.h"

struct FrontTalks
{
  GHashTable *by_session; /* guint64 → FrontTalk */
  Gsasl *gsasl;
};

static void
wipe (char *text)
{
  if (text)
    explicit_bzero (text, strlen (text));
  g_free (text);
}

static void
talk_free (gpointer data)
{
  FrontTalk *talk = data;

  if (talk->gsasl)
    gsasl_finish (talk->gsasl);
  g_free (talk->mechanism);
  g_free (talk->login);
  g_free (talk->authzid);
  wipe (talk->password);
  pli_arena_free (talk->arena);
  g_free (talk);
}

static int
give_base64 (Gsasl_session *session, Gsasl_property property, PliSpan bytes)
{
  g_autofree char *text = bytes.data ? g_base64_encode ((const guchar *) bytes.data, bytes.len) : NULL;

  return text ? gsasl_property_set (session, property, text) : GSASL_NO_CALLBACK;
}

static int
give_key (FrontTalk *talk, Gsasl_session *session, Gsasl_property property)
{
  char number[16];

  if (!talk->has_keys)
    {
      talk->wants_keys = TRUE;
      return GSASL_NO_CALLBACK;
    }
  switch ((int) property)
    {
    case GSASL_SCRAM_SALT:
      return give_base64 (session, property, talk->keys.salt);
    case GSASL_SCRAM_STOREDKEY:
      return give_base64 (session, property, talk->keys.stored_key);
    case GSASL_SCRAM_SERVERKEY:
      return give_base64 (session, property, talk->keys.server_key);
    default:
      g_snprintf (number, sizeof number, "%u", talk->keys.iterations);
      return gsasl_property_set (session, property, number);
    }
}

/* A login and its password are there: the directories decide, later. */
static int
take_password (FrontTalk *talk, Gsasl_session *session)
{
  g_free (talk->login);
  g_free (talk->authzid);
  wipe (talk->password);
  talk->login = g_strdup (gsasl_property_fast (session, GSASL_AUTHID));
  talk->authzid = g_strdup (gsasl_property_fast (session, GSASL_AUTHZID));
  talk->password = g_strdup (gsasl_property_fast (session, GSASL_PASSWORD));
  talk->wants_verify = TRUE;
  return GSASL_AUTHENTICATION_ERROR;
}

static int
asked (Gsasl *gsasl, Gsasl_session *session, Gsasl_property property)
{
  /* While a mechanism starts it has no hook of its own yet. */
  FrontTalk *talk = gsasl_callback_hook_get (gsasl);

  switch ((int) property)
    {
    case GSASL_CB_TLS_EXPORTER:
      return give_base64 (session, property, talk->exporter);
    case GSASL_CB_TLS_UNIQUE:
      return give_base64 (session, property, talk->unique);
    case GSASL_SCRAM_ITER:
    case GSASL_SCRAM_SALT:
    case GSASL_SCRAM_STOREDKEY:
    case GSASL_SCRAM_SERVERKEY:
      return give_key (talk, session, property);
    case GSASL_VALIDATE_SIMPLE:
      return take_password (talk, session);
    default:
      return GSASL_NO_CALLBACK;
    }
}

FrontTalks *
front_talks_new (void)
{
  FrontTalks *talks = g_new0 (FrontTalks, 1);

  talks->by_session = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, talk_free);
  if (gsasl_init (&talks->gsasl) != GSASL_OK)
    g_error ("libgsasl does not start");
  gsasl_callback_set (talks->gsasl, asked);
  return talks;
}

void
front_talks_free (FrontTalks *talks)
{
  g_hash_table_unref (talks->by_session);
  gsasl_done (talks->gsasl);
  g_free (talks);
}

int
front_talk_step (FrontTalks *talks, FrontTalk *talk, PliSpan response, PliArena *arena, PliSpan *out_challenge)
{
  char *made = NULL;
  gsize len = 0;
  int code;

  gsasl_callback_hook_set (talks->gsasl, talk);
  code = gsasl_step (talk->gsasl, response.len > 0 ? response.data : NULL, response.len, &made, &len);
  *out_challenge = made ? pli_arena_span (arena, pli_span (made, len)) : pli_span ("", 0);
  gsasl_free (made);
  return code;
}

int
front_talk_start_mechanism (FrontTalks *talks, FrontTalk *talk)
{
  if (talk->gsasl)
    gsasl_finish (g_steal_pointer (&talk->gsasl));
  gsasl_callback_hook_set (talks->gsasl, talk);
  return gsasl_server_start (talks->gsasl, talk->mechanism, &talk->gsasl);
}

static gboolean
is_over (gpointer session, gpointer talk, gpointer now_us)
{
  (void) session;
  return !((const FrontTalk *) talk)->busy && ((const FrontTalk *) talk)->until_us <= *(const gint64 *) now_us;
}

FrontTalk *
front_talk_begin (FrontTalks *talks, const FrontSettings *set, guint64 session, gint64 now_us)
{
  FrontTalk *talk;

  g_hash_table_remove (talks->by_session, &session);
  if (g_hash_table_size (talks->by_session) >= set->conversations_max
      && g_hash_table_foreach_remove (talks->by_session, is_over, &now_us) == 0)
    return NULL;
  talk = g_new0 (FrontTalk, 1);
  talk->session = session;
  talk->until_us = now_us + set->conversation_time;
  talk->arena = pli_arena_new ();
  g_hash_table_insert (talks->by_session, &talk->session, talk);
  return talk;
}

FrontTalk *
front_talk_find (FrontTalks *talks, guint64 session, gint64 now_us)
{
  FrontTalk *talk = g_hash_table_lookup (talks->by_session, &session);

  if (!talk || talk->until_us > now_us)
    return talk;
  front_talk_end (talks, talk);
  return NULL;
}

void
front_talk_end (FrontTalks *talks, FrontTalk *talk)
{
  if (talk)
    g_hash_table_remove (talks->by_session, &talk->session);
}
