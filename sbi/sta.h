/* SPDX-License-Identifier: MIT */
/*
 * What the life of a VCPU (hyp/vcpu.c) tells its steal-time record. The guest owns the memory and may write there
 * what it likes; nothing is ever read back.
 */
#ifndef SBI_STA_H
#define SBI_STA_H

struct vcpu;

/* It waits for a pCPU from now on. */
void sta_waits(struct vcpu *);

/* It is current on this pCPU, and about to run again. */
void sta_goes_on(struct vcpu *);

/* It is reset, or resumes as if it were: no record any more. */
void sta_forget(struct vcpu *);

/* Pages of the VM have moved: the record may be elsewhere now. Under the VM's lock. */
void sta_follow(struct vcpu *);

#endif
