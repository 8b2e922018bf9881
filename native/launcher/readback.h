/*
 * What the payload really is.
 */
#ifndef SANDBOX_READBACK_H
#define SANDBOX_READBACK_H

#include "payload.h"

int readback(struct payload *payload);

#endif
