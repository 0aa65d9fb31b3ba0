/* directory.h: who exists, who may log in; answered by `auth-*` plugins in the room `auth`.
 *
 * The directory called "front" answers when it is there: it asks the others, which are *sources*, in the order of
 * `[directory] sources`. A source says plainly what is not its own: resolve() with PLI_RCPT_FOREIGN or PLI_RCPT_UNKNOWN,
 * verify() and keys() with PLI_ERROR_NOT_FOUND. Without a front, the first directory answers alone.
 * Both sides of the service: the vtable that a plugin offers, and the façade that other plugins call. Addresses are
 * UTF-8 "local@domain" as pli_address_text() writes them; core lower-cases domains before it asks. */
#ifndef PLI_DIRECTORY_H
#define PLI_DIRECTORY_H

#include <pli/op.h>
#include <pli/protocol.h>

G_BEGIN_DECLS

typedef enum
{
  PLI_RCPT_FOREIGN, /* the domain is not ours */
  PLI_RCPT_UNKNOWN, /* the domain is ours, the user is not: 550 5.1.1 */
  PLI_RCPT_DISABLED,
  PLI_RCPT_LOCAL, /* targets say where */
  PLI_RCPT_LOOP,  /* aliases that go round, or deeper than `[auth-local] alias-depth` */
} PliRcptKind;

typedef struct
{
  const char *account; /* NULL: a remote address */
  const char *address; /* what the alias named, or the account's own */
  const char *detail;  /* after '+', or NULL */
  const char *store;   /* `[domain D] store`, NULL for the default */
} PliTarget;

typedef struct
{
  const char *address;
} PliResolveArgs;

typedef struct
{
  guint32 kind; /* PliRcptKind */
  const PliTarget *targets;
  guint32 n_targets;
} PliResolveResult;

typedef enum
{
  PLI_MAY_IMAP = 1,
  PLI_MAY_POP3 = 2,
  PLI_MAY_SUBMIT = 4,
} PliRights;

typedef struct
{
  const char *login;
  PliSpan password;
  const char *authzid; /* NULL or the login itself; others are refused */
  const char *service; /* "imap", "pop3", "submission" */
  const char *peer;    /* client's address as text */
} PliVerifyArgs;

typedef struct
{
  const char *account; /* opaque, [a-z0-9]{1,32}; names the mailbox folder */
  const char *login;   /* as the directory writes it: the main address */
  const char *name;    /* display name or NULL */
  const char *store;   /* as in PliTarget */
  guint32 rights;      /* PliRights */
  guint64 quota_bytes; /* 0: the directory sets none */
} PliVerifyResult;

/* One step of a SASL conversation (RFC 4422). A session has one at a time; beginning anew forgets the one before. */
typedef struct
{
  const char *mechanism;      /* begins; NULL: goes on */
  PliSpan response;           /* decoded; {NULL, 0}: there was no initial response */
  const char *service, *peer; /* as in PliVerifyArgs */
  PliSpan exporter, unique;   /* channel bindings of the connection (RFC 9266, RFC 5929); set by the façade */
} PliSaslArgs;

typedef struct
{
  gboolean done;     /* signed in: `who` says as whom */
  PliSpan challenge; /* what the server says; when done: along with success, {NULL, 0}: nothing */
  PliVerifyResult who;
} PliSaslResult;

/* What SCRAM needs to know of a login (RFC 5802 3). It never leaves the rooms of directories. */
typedef struct
{
  const char *login;
  const char *service;
} PliKeysArgs;

typedef struct
{
  PliVerifyResult who;
  PliSpan salt, stored_key, server_key; /* for SHA-256; the salt is {NULL, 0} when there are none: PLAIN works */
  guint32 iterations;
} PliKeysResult;

/* What administration does. Fields that a verb does not use are NULL. */
typedef enum
{
  PLI_DOMAIN_ADD,
  PLI_DOMAIN_REMOVE,
  PLI_ACCOUNT_ADD,
  PLI_ACCOUNT_PASSWORD,
  PLI_ACCOUNT_DISABLE,
  PLI_ACCOUNT_ENABLE,
  PLI_ACCOUNT_REMOVE,
  PLI_ALIAS_ADD,
  PLI_ALIAS_REMOVE,
  PLI_ACCOUNT_UNBLOCK, /* forgets failed logins; @name is a login or a client's address */
} PliDirectoryVerb;

typedef struct
{
  guint32 verb; /* PliDirectoryVerb */
  const char
      *name; /* domain, account's address, or alias address ("@domain" is not an alias: see `[domain D] catch-all`) */
  const char *target; /* alias: where to */
  const char *display;
  PliSpan password;
} PliChangeArgs;

typedef struct
{
  const char *account; /* of the account added */
} PliChangeResult;

typedef enum
{
  PLI_LIST_DOMAINS,
  PLI_LIST_ACCOUNTS,
  PLI_LIST_ALIASES,
} PliDirectoryList;

typedef struct
{
  guint32 what;       /* PliDirectoryList */
  const char *domain; /* only in this domain, or NULL */
  const char *after;  /* names greater than this; NULL to begin */
  guint32 max;        /* rows wanted, 0: 500 */
} PliDirectoryListArgs;

typedef struct
{
  const char *name;
  const char *account; /* accounts */
  const char *target;  /* aliases */
  const char *display;
  gboolean disabled;
} PliDirectoryRow;

typedef struct
{
  const PliDirectoryRow *rows;
  guint32 n_rows;
  gboolean more;
} PliDirectoryListResult;

typedef struct
{
  gsize size;
  PliStep (*resolve) (PliOp *op, gpointer self, const PliResolveArgs *args, PliResolveResult *result);
  /* PLI_ERROR_DENIED for a wrong password and a disabled account alike, PLI_ERROR_NOT_FOUND when this source does not
   * know the login, which takes as long; the texts are for the log. Whoever asks all sources makes one answer of both. */
  PliStep (*verify) (PliOp *op, gpointer self, const PliVerifyArgs *args, PliVerifyResult *result);
  /* Durable when done. PLI_ERROR_EXISTS, PLI_ERROR_NOT_FOUND, PLI_ERROR_PERMANENT (text for people). */
  PliStep (*change) (PliOp *op, gpointer self, const PliChangeArgs *args, PliChangeResult *result);
  PliStep (*list) (PliOp *op, gpointer self, const PliDirectoryListArgs *args, PliDirectoryListResult *result);
  /* Sources. PLI_ERROR_NOT_FOUND as in verify(), PLI_ERROR_DENIED when the account may not sign in. NULL: no SCRAM. */
  PliStep (*keys) (PliOp *op, gpointer self, const PliKeysArgs *args, PliKeysResult *result);
  /* Only of the directory "front". PLI_ERROR_SYNTAX: not what the mechanism expects; PLI_ERROR_PERMANENT: no such
   * mechanism; PLI_ERROR_DENIED and others as in verify(). */
  PliStep (*sasl) (PliOp *op, gpointer self, const PliSaslArgs *args, PliSaslResult *result);
} PliDirectory;

/* `[directory]` */
typedef struct
{
  const char *const *sources;
  const char *const *mechanisms; /* in upper case */
  gint64 scram_iterations;
} PliDirectorySettings;

/* As they are now. Free with pli_directory_settings_unref(). */
PLI_API const PliDirectorySettings *pli_directory_settings (PliInstance *instance);
PLI_API void pli_directory_settings_unref (const PliDirectorySettings *settings);

/* Façade. @done gets the method's result struct. */
PLI_API PliCall *pli_directory_resolve (PliInstance *instance, const PliResolveArgs *args, PliDone done, gpointer user);
/* On success the session is signed in: pli_session_account() answers, and store and queue have the grant. */
PLI_API PliCall *pli_directory_verify (PliSession *session, const PliVerifyArgs *args, PliDone done, gpointer user);
/* The same at the end of a conversation. */
PLI_API PliCall *pli_directory_sasl (PliSession *session, const PliSaslArgs *args, PliDone done, gpointer user);
/* (transfer none): the mechanisms to offer on this connection now, with blanks between: "" when passwords may not be sent. */
PLI_API const char *pli_session_mechanisms (PliSession *session);
PLI_API PliCall *pli_directory_change (PliInstance *instance, const PliChangeArgs *args, PliDone done, gpointer user);
PLI_API PliCall *
pli_directory_list (PliInstance *instance, const PliDirectoryListArgs *args, PliDone done, gpointer user);

typedef enum
{
  PLI_SOURCE_RESOLVE,
  PLI_SOURCE_VERIFY,
  PLI_SOURCE_KEYS,
  PLI_SOURCE_CHANGE,
  PLI_SOURCE_LIST,
} PliSourceMethod;

/* For the directory "front", which answers for all: asks one source, wherever it runs; @args and the result are those of
 * the slot. PLI_ERROR_PERMANENT when the source does not have it. */
PLI_API PliCall *pli_source_ask (PliInstance *instance, const char *source, PliSourceMethod method, const void *args,
                                 PliDone done, gpointer user);

G_END_DECLS

#endif
