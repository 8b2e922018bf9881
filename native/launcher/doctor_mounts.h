/*
 * Probes of file systems.
 */
#ifndef SANDBOX_DOCTOR_MOUNTS_H
#define SANDBOX_DOCTOR_MOUNTS_H

#include "doctor_probes.h"

doctor_try try_tmpfs, try_proc, try_read_only_bind, try_pivot_root, try_overlay, try_overlay_directories;

#endif
