/* SPDX-License-Identifier: MIT */
/*
 * hyp/vm_memory.c itself, with hyp/gstage.c, as part of an image that needs no hypervisor: what becomes of the pages
 * when there are too few, and who is told, in which order, that some have moved.
 *
 * Arguments: part=touch|change.
 */
#include <stint/sbi.h>
#include "hyp/gstage.h"
#include "hyp/machine.h"
#include "hyp/page.h"
#include "hyp/pcpu.h"
#include "hyp/riscv.h"
#include "hyp/vcpu.h"
#include "hyp/vm.h"
#include "lib/bitops.h"
#include "lib/string.h"
#include "sbi/sta.h"
#include "tests/guests/frame/check.h"

#define POOL    64
#define VCPUS   5
#define PCPUS   4
#define SELF    2 /* the VCPU that makes the call */
#define INDEX   3 /* of the VM */
#define AREA    (VM_RAM_BASE + (4UL << 20))
#define AREA_IN 3 /* pages of an area */
#define NEW     (VM_RAM_BASE + (9UL << 20))
#define NOBODY  ((struct vcpu *)8)

static uint8_t pool[POOL][PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
static uint8_t root[GSTAGE_ROOT_BYTES] __attribute__((aligned(GSTAGE_ROOT_BYTES)));
static uint8_t area[AREA_IN][PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
static bool taken[POOL];
static uint64_t left, freed_wrongly;

static const struct scenario_vm config = {.name = "a", .memory = 16UL << 20};
static struct stint_vm_stats stats;
static struct vcpu vcpus[VCPUS];
static struct vm vm = {
    .index = INDEX, .config = &config, .stats = &stats, .vcpus = vcpus, .vcpu_count = VCPUS};

/* ---- What vm_memory.c and gstage.c call ---- */

struct machine machine;
struct pcpu pcpus[STINT_MAX_PCPUS];
uint32_t pcpu_count = PCPUS;

void *boot_alloc(uint64_t bytes, uint64_t align)
{
    (void)align;
    return bytes <= sizeof(root) ? root : NULL;
}

uint64_t page_alloc(void)
{
    for (unsigned n = 0; n < POOL && left; n++)
        if (!taken[n]) {
            taken[n] = true;
            left--;
            return (uint64_t)memset(pool[n], 0, PAGE_SIZE);
        }
    return 0;
}

static struct {
    uint64_t asked, awaited;   /* VCPUs, as bits */
    uint64_t not_void;         /* pCPUs that remembered the VM when VCPUs were asked first */
    uint64_t freed, too_early; /* pages; those that somebody had not been awaited for */
} seen;

/* All but the VCPU that made the call are busy until they are awaited. */
static bool all_have_fenced(void)
{
    uint64_t all = bit_mask(VCPUS);

    return seen.asked == all && (seen.awaited | BIT(SELF)) == all;
}

void page_free(uint64_t page)
{
    uint64_t n = (page - (uint64_t)pool) / PAGE_SIZE;

    if (page % PAGE_SIZE || n >= POOL || !taken[n]) {
        freed_wrongly++;
        return;
    }
    taken[n] = false;
    left++;
    seen.freed++;
    seen.too_early += !all_have_fenced();
}

void vcpu_request(struct vm *m, uint64_t ids, uint32_t bits)
{
    (void)m;
    if (!(bits & VCPU_REQ_FENCE_G))
        return;
    for (uint32_t i = 0; i < PCPUS && !seen.asked; i++)
        seen.not_void += pcpus[i].last_of_vm[INDEX] != NULL;
    seen.asked |= ids;
}

/* One that was not asked has nothing to wait for. */
void vcpu_await_fence(struct vcpu *v)
{
    seen.awaited |= BIT(v - vcpus) & seen.asked;
}

void sta_follow(struct vcpu *v)
{
    (void)v;
}

/* ---- Too few pages ---- */

/* With so many pages left it cannot be done; and those that are not in the VM's hands are free still. */
static void touch_with(uint64_t pages)
{
    left = pages;
    check("few.touched", vm_touch(&vm, NEW), false);
    check("few.lost", pages - left - vm.gstage.pages, 0);
    uint64_t *pte = gstage_find(&vm.gstage, NEW);
    check("few.mapped", pte && *pte & PTE_V, false);
    check("few.told", stats.pages, vm.gstage.pages);
    gstage_clear(&vm.gstage);
}

static void part_touch(void)
{
    for (uint64_t pages = 0; pages < 3; pages++) /* it takes two tables, and the page */
        touch_with(pages);
    left = 3;
    check("enough.touched", vm_touch(&vm, NEW), true);
    check("enough.left", left, 0);
    check("enough.told", stats.pages, 3);
    check("again.touched", vm_touch(&vm, NEW + PAGE_SIZE - 1), true);
    check("again.told", stats.pages, 3);
    check("free.wrongly", freed_wrongly, 0);
}

/* ---- Pages that move ---- */

static void remember(void)
{
    for (uint32_t i = 0; i < PCPUS; i++)
        for (uint32_t n = 0; n < STINT_MAX_VMS; n++)
            pcpus[i].last_of_vm[n] = n == INDEX ? &vcpus[i] : NOBODY;
}

static void check_remembered(void)
{
    uint64_t own = 0, others = 0;

    for (uint32_t i = 0; i < PCPUS; i++)
        for (uint32_t n = 0; n < STINT_MAX_VMS; n++)
            *(n == INDEX ? &own : &others) += pcpus[i].last_of_vm[n] != NULL;
    check("forget.own", own, 0);
    check("forget.others", others, PCPUS * (STINT_MAX_VMS - 1));
}

/* fence_all is reached through the call that hands over an area, as a VCPU that is on pCPU 0 makes it. */
static void part_change(void)
{
    static struct stint_shared shared;
    struct pcpu *tp;

    left = POOL;
    shared.areas_offset = (uint64_t)area - STINT_SHARED_BASE - INDEX * (uint64_t)STINT_AREA_MAX;
    machine.shared = &shared;
    for (uint32_t id = 0; id < VCPUS; id++)
        vcpus[id] = (struct vcpu){.vm = &vm, .id = id};
    pcpus[0].current = &vcpus[SELF];

    remember();
    vm_forget_translations(&vm);
    check_remembered();
    for (uint64_t n = 0; n < AREA_IN; n++)
        vm_touch(&vm, AREA + n * PAGE_SIZE);
    remember();
    __asm__ volatile("mv %0, tp\n\tmv tp, %1" : "=&r"(tp) : "r"(&pcpus[0]));
    long error = vm_set_area(&vm, AREA, sizeof(area));
    __asm__ volatile("mv tp, %0" ::"r"(tp));
    check("change.error", (uint64_t)error, SBI_SUCCESS);
    check_remembered();
    check("change.not-void", seen.not_void, 0);
    check("change.asked", seen.asked, bit_mask(VCPUS));
    check("change.awaited", seen.awaited | BIT(SELF), bit_mask(VCPUS));
    check("change.freed", seen.freed, AREA_IN);
    check("change.too-early", seen.too_early, 0);
}

int test_main(void)
{
    gstage_init(&vm.gstage, INDEX + 1);
    if (arg_is("part", "touch"))
        part_touch();
    else
        part_change();
    *report_number("finished") = 1;
    return 0;
}
