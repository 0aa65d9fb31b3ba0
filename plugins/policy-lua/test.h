/* test.h: running scripts without a server: what command.c and test-lib.c share. */
#ifndef POLICY_TEST_H
#define POLICY_TEST_H

#include "policy.h"

/* Runs @stage on @scene in @state; nothing waits. PLI_DONE with *out, PLI_FAIL with *out_error; both in @arena. */
PliStep policy_try (PolicyState *state, PolicyStage stage, const PolicyScene *scene, PliArena *arena, PolicyAnswer *out,
                    const char **out_error);
PolicyStandIn *policy_stand_in_new (void);
void policy_stand_in_free (PolicyStandIn *stand_in);
/* Reads a message: LF alone becomes CRLF. (transfer full) */
char *policy_message_read (const char *path, gsize *out_len, GError **error);
char *policy_message_lines (PliSpan text, gsize *out_len);
/* Sets header, message and size of @scene as they are at @stage. */
void policy_scene_set_message (PolicyScene *scene, PliSpan message, PolicyStage stage);
/* Runs one *_test.lua and prints TAP lines; FALSE when something is wrong. */
gboolean policy_test_file (PliPlugin *plugin, const char *path, guint *n);

#endif
