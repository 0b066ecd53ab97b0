/* SPDX-License-Identifier: MIT */
/* sched/gang.c: siblings run together or not at all. */
#include "tests/unit/sched_machine.h"

#include <string.h>

#define SLOT (30 * MS)

/* ---- A machine of gangs ---- */

static uint32_t home[MAX_VCPUS]; /* where each VCPU was placed */

static void begin_gangs(uint32_t pcpus)
{
    begin_machine(&sched_gang, &(struct sched_topology){.sockets = pcpus, .cores = 1, .threads = 1});
}

/* VM `vm` has as many VCPUs, one on each pCPU of the set, which all live alike. */
static void add_gang(uint32_t vm, uint64_t pcpus, struct life life)
{
    uint32_t pcpu;

    sched_vm_init(&vms[vm], vm);
    for_each_bit (pcpu, pcpus) {
        assert_true(add_life(&vms[vm], BIT(pcpu), life));
        home[live - 1] = pcpu;
        vcpus[live - 1].affinity.word[0] = bit_mask(sched.pcpus);
    }
}

static uint32_t count_members(const struct sched_vm *vm, enum sched_state state)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < live; i++)
        count += vcpus[i].vm == vm && vcpus[i].state == state;
    return count;
}

/* Of each VM all who can run do, or none; nobody has moved; somebody runs if anybody can. */
static void check_strictness(void)
{
    uint32_t waiting = 0, running = 0;

    for (uint32_t i = 0; i < live; i++) {
        if (vcpus[i].state == SCHED_OUT)
            continue;
        assert_int_equal(vcpus[i].pcpu, home[i]);
        assert_true(vcpus[i].state != SCHED_QUEUED || count_members(vcpus[i].vm, SCHED_RUNNING) == 0);
        waiting += vcpus[i].state == SCHED_QUEUED;
        running += vcpus[i].state == SCHED_RUNNING;
    }
    assert_true(running || !waiting);
}

/* Nobody waits whose gang would fit beside those that run. */
static void check_that_none_would_fit(void)
{
    bool taken[MAX_PCPUS] = {false};

    check_strictness();
    for (uint32_t i = 0; i < live; i++)
        taken[home[i]] |= vcpus[i].state != SCHED_OUT && count_members(vcpus[i].vm, SCHED_RUNNING) > 0;
    for (uint32_t i = 0; i < live; i++) {
        bool fits = vcpus[i].state == SCHED_QUEUED;

        for (uint32_t j = 0; j < live; j++)
            fits &= vcpus[j].vm != vcpus[i].vm || vcpus[j].state == SCHED_OUT || !taken[home[j]];
        assert_false(fits);
    }
}

/* ---- Slots ---- */

static void test_siblings_take_turns_together(void **state)
{
    (void)state;
    begin_gangs(2);
    add_gang(0, 0x3, spinner(0));
    add_gang(1, 0x3, spinner(0));
    check = check_strictness;
    run_until(10 * MS);
    assert_ptr_equal(queues[0].current, &vcpus[0]);
    assert_ptr_equal(queues[1].current, &vcpus[1]);
    run_until(40 * MS);
    assert_ptr_equal(queues[0].current, &vcpus[2]);
    assert_ptr_equal(queues[1].current, &vcpus[3]);
    run_until(61 * MS);
    assert_ptr_equal(queues[0].current, &vcpus[0]);
    assert_true(vcpus[2].ran == SLOT && vcpus[3].ran == SLOT);
}

static void test_gangs_that_fit_run_at_once(void **state)
{
    (void)state;
    begin_gangs(4);
    add_gang(0, 0x3, spinner(0));
    add_gang(1, 0xc, spinner(0));
    check = check_that_none_would_fit;
    run_until(10 * SLOT);
    for (uint32_t i = 0; i < 4; i++)
        assert_true(vcpus[i].ran == 10 * SLOT);
}

/* 3 VMs of 4 VCPUs on 6 pCPUs, placed as they come: any two collide, so each has a third. */
static void test_three_gangs_of_four_on_six(void **state)
{
    (void)state;
    begin_gangs(6);
    for (uint32_t vm = 0; vm < 3; vm++) {
        sched_vm_init(&vms[vm], vm);
        for (uint32_t i = 0; i < 4; i++) {
            assert_true(add_life(&vms[vm], 0x3f, spinner(0)));
            home[live - 1] = vcpus[live - 1].pcpu;
        }
    }
    check = check_strictness;
    run_until(60 * SLOT);
    for (uint32_t i = 0; i < live; i++)
        assert_true(vcpus[i].ran == 20 * SLOT);
}

/* The one in the middle collides with both others, which do not collide with each other. */
static void test_who_collides_shares_alike(void **state)
{
    (void)state;
    begin_gangs(4);
    add_gang(0, 0x3, spinner(0));
    add_gang(1, 0x6, spinner(0));
    add_gang(2, 0xc, spinner(0));
    check = check_that_none_would_fit;
    run_until(40 * SLOT);
    for (uint32_t i = 0; i < live; i++)
        assert_true(vcpus[i].ran == 20 * SLOT);
}

/* After any number of slots nobody of those that collide is more than one ahead of another. */
static void test_turns_are_fair_within_one(void **state)
{
    (void)state;
    begin_gangs(3);
    for (uint32_t vm = 0; vm < 5; vm++)
        add_gang(vm, 0x7, spinner(vm * MS));
    for (uint32_t slots = 1; slots < 40; slots++) {
        run_until(slots * SLOT);
        for (uint32_t i = 0; i < live; i++)
            assert_true(vcpus[i].ran == slots / 5 * SLOT || vcpus[i].ran == (slots / 5 + 1) * SLOT);
    }
}

static void test_single_vcpus_are_gangs_of_one(void **state)
{
    (void)state;
    begin_gangs(1);
    for (uint32_t vm = 0; vm < 3; vm++)
        add_gang(vm, 0x1, spinner(0));
    run_until(30 * SLOT);
    for (uint32_t i = 0; i < 3; i++)
        assert_true(vcpus[i].ran == 10 * SLOT);
}

/* ---- Blocking and waking ---- */

static void test_pcpu_of_a_blocked_sibling_idles(void **state)
{
    (void)state;
    begin_gangs(2);
    add_gang(0, 0x3, spinner(0));
    add_gang(1, 0x2, spinner(0));
    lives[1] = (struct life){.run = 5 * MS, .sleep = 10 * MS, .wakes = 0};
    check = check_strictness;
    run_until(6 * MS);
    assert_ptr_equal(queues[0].current, &vcpus[0]);
    assert_null(queues[1].current); /* though VCPU 2 waits there */
    assert_int_equal(vcpus[2].state, SCHED_QUEUED);
    run_until(16 * MS);
    assert_ptr_equal(queues[1].current, &vcpus[1]); /* it woke within its slot */
    run_until(31 * MS);
    assert_null(queues[0].current);
    assert_ptr_equal(queues[1].current, &vcpus[2]);
}

static void test_slot_ends_when_all_block(void **state)
{
    (void)state;
    begin_gangs(2);
    add_gang(0, 0x3, (struct life){.run = 5 * MS, .sleep = NEVER});
    add_gang(1, 0x3, spinner(0));
    check = check_strictness;
    lives[1].run = 7 * MS;
    run_until(6 * MS);
    assert_null(queues[0].current);
    assert_int_equal(vcpus[2].state, SCHED_QUEUED);
    run_until(8 * MS);
    assert_ptr_equal(queues[0].current, &vcpus[2]);
    assert_ptr_equal(queues[1].current, &vcpus[3]);
    assert_true(vcpus[2].ran == 1 * MS);
    assert_true(slice_end[0] == 37 * MS); /* a whole slot */
}

static void test_who_blocks_leaves_to_who_fits(void **state)
{
    (void)state;
    begin_gangs(3);
    add_gang(0, 0x1, spinner(0));
    add_gang(1, 0x6, (struct life){.run = 5 * MS, .sleep = NEVER});
    add_gang(2, 0x3, spinner(1 * MS)); /* has no place beside 0 */
    add_gang(3, 0x6, spinner(2 * MS));
    check = check_that_none_would_fit;
    run_until(6 * MS);
    assert_ptr_equal(queues[0].current, &vcpus[0]);
    assert_ptr_equal(queues[1].current, &vcpus[5]);
    assert_ptr_equal(queues[2].current, &vcpus[6]);
    assert_true(slice_end[1] == 30 * MS); /* the rest of the slot */
    run_until(31 * MS);
    assert_ptr_equal(queues[0].current, &vcpus[3]);
    assert_null(queues[2].current);
}

static void test_who_wakes_joins_if_it_fits(void **state)
{
    (void)state;
    begin_gangs(4);
    add_gang(0, 0x3, spinner(0));
    add_gang(1, 0x6, spinner(3 * MS));
    add_gang(2, 0xc, spinner(5 * MS));
    check = check_that_none_would_fit;
    run_until(4 * MS);
    assert_int_equal(vcpus[2].state, SCHED_QUEUED);
    run_until(6 * MS);
    assert_ptr_equal(queues[2].current, &vcpus[4]);
    assert_ptr_equal(queues[3].current, &vcpus[5]);
    assert_true(slice_end[2] == 30 * MS);
}

/* Gangs 1 and 2 collide. Who joins gang 0 early has had its turn, who joins late has not. */
static void check_turn_after_joining(uint64_t wakes, bool again)
{
    begin_gangs(3);
    add_gang(0, 0x1, spinner(0));
    add_gang(1, 0x6, spinner(wakes));
    add_gang(2, 0x6, spinner(wakes));
    run_until(SLOT - 1);
    assert_ptr_equal(queues[1].current, &vcpus[1]);
    run_until(SLOT + 1);
    assert_ptr_equal(queues[1].current, again ? &vcpus[1] : &vcpus[3]);
    run_until(2 * SLOT + 1);
    assert_ptr_equal(queues[1].current, again ? &vcpus[3] : &vcpus[1]);
}

static void test_joining_late_is_no_turn(void **state)
{
    (void)state;
    check_turn_after_joining(10 * MS, false);
    check_turn_after_joining(15 * MS, false);
    check_turn_after_joining(16 * MS, true);
}

static void test_nobody_runnable_sleeps_forever(void **state)
{
    (void)state;
    begin_gangs(2);
    add_gang(0, 0x3, (struct life){.run = 5 * MS, .sleep = NEVER});
    add_gang(1, 0x1, (struct life){.run = 5 * MS, .sleep = NEVER});
    run_until(20 * MS);
    assert_true(next_event() == NEVER);
    assert_true(sched.due == SCHED_FOREVER);
    lives[0].wakes = 25 * MS;
    run_until(26 * MS);
    assert_ptr_equal(queues[0].current, &vcpus[0]);
}

/* ---- VMs that come and go, parameters, changes of the scheduler ---- */

static void test_too_many_siblings_are_refused(void **state)
{
    (void)state;
    begin_gangs(2);
    add_gang(0, 0x3, spinner(0));
    assert_false(add_life(&vms[0], 0x3, spinner(0)));
    assert_int_equal(vms[0].vcpus, 2);
}

static void test_removed_vms_have_no_turn(void **state)
{
    (void)state;
    begin_gangs(2);
    add_gang(0, 0x3, (struct life){.run = 5 * MS, .sleep = NEVER});
    add_gang(1, 0x3, spinner(0));
    lives[1].run = NEVER / 2;
    run_until(10 * MS);
    sched_remove(&sched, &vcpus[0]); /* while its sibling runs */
    run_until(35 * MS);
    assert_ptr_equal(queues[0].current, &vcpus[2]);
    run_until(61 * MS);
    assert_null(queues[0].current);
    assert_ptr_equal(queues[1].current, &vcpus[1]);
    lives[1].stops = vcpus[1].ran;
    run_until(62 * MS);
    sched_remove(&sched, &vcpus[1]);
    run_until(200 * MS);
    assert_true(vcpus[2].ran == 169 * MS);
}

/* A sibling is added while its gang runs. Its pCPU may be free, or another gang's. */
static void test_late_sibling_finds_its_place(void **state)
{
    (void)state;
    begin_gangs(3);
    add_gang(0, 0x1, spinner(0));
    add_gang(1, 0x2, spinner(0));
    run_until(10 * MS);
    check = check_strictness;
    home[2] = 2;
    assert_true(add_life(&vms[0], 0x4, spinner(11 * MS)));
    run_until(12 * MS);
    assert_ptr_equal(queues[2].current, &vcpus[2]);
    home[3] = 1;
    assert_true(add_life(&vms[0], 0x2, spinner(13 * MS)));
    run_until(600 * MS);
    assert_true(vcpus[3].ran > 270 * MS && vcpus[1].ran > 270 * MS);
}

static void test_slot_can_be_changed(void **state)
{
    const struct sched_parameter *slot = sched_param_find(&sched_gang, "slot", false);
    char why[80];

    (void)state;
    assert_true(slot && slot->initial == SLOT && slot->kind == SCHED_PARAM_TIME);
    begin_gangs(1);
    add_gang(0, 0x1, spinner(0));
    add_gang(1, 0x1, spinner(0));
    run_until(1 * MS);
    assert_true(sched_set(&sched, NULL, slot, 4 * MS, now, why, sizeof(why)));
    ask_those_who_must_be();
    assert_true(slice_end[0] == 5 * MS);
    run_until(5 * MS);
    assert_ptr_equal(queues[0].current, &vcpus[1]);
    assert_true(slice_end[0] == 9 * MS);
    assert_true(sched_set(&sched, NULL, slot, 50 * MS, now, why, sizeof(why)));
    ask_those_who_must_be();
    assert_true(slice_end[0] == 9 * MS); /* who has a slot keeps what he has */
}

static void change_to(const struct sched_ops *ops)
{
    char why[80];

    assert_true(sched_change(&sched, ops, now, why, sizeof(why)));
    for (uint32_t i = 0; i < live; i++)
        home[i] = vcpus[i].pcpu;
    ask_those_who_must_be();
}

/* Under rr siblings may share a pCPU; under gang they do not, and are gangs at once. */
static void test_takes_over_from_another_scheduler(void **state)
{
    uint64_t ran = 0;

    (void)state;
    begin_machine(&sched_rr, &(struct sched_topology){.sockets = 3, .cores = 1, .threads = 1});
    for (uint32_t vm = 0; vm < 3; vm++) {
        sched_vm_init(&vms[vm], vm);
        for (uint32_t i = 0; i < 3; i++)
            assert_true(
                add_life(&vms[vm], 0x7, (struct life){.run = 40 * MS, .sleep = 10 * MS, .jitter = true}));
    }
    for (uint32_t round = 0; round < 200; round++) {
        run_until(now + 20 * MS);
        check = check_that_none_would_fit;
        change_to(&sched_gang);
        run_until(now + 20 * MS);
        check = NULL;
        change_to(&sched_rr);
    }
    for (uint32_t i = 0; i < live; i++) {
        assert_true(vcpus[i].ran > 1000 * MS);
        ran += vcpus[i].ran;
    }
    assert_true(ran > 3 * 200 * 25 * MS);
}

static void test_dump_says_whose_turn_it_is(void **state)
{
    char text[80];

    (void)state;
    begin_gangs(2);
    add_gang(0, 0x3, spinner(0));
    add_gang(1, 0x3, spinner(0));
    run_until(1 * MS);
    sched_gang.dump(&sched, &vcpus[0], text, sizeof(text));
    assert_string_equal(text, "its gang of 2 has the slot until 30000 us");
    sched_gang.dump(&sched, &vcpus[2], text, sizeof(text));
    assert_string_equal(text, "its gang of 2, 2 of them runnable, has no slot");
}

/* ---- Random workloads ---- */

/* A VCPU goes away while it is BLOCKED, and comes back as a new one, to a pCPU that its siblings leave it. */
static void replace_someone(void)
{
    uint32_t i = (uint32_t)random_below(live);

    if (vcpus[i].state != SCHED_BLOCKED)
        return;
    sched_remove(&sched, &vcpus[i]);
    assert_consistent(live);
    assert_true(sched_add(&sched, &vcpus[i], now));
    home[i] = vcpus[i].pcpu;
}

static struct life random_life(void)
{
    struct life life = spinner(random_below(100 * MS));

    if (random_below(4)) {
        life.run = 1 + random_below(random_below(2) ? 5 * MS : 100 * MS);
        life.sleep = 1 + random_below(random_below(2) ? 5 * MS : 100 * MS);
        life.jitter = true;
    }
    return life;
}

/* VMs of any size at any homes, whose siblings sleep and wake each on its own. */
static void add_random_gangs(void)
{
    for (uint32_t vm = (uint32_t)(1 + random_below(8)); vm-- > 0;) {
        uint64_t pcpus = test_random(&seed) & bit_mask(sched.pcpus);

        if (!pcpus)
            continue;
        add_gang(vm, pcpus, random_life());
        for (uint32_t i = 1; i <= bit_count(pcpus); i++)
            lives[live - i] = random_life();
    }
}

/* A gang that can run all the time is never more than M slots from a turn, M being all VMs there are. */
static void check_waits(void)
{
    check_strictness();
    for (uint32_t i = 0; i < live; i++)
        assert_true(vcpus[i].state != SCHED_QUEUED || now - vcpus[i].since <= 9 * SLOT);
}

static void test_random_workloads(void **state)
{
    (void)state;
    for (uint64_t round = 1; round <= 300; round++) {
        seed = round;
        begin_gangs((uint32_t)(1 + random_below(MAX_PCPUS)));
        add_random_gangs();
        check = check_waits;
        for (uint32_t i = 0; i < 100 && live; i++) {
            run_until(now + 1 + random_below(20 * MS));
            if (random_below(3) == 0)
                replace_someone();
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_siblings_take_turns_together),
        cmocka_unit_test(test_gangs_that_fit_run_at_once),
        cmocka_unit_test(test_three_gangs_of_four_on_six),
        cmocka_unit_test(test_who_collides_shares_alike),
        cmocka_unit_test(test_turns_are_fair_within_one),
        cmocka_unit_test(test_single_vcpus_are_gangs_of_one),
        cmocka_unit_test(test_pcpu_of_a_blocked_sibling_idles),
        cmocka_unit_test(test_slot_ends_when_all_block),
        cmocka_unit_test(test_who_blocks_leaves_to_who_fits),
        cmocka_unit_test(test_who_wakes_joins_if_it_fits),
        cmocka_unit_test(test_joining_late_is_no_turn),
        cmocka_unit_test(test_nobody_runnable_sleeps_forever),
        cmocka_unit_test(test_too_many_siblings_are_refused),
        cmocka_unit_test(test_removed_vms_have_no_turn),
        cmocka_unit_test(test_late_sibling_finds_its_place),
        cmocka_unit_test(test_slot_can_be_changed),
        cmocka_unit_test(test_takes_over_from_another_scheduler),
        cmocka_unit_test(test_dump_says_whose_turn_it_is),
        cmocka_unit_test(test_random_workloads),
    };

    return cmocka_run_group_tests_name("gang", tests, NULL, NULL);
}
