#ifndef LAUNCH_H
#define LAUNCH_H

/* Starts the launcher for the one job of this command; if anything fails, nothing has happened. */
void start_launcher(char *const *environment);

/* What is open beside the standard streams before anything of ours is. */
void note_inherited(void);

#endif
