/* scene.h: the queue with a real directory and a real store in one process: two accounts, a@d.test and b@d.test, and an
 * alias both@d.test for them. */
#ifndef TEST_QUEUE_SCENE_H
#define TEST_QUEUE_SCENE_H

#include "lib/harness.h"

#include "service/method.h"

PliTest *queue_begin (const char *const *plugins, const char *conf);
/* Account of an address of ours. */
const char *queue_account (PliTest *test, const char *address, PliArena *arena);
void queue_change (PliTest *test, PliDirectoryVerb verb, const char *name, const char *target);
guint queue_messages_of (PliTest *test, const char *address);
void queue_until_messages (PliTest *test, const char *address, guint n);
/* (transfer full): the newest message; NULL when the mailbox is empty or not there. */
char *queue_newest (PliTest *test, const char *address, const char *mailbox, guint32 *out_flags);
PliTestAnswer *queue_submit_text (PliTest *test, guint64 session, const char *sender, const char *const *rcpts);
/* Submitted by a@d.test. @text: NULL for a short one. @rcpts: words with spaces between. */
void queue_send (PliTest *test, const char *sender, const char *text, const char *rcpts);
/* From the null sender, without a login, by a session that says it came through a listener for relaying. */
void queue_relay (PliTest *test, const char *rcpts);
/* Rows of the queue; waits until nothing is under way. */
guint queue_open_rows (PliTest *test, char **out_reason);
/* Calls that deliver-test had so far, one a line; (transfer full). */
GStrv queue_calls (PliTest *test);
void queue_control_all (PliTest *test, PliQueueVerb verb, const char *domain);

#endif
