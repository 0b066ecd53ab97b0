/* SPDX-License-Identifier: MIT */
/*
 * What the files of the frame share: how a VCPU's place and state are written down. Not for schedulers.
 */
#ifndef SCHED_FRAME_H
#define SCHED_FRAME_H

#include "sched/sched.h"

/* Under the lock of its queue, except for one that is MOVING; others read it without. */
static inline void set_state(struct sched_vcpu *vcpu, enum sched_state state, uint64_t now)
{
    __atomic_store_n(&vcpu->state, state, __ATOMIC_RELAXED);
    vcpu->since = now;
}

/* Changes rq->queued, a plain number that others read without the lock, by 1 or -1; s->waiting follows it. The lock of
 * `rq` is held. */
void add_queued(struct sched *, struct sched_rq *rq, int32_t difference);

/* One who was let in, and may not be parked, waits. */
static inline void note_queued(struct sched *s, struct sched_rq *rq, struct sched_vcpu *vcpu, uint64_t now)
{
    set_state(vcpu, SCHED_QUEUED, now);
    if (!vcpu->parked)
        add_queued(s, rq, 1);
}

/* vcpu is counted on the pCPU of `rq`, if the place that its demand needs is there. */
bool count_in(const struct sched *, struct sched_rq *, const struct sched_vcpu *);
void count_out(struct sched_rq *, const struct sched_vcpu *);

/* Locks the queue the VCPU belongs to, wherever it moves meanwhile, and returns it. */
struct sched_rq *lock_home(struct sched *, const struct sched_vcpu *);

/* Takes pCPU `pcpu` out of the idle ones; true: the caller did, and must have it asked. */
static inline bool claim_idle(struct sched *s, uint32_t pcpu)
{
    return pcpu_set_remove_atomic(&s->idle, pcpu);
}

/* Moves (move.c). */

/* The VCPU, which is in no list and no tree, and is counted on pCPU `to` already (count_in), leaves `rq`, which is
 * locked. From here to settle() it is the caller's. */
void depart(struct sched_rq *rq, struct sched_vcpu *, uint32_t to, enum sched_move why);

/* A VCPU that departed for `rq`, which is locked, waits there. True: the scheduler wants the pCPU to be asked. */
bool settle(struct sched *, struct sched_rq *, struct sched_vcpu *, uint64_t now);

/* Read by an atomic write, which comes before or after the one in pick_elsewhere(): after it, the pCPU is seen
 * here; before it, that pCPU sees who is queued here. */
static inline uint64_t idle_word(struct sched *s, uint32_t word)
{
    return __atomic_fetch_or(&s->idle.word[word], 0, __ATOMIC_ACQ_REL);
}

static inline bool somebody_idles(struct sched *s)
{
    uint64_t idle = 0;

    for (uint32_t word = 0; word < PCPU_SET_WORDS && 64 * word < s->pcpus; word++)
        idle |= idle_word(s, word);
    return idle != 0;
}

/* Somebody may wait in `rq`, which is locked: an idle pCPU that may have him is asked. True: there was one. */
bool ask_helper(struct sched *, struct sched_rq *);

/* As ask_helper, for all queues, which are locked one after the other. */
void pass_on(struct sched *);

/* One whom `pcpu`, which idles and has said so, may run, on his way to it; NULL: there is none. */
struct sched_vcpu *take_any(struct sched *, uint32_t pcpu);

/* One whom the scheduler of `pcpu`, which seeks, likes better than those it has; NULL: none was seen. */
struct sched_vcpu *take_better(struct sched *, uint32_t pcpu);

/* At least two wait in `rq`, which is locked, and is unlocked: one of them may go to where two fewer do. */
void even_out(struct sched *, struct sched_rq *, uint64_t now);

#endif
