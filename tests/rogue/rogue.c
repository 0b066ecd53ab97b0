/* SPDX-License-Identifier: MIT */
/*
 * A guest that does wrong: finds its case and commits it.
 */
#include "tests/rogue/rogue.h"

static const struct rogue_case *const subjects[] = {
    rogue_registers, rogue_instructions, rogue_tables, rogue_holes,  rogue_devices, rogue_traps,
    rogue_calls,     rogue_areas,        rogue_harts,  rogue_storms, rogue_memory,  rogue_steal,
};

static uint32_t code[4] __attribute__((aligned(64)));
static uint64_t result;

static void call_code(uint64_t argument)
{
    result = ((uint64_t (*)(uint64_t))(uintptr_t)code)(argument);
}

struct caught execute(uint32_t instruction, uint64_t argument, uint64_t *a0)
{
    code[0] = instruction;
    code[1] = 0x00008067; /* ret */
    __asm__ volatile("fence.i" ::: "memory");
    struct caught caught = attempt(call_code, argument);
    if (a0)
        *a0 = result;
    return caught;
}

void expect_illegal(const char *name, uint32_t instruction)
{
    struct caught caught = execute(instruction, 0, NULL);

    check(name, caught.cause, CAUSE_ILLEGAL);
    if (caught.cause == CAUSE_ILLEGAL)
        check(name, caught.tval, instruction);
}

static const struct rogue_case *find_case(void)
{
    for (unsigned i = 0; i < sizeof(subjects) / sizeof(subjects[0]); i++)
        for (const struct rogue_case *one = subjects[i]; one->name; one++)
            if (arg_is("case", one->name))
                return one;
    return NULL;
}

int test_main(void)
{
    const struct rogue_case *chosen = find_case();

    if (!chosen) {
        say("there is no such case: the argument is case=NAME\n");
        return 1;
    }
    if (!arg_is("area", "none"))
        area_register();
    *report_number("begun") = 1;
    chosen->commit();
    *report_number("survived") = 1;
    return 0;
}
