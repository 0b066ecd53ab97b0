/* SPDX-License-Identifier: MIT */
/* All proofs. */
#include "tests/property/laws.h"

const struct proof proofs[] = {
    {"chaos", NULL, chaos},
    {"alone", NULL, chaos_alone},
    {"balance", NULL, law_balance},
    {"rr-wait", "rr", law_rr_wait},
    {"credit-shares", "credit", law_credit_shares},
    {"credit-cap", "credit", law_credit_cap},
    {"credit-boost", "credit", law_credit_boost},
    {"sedf-slices", "sedf", law_sedf_slices},
    {"fair-lag", "fair", law_fair_lag},
    {"gang-together", "gang", law_gang_together},
    {NULL, NULL, NULL},
};
