# Against the built program, as a process of its own, with real clients and servers of Debian. MESSAGES: how many each
# sends. One line a file, so that two changes do not meet.
TAP_SCRIPTED += \
  tests/e2e/policy.py \
  tests/e2e/reload.py \
  tests/e2e/conversation.py \
  tests/e2e/clients.py \
  tests/e2e/mbsync.py \
  tests/e2e/imaptest.py \
  tests/e2e/mailreaders.py \
  tests/e2e/dovecot.py \
  tests/e2e/migrate.py \
  tests/e2e/segments.py \
  tests/e2e/remote.py \
  tests/e2e/cli.sh \
  tests/e2e/names.py \
  tests/e2e/outward.py \
  tests/e2e/transports.py \
  tests/e2e/world.py \
  tests/e2e/filters.py \
  tests/e2e/plugins.py \
  tests/e2e/openldap.py \
  tests/e2e/samba.py \
  tests/e2e/sasl.py \
  tests/e2e/fates.py
EXTRA_DIST += \
  tests/e2e/policy.py \
  tests/e2e/reload.py \
  tests/e2e/conversation.py \
  tests/e2e/clients.py \
  tests/e2e/mbsync.py \
  tests/e2e/imaptest.py \
  tests/e2e/mailreaders.py \
  tests/e2e/dovecot.py \
  tests/e2e/migrate.py \
  tests/e2e/segments.py \
  tests/e2e/remote.py \
  tests/e2e/cli.sh \
  tests/e2e/names.py \
  tests/e2e/outward.py \
  tests/e2e/transports.py \
  tests/e2e/mirror.py \
  tests/e2e/pliserver.py \
  tests/e2e/shapes.py \
  tests/e2e/nameserver.py \
  tests/e2e/remotehost.py \
  tests/e2e/realhosts.py \
  tests/e2e/world.py \
  tests/e2e/filters.py \
  tests/e2e/plugins.py \
  tests/e2e/openldap.py \
  tests/e2e/ldapserver.py \
  tests/e2e/samba.py \
  tests/e2e/fates.py \
  tests/e2e/sasl.py \
  tests/e2e/sambaserver.py \
  tests/e2e/fiveways.py
# Installs, and builds a plugin outside the tree: with the usual build only, like tests/check/outside.
if !SANITIZERS
TAP_SCRIPTED += tests/e2e/fiveways.py
endif
