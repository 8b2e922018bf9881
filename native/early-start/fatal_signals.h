/*
 * Signals of broken programs, where somebody else sends them.
 */
#ifndef SANDBOX_FATAL_SIGNALS_H
#define SANDBOX_FATAL_SIGNALS_H

/* From now on one that somebody sends is a SIGABRT, which is blocked in every thread and waited for; to be called again once the runtime has handlers of its own. */
void sandbox_take_fatal(void);

/* Which one was sent first; 0 for none, so that a SIGABRT is one. */
int sandbox_fatal_sent(void);

#endif
