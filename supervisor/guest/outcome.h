/* What has happened to a guest: said, counted, written into its record. */
#pragma once
#include "guest/guests.h"

/* Writes the record. A failure is said and borne: the record in memory still holds. */
void outcome_save(const struct guest_run *run);

/* A job failed: sets when the next one may be tried, ever later. */
void outcome_retry(struct guest_run *run);

/* The domain of the record, or the one in view, has ended; decides what follows. */
void outcome_ended(struct guest_run *run);

/* The domain in view runs, and is not the one of the record: it is from now on. */
void outcome_adopted(struct guest_run *run);
