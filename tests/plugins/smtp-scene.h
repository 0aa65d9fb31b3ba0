/* smtp-scene.h: proto-smtp on a fake connection, with the real façades and a directory and a queue of the test's own. */
#ifndef PLI_TEST_SMTP_SCENE_H
#define PLI_TEST_SMTP_SCENE_H

#include "lib/fake.h"
#include "lib/harness.h"
#include "lib/world.h"

typedef struct
{
  PliTest *test;
  PliFake *fake;
  PliListenerSpec spec;
} Scene;

/* @more: (nullable): plugins besides proto-smtp and filter-headers, separated by spaces. The clock stands at Thu, 15 Feb 2007 01:02:03 UTC.
 * Any password is "secret"; example.test is ours. */
Scene *scene_new_with (const char *role, const char *more, const char *conf);
Scene *scene_new (const char *role, const char *conf);
void scene_free (Scene *scene);
/* A new session, of a client at @peer; its greeting is thrown away. */
void scene_connect (Scene *scene, const char *peer);
/* Before the first scene: where the plugins are. */
void scene_init (void);
/* For scene_new() to load, too: a plugin that is linked into the test. */
void scene_link (const PliPluginInfo *info);
void turn (Scene *scene);
void wait_seconds (Scene *scene, gint64 seconds);
/* Sends @text, and returns the last line of what is answered. (transfer full) */
char *say (Scene *scene, const char *text);
/* That line begins with @reply. */
void expect (Scene *scene, const char *text, const char *reply);
/* What the engine stored behind its own fields. */
const char *stored (void);

#define MX "EHLO client.example.org\r\nMAIL FROM:<s@example.org>\r\nRCPT TO:<a@example.test>\r\nDATA\r\n"
#define SUBMISSION                                                                                                     \
  "EHLO client.example.org\r\nAUTH PLAIN AGFAZXhhbXBsZS50ZXN0AHNlY3JldA==\r\nMAIL FROM:<a@example.test>\r\n"           \
  "RCPT TO:<b@example.org>\r\nDATA\r\n"

#endif
