/* SPDX-License-Identifier: MIT */
/*
 * struct gap next_gap(void): reads instret every three instructions until it has gone on by more than
 * that; returns the last value before the gap in a0 and the first one after it in a1.
 *
 * A VCPU may be stopped and resumed between any two instructions: from one's `before` to another's `after` lie the
 * reading of `before`, up to two instructions more, those of the hypervisor, and up to two of the other.
 */
#define STEP 3

.text
.global next_gap
next_gap:
    csrr    a1, instret
    li      t2, STEP
    j       2f
1:  csrr    a1, instret
    sub     t1, a1, a0
    bne     t1, t2, 3f
2:  csrr    a0, instret
    sub     t1, a0, a1
    beq     t1, t2, 1b
    mv      t1, a0                      /* the two change places */
    mv      a0, a1
    mv      a1, t1
3:  ret
