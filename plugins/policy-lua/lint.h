/* lint.h: the words of a script, for lint.c. Not a parser: Lua has compiled the text already. Any thread. */
#ifndef POLICY_LINT_H
#define POLICY_LINT_H

#include <pli/base.h>

typedef enum
{
  POLICY_TOKEN_NAME,
  POLICY_TOKEN_TEXT, /* a string or a number */
  POLICY_TOKEN_SIGN, /* one character */
} PolicyTokenKind;

typedef struct
{
  PolicyTokenKind kind;
  PliSpan text;
  guint line;
} PolicyToken;

/* Appends the PolicyTokens of any bytes to @out; comments are left out. */
void policy_tokens (PliSpan text, GArray *out);

#endif
