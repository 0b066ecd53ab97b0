/* SPDX-License-Identifier: MIT */
/*
 * pCPUs: how their harts are set up and started, and how they get each
 * other's attention.
 */
#include "hyp/pcpu.h"
#include "hyp/clock.h"
#include "hyp/firmware.h"
#include "hyp/layout.h"
#include "hyp/machine.h"
#include "hyp/map.h"
#include "hyp/panic.h"
#include "hyp/run.h"
#include "hyp/switch.h"
#include "hyp/trace.h"
#include "lib/bitops.h"

struct pcpu pcpus[STINT_MAX_PCPUS];
uint32_t pcpu_count;

_Static_assert(offsetof(struct pcpu, stack_top) == 8, "boot.S");

/* What goes straight to VS-mode. Not illegal instructions, because the first use of floating point is one
 * (vcpu_fp_on), and no faults of fetches, loads and stores, because of trap handlers that fault (exit.c). */
#define HEDELEG (BIT(CAUSE_FETCH_MISALIGNED) | BIT(CAUSE_BREAKPOINT) | BIT(CAUSE_ECALL_U))
#define HIDELEG (BIT(IRQ_VS_SOFT) | BIT(IRQ_VS_TIMER) | BIT(IRQ_VS_EXT))

void pcpu_init_hart(struct pcpu *p)
{
    csr_write(sie, BIT(IRQ_S_SOFT) | BIT(IRQ_S_TIMER));
    csr_write(hedeleg, HEDELEG);
    csr_write(hideleg, HIDELEG);
    csr_write(hcounteren, HCOUNTEREN_ALL);
    csr_write(henvcfg, HENVCFG_STCE | HENVCFG_ADUE);
    if (!(csr_read(henvcfg) & HENVCFG_STCE))
        panic("hart %u: no Sstc extension (vstimecmp); QEMU's -cpu rv64 has it", p->hart);
    csr_write(hvip, 0);
    csr_write(vsie, 0);
    csr_write(vstimecmp, CLOCK_NEVER);
    csr_write(stimecmp, CLOCK_NEVER);
    p->slice_end = p->beat_end = p->first_deadline = CLOCK_NEVER;
    spin_init(&p->timer_lock);
    list_init(&p->timers);
}

/* C code of the harts that the boot hart starts. */
void pcpu_main(struct pcpu *self) __attribute__((noreturn));
void pcpu_main(struct pcpu *self)
{
    map_enable();
    pcpu_init_hart(self);
    __atomic_store_n(&self->started, true, __ATOMIC_RELEASE);
    while (!__atomic_load_n(&machine.start_time, __ATOMIC_ACQUIRE))
        wfi(); /* until pcpu_release_others; the boot hart panics rather than forget us */
    pcpu_begin(self);
    run_loop(self);
}

void pcpu_begin(struct pcpu *self)
{
    self->begun = self->now = machine.start_time;
    self->stats->state = STINT_PCPU_HYP_SELF;
    self->ask_scheduler = self->attention = true;
}

void pcpu_release_others(void)
{
    for (uint32_t id = 0; id < pcpu_count; id++)
        if (&pcpus[id] != pcpu_self())
            firmware_call(SBI_EXT_IPI, SBI_IPI_SEND_IPI, 1, pcpus[id].hart, 0);
}

static void await_start(struct pcpu *p)
{
    for (uint64_t turns = 0; !__atomic_load_n(&p->started, __ATOMIC_ACQUIRE); turns++) {
        clock_nap();
        if (turns == NAP_BOUND)
            panic("hart %u was started by the firmware but never arrived", p->hart);
    }
}

void pcpu_start_others(void)
{
    extern char _start_other[];
    struct pcpu *self = pcpu_self();
    uint32_t stack = STACK_BOOT + 1;
    for (uint32_t id = 0; id < pcpu_count; id++) {
        struct pcpu *p = &pcpus[id];
        if (p == self)
            continue;
        p->stack_top = STACK_TOP(stack++);
        long error = firmware_call(SBI_EXT_HSM, SBI_HSM_HART_START, p->hart, (uint64_t)_start_other,
                                   (uint64_t)p);
        if (error)
            panic("hart %u: the firmware does not start it: SBI error %ld", p->hart, error);
        await_start(p);
    }
}

static void note_kick(struct pcpu *self, uint32_t id)
{
    self->stats->kicks++;
    trace(self, rdtime(), STINT_EV_KICK, STINT_NO_VCPU, 0, id, 0);
}

/* The firmware sends interrupts under a lock of its own (OpenSBI: the domain's), and who waits for that spins in
 * M-mode, where nothing interrupts him. Under instruction counting its holder may have lost his turn, as each kick
 * ends it; the others would spin through theirs, until all timers have passed and a turn lasts as long as QEMU lets
 * it, 100 ms divided by the harts. So they wait here, where spin_wait naps; whose turn it is sends for all who wait. */
static void kick_harts(uint64_t harts)
{
    static struct spinlock sending;
    static uint64_t wanted; /* harts, a bit each; atomic */
    __atomic_or_fetch(&wanted, harts, __ATOMIC_SEQ_CST);
    spin_lock(&sending);
    uint64_t all = __atomic_exchange_n(&wanted, 0, __ATOMIC_SEQ_CST);
    if (all)
        firmware_call(SBI_EXT_IPI, SBI_IPI_SEND_IPI, all, 0, 0);
    spin_unlock(&sending);
}

/* All by one call: under instruction counting each ends the hart's turn, and the last to be kicked would hear of it
 * some milliseconds after the first. */
void pcpu_alert(uint64_t ids)
{
    struct pcpu *self = pcpu_self();
    uint64_t harts = 0;
    unsigned id;
    for_each_bit (id, ids) {
        struct pcpu *p = &pcpus[id];
        __atomic_store_n(&p->attention, true, __ATOMIC_SEQ_CST);
        if (p == self)
            continue;
        note_kick(self, id);
        harts |= BIT(p->hart);
    }
    if (harts)
        kick_harts(harts);
}

void pcpu_ask_them(void)
{
    uint64_t ids = 0;
    uint32_t id;
    while ((id = sched_next_ask(&machine.sched)) != SCHED_NO_PCPU) {
        __atomic_store_n(&pcpus[id].ask_scheduler, true, __ATOMIC_SEQ_CST);
        ids |= BIT(id);
    }
    pcpu_alert(ids);
}
