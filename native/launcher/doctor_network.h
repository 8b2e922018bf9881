/*
 * Probes of a network of a job's own.
 */
#ifndef SANDBOX_DOCTOR_NETWORK_H
#define SANDBOX_DOCTOR_NETWORK_H

#include "doctor_probes.h"

doctor_try try_redirect;

#endif
