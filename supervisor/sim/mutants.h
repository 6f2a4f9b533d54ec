/* Deliberate faults in core/, each against one rule: if the simulator's oracles did not notice one,
 * they would not notice the same fault made by accident. X(name, rule, what is wrong) */
#pragma once
#define MUTANTS(X)                                                                                 \
    X(M_ACT_UNCHOSEN, "R1", "acts on a value that is accepted but not chosen")                     \
    X(M_NO_MAJORITY, "R2", "takes any one vote for a majority")                                    \
    X(M_WRONG_BASE, "R2", "says that it has a value that its proposal is not built on")            \
    X(M_PROMISE_FIRST, "R3", "sends a promise before journalling it")                              \
    X(M_FORGET_PROMISE, "R3", "forgets promises over relevod's restart")                           \
    X(M_LOST_MEMORY, "R3", "goes on in a host whose relevod's memory is lost")                     \
    X(M_REUSE_BALLOT, "R4", "uses a ballot again")                                                 \
    X(M_AMNESIAC_VOTES, "R5", "lets a node that forgot vote")                                      \
    X(M_OLD_PROMISES, "R6", "counts promises of replaced incarnations")                            \
    X(M_ACCEPT_UNNAMED, "R7", "accepts values that do not name this incarnation")                  \
    X(M_AMNESIAC_VALUES, "R8", "builds on what a node that forgot was told since")                 \
    X(M_COLD_TRUST, "R9", "trusts the ledger's freshness after a cold start")                      \
    X(M_WORD_OUTLIVED, "R9", "takes a node for down until its heartbeats are heard")               \
    X(M_ANY_JOIN, "R10", "lets a late join displace a newer incarnation")                          \
    X(M_SELF_DELIVERY, "R11", "takes its own heartbeat for proof")                                 \
    X(M_ECHO_TIME, "R11", "counts the time of the echo instead of the sending")                    \
    X(M_AMNESIAC_ECHOES, "R12", "lets a node that forgot echo")                                    \
    X(M_ECHO_SUSPECTS, "R12", "echoes suspects")                                                   \
    X(M_OLD_LIFE, "R13", "takes an earlier relevod's heartbeats for its own")                      \
    X(M_FEED_ALWAYS, "R14", "feeds the watchdog without a lease")                                  \
    X(M_NO_LEASE_START, "R15", "starts without a lease")                                           \
    X(M_NO_KILL, "R16", "lets guests run on when the lease lapses")                                \
    X(M_NO_WAIT, "R17", "does not wait before it declares a suspect dead")                         \
    X(M_SHORT_WAIT, "R17", "waits for the lease but not for the watchdog")                         \
    X(M_NO_DRIFT, "R17", "waits as if all clocks ran alike")                                       \
    X(M_HEARD_HERE, "R17", "counts from when it has heard a suspect itself, whatever others have") \
    X(M_EARLIER_LIFE, "R17", "lets a relevod vouch for what an earlier one has echoed")            \
    X(M_STALE_WORD, "R17", "counts the word of a node that may echo a suspect still")              \
    X(M_WAIT_ANEW, "R17", "waits as if nobody vouched for the silence that has passed")            \
    X(M_ANY_SUSPICION, "R18", "counts the wait of one suspicion for another")                      \
    X(M_ANY_FENCED, "R19", "takes the word of a fence device for a later boot, too")               \
    X(M_RING_EPOCH, "R20", "takes the number of a membership for an epoch")                        \
    X(M_CLAIM_LIVING, "R20", "claims from a living owner")                                         \
    X(M_RESTART_RELEASED, "R21", "starts again what it released")                                  \
    X(M_FORGET_RELEASE, "R21", "forgets a release over relevod's restart")                         \
    X(M_RESUME_SOURCE, "R22", "resumes a source that has asked for the change of owner")           \
    X(M_RESUME_LATER, "R22", "resumes a source that has the guest again by way of others")         \
    X(M_UNPAUSE_EARLY, "R22", "unpauses a target that does not own the guest yet")                 \
    X(M_OFFER_ELSEWHERE, "R22", "offers a guest to another node than has the copy")                \
    X(M_ANY_IMAGE, "R22", "unpauses an image of another epoch")                                    \
    X(M_DEAD_LIVE_ON, "R23", "lets a host run on that was declared dead")                          \
    X(M_REUSE_MARK, "R24", "uses the mark of an earlier break again")                              \
    X(M_OLDER_MARK, "R24", "lets a late request bring back an older mark")                         \
    X(M_OLD_MARK, "R25", "resumes writes on any mark")                                             \
    X(M_RESUME_EARLY, "R25", "resumes writes before the mark is chosen")                           \
    X(M_DEAD_MARKS, "R26", "lets a dead incarnation mark")                                         \
    X(M_CLEAR_ANY, "R27", "clears a mark whatever its id")                                         \
    X(M_IGNORE_STALE, "R28", "ignores the stale mark")                                             \
    X(M_UNKNOWN_FRESH, "R29", "takes a mirror that the ledger does not know for fresh")            \
    X(M_TWO_REMEMBER, "R30", "of two nodes, lets a booted one remember by its journal")            \
    X(M_ANY_ERA, "R31", "takes values of an earlier era")                                          \
    X(M_ASK_BACK, "R32", "answers requests by requests")                                           \
    X(M_SUSPECT_AGAIN, "R32", "suspects at once again whom another has found well")                \
    X(M_AIM_AGAIN, "R32", "changes a goal at once again that another has changed")                 \
    X(M_BOTH_COMMANDS, "R32", "keeps a command that a later one contradicts")                      \
    X(M_OVERRIDE_LIVING, "R33", "overrides though the other side lives and is current")            \
    X(M_OVERRIDE_ANY, "R33", "overrides another mark than the one that was seen")                  \
    X(M_OVERRIDE_BOTH, "R33", "leaves the other side current after an override")                   \
    X(M_NO_HESITATION, "R34", "starts at a peer whose home is current in a moment")                \
    X(M_HOME_FIRST, "R35", "starts at home what was elsewhere before all rebooted")

#define MUTANT_ENUM(name, rule, text) name,
enum mutant { M_NONE, MUTANTS(MUTANT_ENUM) M_COUNT };
#undef MUTANT_ENUM

extern enum mutant mutant_active; /* set once, before the simulation */
#define mutant(name) (mutant_active == (name))
