/* SPDX-License-Identifier: MIT */
/* sched/gang.c: gangs that come and go, another slot, another scheduler, and random workloads. */
#include "tests/unit/gang_help.h"

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
    lives[2].stops = lives[3].stops = 1 * MS;
    run_until(32 * MS);
    sched_gang.dump(&sched, &vcpus[0], text, sizeof(text));
    assert_string_equal(text, "its gang of 2 has the slot, for which nobody waits");
    add_gang(2, 0x3, spinner(33 * MS));
    run_until(34 * MS);
    sched_gang.dump(&sched, &vcpus[4], text, sizeof(text));
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
        cmocka_unit_test(test_too_many_siblings_are_refused),
        cmocka_unit_test(test_removed_vms_have_no_turn),
        cmocka_unit_test(test_late_sibling_finds_its_place),
        cmocka_unit_test(test_slot_can_be_changed),
        cmocka_unit_test(test_takes_over_from_another_scheduler),
        cmocka_unit_test(test_dump_says_whose_turn_it_is),
        cmocka_unit_test(test_random_workloads),
    };

    return cmocka_run_group_tests_name("gang_changes", tests, NULL, NULL);
}
