# One line a plugin.
include plugins/auth-local/local.mk
include plugins/deliver-smtp/local.mk
include plugins/deliver-lmtp/local.mk
include plugins/dns-unbound/local.mk
include plugins/filter-clamav/local.mk
include plugins/filter-dnsbl/local.mk
include plugins/filter-greylist/local.mk
include plugins/filter-headers/local.mk
include plugins/ledger-sqlite/local.mk
include plugins/proto-imap/local.mk
include plugins/proto-pop3/local.mk
include plugins/proto-smtp/local.mk
include plugins/queue-log/local.mk
include plugins/skeleton/local.mk
include plugins/state-sqlite/local.mk
include plugins/store-memory/local.mk
include plugins/store-pack/local.mk
