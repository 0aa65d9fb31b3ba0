/* pattern.h: Lua's patterns with a count of steps: what string.find, match, gmatch and gsub of scripts match with.
 *
 * The library's own matcher can take exponential time; this one stops when its steps are used up. Knows no Lua, keeps
 * nothing. Any thread. */
#ifndef POLICY_PATTERN_H
#define POLICY_PATTERN_H

#include <pli/base.h>

#define POLICY_CAPTURES_MAX 32

typedef struct
{
  const char *at;
  gssize len; /* or one of the two below */
} PolicyCapture;

#define POLICY_CAPTURE_OPEN (-1)
#define POLICY_CAPTURE_PLACE (-2) /* `()` */

/* Set subject, pattern and steps_max; the rest is the matcher's. */
typedef struct
{
  PliSpan subject, pattern; /* pattern without the `^` that ties it to the beginning */
  guint64 steps, steps_max;
  const char *problem; /* why there is no answer; NULL: there is one */
  guint depth, n_captures;
  PolicyCapture captures[POLICY_CAPTURES_MAX];
} PolicyMatch;

/* Does the pattern match at @from of the subject? @out_end: behind the match. FALSE also when m->problem is set. */
gboolean policy_match (PolicyMatch *m, gsize from, gsize *out_end);
/* Has @pattern none of the characters that mean something? */
gboolean policy_pattern_is_plain (PliSpan pattern);

#endif
