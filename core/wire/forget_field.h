/* A field of an answer that is left to the master, and is for the master alone: a path whose kept answers are to be
 * forgotten. */
#ifndef WIRE_FORGET_FIELD_H
#define WIRE_FORGET_FIELD_H

static const char forget_field[] = "Socgi-Forget";

#endif
