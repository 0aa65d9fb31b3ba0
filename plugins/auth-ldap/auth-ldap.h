/* auth-ldap.h: what the files of the plugin share.
 *
 * libldap blocks, so each question is a job in the offload pool, with a connection of its own while it runs: the loop thread
 * hands connections out and takes them back, so nothing is locked. Whoever asks is answered in time, whatever the job is
 * still doing. */
#ifndef AUTH_LDAP_H
#define AUTH_LDAP_H

#include "filter.h"
#include <ldap.h>
#include <pli/directory.h>
#include <pli/mail.h>
#include <pli/plugin.h>

typedef struct
{
  gint preset;
  const char *const *uris;
  const char *const *domains;
  const char *base, *bind_dn, *bind_password, *bind_as;
  gboolean starttls;
  const char *ca_file;
  const char *address_filter, *login_filter, *member_filter;
  const char *id_attribute, *name_attribute, *quota_attribute;
  const char *const *address_attributes;
  const char *group;
  gboolean nested_groups;
  gint64 group_depth, groups_max;
  const char *detail_separator;
  gint64 timeout, answer_within, retry_after, idle;
  gint64 parallel, waiting_max;
  gint64 remember, remember_max;
} LdapSettings;

/* config.c: the settings with the preset's values in the gaps; of one generation, for the threads. */
typedef struct
{
  gint refs;         /* of the loop thread */
  LdapSettings from; /* only to be compared: what it points to may be gone */
  char **uris, **domains, **address_attributes;
  char *base, *bind_dn, *bind_password, *bind_as, *ca_file;
  char *address_filter, *login_filter, *member_filter;
  char *id_attribute, *name_attribute, *quota_attribute, *group;
  gboolean starttls, nested_groups, chain_rule;
  gint64 group_depth, groups_max, timeout, answer_within, retry_after, idle, remember;
  guint parallel, waiting_max, remember_max;
  char separator;     /* 0: none */
  gint preferred_uri; /* atomic: the one that answered last */
} LdapConfig;

LdapConfig *ldap_config_new (const LdapSettings *settings);
LdapConfig *ldap_config_ref (LdapConfig *config);
void ldap_config_unref (LdapConfig *config);
/* Whether @address (with an '@') is of a domain that is bound to this directory. */
gboolean ldap_config_has_domain (const LdapConfig *config, const char *address);

/* link.c: one connection; used by one thread at a time. Errors: TRY_AGAIN, and DENIED of ldap_link_bind(). */
typedef struct
{
  LDAP *ld;
  LdapConfig *config; /* a reference */
  gint64 since_us;    /* put aside; loop thread */
  gboolean as_reader; /* bound as `bind-dn` */
} LdapLink;

LdapLink *ldap_link_open (LdapConfig *config, GError **error);
/* Only closes: the caller unrefs link->config on the loop thread. NULL is fine. */
void ldap_link_close (LdapLink *link);
gboolean ldap_link_bind (LdapLink *link, const char *dn, PliSpan password, GError **error);
gboolean ldap_link_be_reader (LdapLink *link, GError **error);
/* (transfer full): ldap_msgfree(). At most @max entries are wanted; NOT_FOUND when the base is not there. */
LDAPMessage *ldap_link_search (LdapLink *link, const char *base, int scope, const char *filter,
                               const char *const *names, int max, GError **error);

/* person.c */
typedef struct
{
  char *dn, *id, *address, *name;
  guint64 quota_bytes;
  const char *disabled; /* why, NULL: is not */
} LdapPerson;

void ldap_person_clear (LdapPerson *person);
/* FALSE and NOT_FOUND, DENIED (more than one, or unusable), TRY_AGAIN. */
gboolean ldap_person_find (LdapLink *link, const char *pattern, const LdapWord *words, LdapPerson *out, GError **error);

/* group.c: @out_member is set only on TRUE. */
gboolean ldap_group_has (LdapLink *link, const char *dn, gboolean *out_member, GError **error);

/* cache.c: addresses found a short while ago. Loop thread. */
typedef struct LdapCache LdapCache;
typedef struct
{
  gint64 until_us;
  const char *account, *address;
} LdapFound;

LdapCache *ldap_cache_new (void);
void ldap_cache_free (LdapCache *cache);
const LdapFound *ldap_cache_find (LdapCache *cache, const char *address, gint64 now_us);
void ldap_cache_add (LdapCache *cache, const LdapConfig *config, const char *address, const LdapPerson *person,
                     gint64 now_us);
void ldap_cache_forget (LdapCache *cache);

typedef struct
{
  gint refs;
  PliPlugin *plugin; /* NULL after unload() */
  PliInstance *instance;
  LdapConfig *config;
  LdapCache *cache;
  GQueue waiting; /* LdapJob */
  GQueue idle;    /* LdapLink, latest first */
  guint running;
  gint64 down_until_us; /* no server answered: nobody is asked before */
} Ldap;

/* job.c */
typedef struct LdapJob LdapJob;
struct LdapJob
{
  Ldap *ldap;
  LdapConfig *config;
  LdapLink *link;
  PliOp *op;
  PliTicket ticket; /* 0: answered */
  PliTimer *deadline;
  /* In a thread of the pool, with a link that is bound as reader unless `as_nobody`. */
  gboolean (*work) (LdapJob *job, GError **error);
  /* On the loop thread, only while somebody waits; completes the ticket. */
  void (*done) (LdapJob *job);
  gboolean as_nobody;
  char *text, *other; /* what is asked for */
  PliBuffer password;
  LdapPerson person;
  gpointer result;
  gconstpointer args;
  GError *error;
};

/* NULL after the op's error was set: no server is set up, it is known to be down, or too many wait. */
LdapJob *ldap_job_new (Ldap *ldap, PliOp *op, const char *text, const char *other);
/* Takes the op's ticket. */
void ldap_job_start (LdapJob *job);
LdapConfig *ldap_current_config (Ldap *ldap);
void ldap_stop (Ldap *ldap);
Ldap *ldap_ref (Ldap *ldap);
void ldap_unref (Ldap *ldap);

/* Slots */
PliStep ldap_resolve (PliOp *op, gpointer self, const PliResolveArgs *args, PliResolveResult *result);
PliStep ldap_verify (PliOp *op, gpointer self, const PliVerifyArgs *args, PliVerifyResult *result);
PliStep ldap_keys (PliOp *op, gpointer self, const PliKeysArgs *args, PliKeysResult *result);

#endif
