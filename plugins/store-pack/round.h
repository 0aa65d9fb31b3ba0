/* round.h: rounds: all dirty accounts commit, one sync makes them durable, those who waited are answered.
 *
 * One round is under way at a time; what comes meanwhile gathers for the next. */
#ifndef STORE_PACK_ROUND_H
#define STORE_PACK_ROUND_H

#include "account.h"

/* The account's batch waits for a round: within `sync-delay`. */
void pack_round_add (PackAccount *account);
/* One more waits for it: many do not wait for `sync-delay`. */
void pack_round_gathered (Pack *pack);
/* As soon as the present event is over, or the round under way. */
void pack_round_urge (Pack *pack);
/* The round was over while the account was busy. */
void pack_round_take_up (PackAccount *account);
/* For closing: commits and syncs here and now. */
void pack_round_last (Pack *pack);

#endif
