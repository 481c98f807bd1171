/*
 * A trial: a generation that canaries try. Plugins that cannot be loaded fall back to their last good edition, or out;
 * when the canaries are ready the trial serves, and the generation before it retires.
 */
#ifndef GENERATION_TRIAL_H
#define GENERATION_TRIAL_H

struct generations;

/* Begins one of what the catalog holds, with the configuration that is being tried. */
void trial_begin(struct generations *all);

/* It has come to nothing. */
void trial_discard(struct generations *all);

/* A renewal has failed, and no plugin is to blame: it is tried again, later and later. */
void trial_failed(struct generations *all);

#endif
