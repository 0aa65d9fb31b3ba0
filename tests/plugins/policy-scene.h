/* policy-scene.h: policy-lua with scripts of the test's own on a fake session, beside a directory and a resolver that
 * answer a second later. */
#ifndef PLI_TEST_POLICY_SCENE_H
#define PLI_TEST_POLICY_SCENE_H

#include "lib/fake.h"
#include "lib/harness.h"
#include <pli/filter.h>
#include <pli/route.h>

typedef struct
{
  PliTest *test;
  PliFake *fake;
  PliTxn *txn;
  PliPlugin *plugin;
  guint answers;
  PliVerdict verdict;   /* of the last stage; texts are copied */
  PliRouteResult route; /* the same */
  char *error;          /* of a router */
  GString *told;        /* what the ledger was told: "what by detail" a line */
} Scene;

/* What `load` says of these scripts: NULL when it is content. (transfer full) */
char *scene_load_error (const PliScript *scripts, guint n, const char *conf);
Scene *scene_new (const PliScript *scripts, guint n, const char *conf);
/* One script called policy.lua. */
Scene *scene_with (const char *text);
void scene_free (Scene *scene);
/* New scripts, as after `pli reload`. */
gboolean scene_reload (Scene *scene, const char *text, GError **error);
void scene_turn (Scene *scene, gint64 seconds);
/* Asks all filters of the stage (no answer yet), or runs until there is one. */
PliCall *scene_start (Scene *scene, PliStage stage);
const PliVerdict *scene_ask (Scene *scene, PliStage stage);
const PliRouteResult *scene_route (Scene *scene, gboolean place);
/* What the ledger has heard so far. */
const char *scene_told (Scene *scene);

#define SCENE_MESSAGE                                                                                                  \
  "Subject: =?utf-8?q?gr=C3=BC=C3=9Fe?=\r\nReceived: one\r\nReceived: two\r\nX-Under_Score: yes\r\n"                   \
  "Message-ID: <1@example.org>\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nhello\r\n"               \
  "--b\r\nContent-Type: application/x-sh\r\nContent-Disposition: attachment; filename=\"run.sh\"\r\n\r\nls\r\n"        \
  "--b--\r\n"

#endif
