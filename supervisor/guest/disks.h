/* Disks that come and go while a guest runs. */
#pragma once
#include "guest/guests.h"
#include "guest/jobs.h"
#include "guest/xen.h"

/* Whether its running domain has other disks than its description, all of which are there. */
bool guest_has_other_disks(const struct guest_run *run);

/* What came of a JOB_DISKS, JOB_ATTACH or JOB_DETACH; error is empty when it went well. */
void disks_job_done(struct guest_run *run, const struct job *job, const char *error);

/* The worker's part: takes away the domain's disks that the guest has no more, and gives it those
 * that it has not yet. What cannot be done does not keep the rest from being done; the first error
 * is reported. A disk that has become another one stays as it is: it may be the guest's root, and
 * is taken at the next start; said in e, too. Waits. */
int disks_change(struct xen *xen, uint32_t domid, const struct guest *guest, struct err *e);
