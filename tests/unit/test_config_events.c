/* SPDX-License-Identifier: MIT */
/*
 * hyp/config_events.c: what the lines that begin with `at` say, and what is refused.
 */
#include "tests/unit/config_help.h"

#define TWO_VMS "\n[vm victim]\nguest = hog\n[vm thief]\nguest = hog\n"

static void test_commands_for_vms(void **state)
{
    (void)state;
    assert_parses("at 2s: resume b\nat 1s: pause  a\nat\t500ms : stop b\nat 1s: reset b\n"
                  "[vm a]\nguest=hog\n[vm b]\nguest=hog",
                  "");
    assert_int_equal(scenario.events, 4);
    assert_int_equal(scenario.event[0].time_ns, 500 * MS);
    assert_int_equal(scenario.event[0].command, SCENARIO_STOP);
    assert_int_equal(scenario.event[0].vm, 1);
    assert_int_equal(scenario.event[1].command, SCENARIO_PAUSE);
    assert_int_equal(scenario.event[1].vm, 0);
    assert_int_equal(scenario.event[1].line, 2);
    assert_int_equal(scenario.event[2].command, SCENARIO_RESET);
    assert_int_equal(scenario.event[2].time_ns, S);
    assert_int_equal(scenario.event[3].command, SCENARIO_RESUME);
}

static void test_sched(void **state)
{
    (void)state;
    assert_parses("at 2s: sched rr" TWO_VMS, "");
    assert_int_equal(scenario.events, 1);
    assert_int_equal(scenario.event[0].command, SCENARIO_SCHED);
    assert_int_equal(scenario.event[0].scheds, 1);
    assert_int_equal(scenario.event[0].every_ns, 0);
    assert_ptr_equal(scenario.event[0].sched[0], &sched_rr);
    assert_int_equal(scenario.event[0].vm, SCENARIO_NO_VM);
    assert_string_equal(scenario.event[0].text, "sched rr");
    assert_parses("at 20ms  every\t30ms :  sched  rr , rr,rr # in turn" TWO_VMS, "");
    assert_int_equal(scenario.event[0].time_ns, 20 * MS);
    assert_int_equal(scenario.event[0].every_ns, 30 * MS);
    assert_int_equal(scenario.event[0].scheds, 3);
}

static void test_wrong_sched(void **state)
{
    (void)state;
    assert_refused("at 2s: sched cerdit" TWO_VMS, "", "test.conf:1: found 'cerdit', expected one of: rr");
    assert_refused("at 2s: sched" TWO_VMS, "", "test.conf:1: found '', expected one of: rr");
    assert_refused("at 2s: sched rr," TWO_VMS, "", "test.conf:1: found '', expected one of: rr");
    assert_refused("at 2s: sched rr rr" TWO_VMS, "", "test.conf:1: found 'rr rr', expected one of: rr");
    assert_refused("at 2s: sched rr,rr" TWO_VMS, "",
                   "test.conf:1: found 2 schedulers, expected one, or at TIME every TIME: sched NAME,NAME");
    assert_refused("at 2s every 1s: sched rr,rr,rr,rr,rr,rr,rr,rr,rr,rr,rr,rr,rr,rr,rr,rr,rr" TWO_VMS, "",
                   "test.conf:1: found more than 16 schedulers");
}

static void test_every(void **state)
{
    (void)state;
    assert_parses("at 0 every 1s: pause thief\nat 500ms every 1s: resume thief" TWO_VMS, "");
    assert_int_equal(scenario.event[1].every_ns, S);
    assert_refused("at 1s often: pause thief" TWO_VMS, "",
                   "test.conf:1: found 'often' after the time, expected 'every TIME', or a colon");
    assert_refused("at 1s every: pause thief" TWO_VMS, "",
                   "test.conf:1: found every = '', expected a time (ns us ms s) from 100us to 86400s");
    assert_refused("at 1s every 0: pause thief" TWO_VMS, "",
                   "test.conf:1: found every = '0', expected a time");
    assert_refused("at 1s every 1s 1s: pause thief" TWO_VMS, "",
                   "test.conf:1: found every = '1s 1s', expected");
}

static void test_sched_set(void **state)
{
    (void)state;
    assert_parses("at 3s: sched-set quantum=10ms\nat 2s: sched-set  thief  util = 7" TWO_VMS, "");
    assert_int_equal(scenario.event[1].command, SCENARIO_SCHED_SET);
    assert_int_equal(scenario.event[1].vm, SCENARIO_NO_VM);
    assert_string_equal(scenario.event[1].param->name, "quantum");
    assert_int_equal(scenario.event[1].value, 10 * MS);
    assert_string_equal(scenario.event[1].text, "sched-set quantum=10ms");
    assert_int_equal(scenario.event[0].vm, 1);
    assert_string_equal(scenario.event[0].param->name, "util");
    assert_int_equal(scenario.event[0].value, 7);
    assert_string_equal(scenario.event[0].text, "sched-set  thief  util = 7");
}

static void test_wrong_sched_set(void **state)
{
    static const char shape[] = "expected sched-set VM KEY=VALUE, or KEY=VALUE";

    (void)state;
    assert_refused("at 3s: sched-set" TWO_VMS, "", shape);
    assert_refused("at 3s: sched-set thief" TWO_VMS, "", "test.conf:1: found 'sched-set thief', expected");
    assert_refused("at 3s: sched-set = 3" TWO_VMS, "", shape);
    assert_refused("at 3s: sched-set thief extra util=3" TWO_VMS, "", shape);
    assert_refused("at 3s: sched-set quantum=" TWO_VMS, "",
                   "found nothing after 'quantum=', expected a value");
    assert_refused("at 3s: sched-set quantum=11s" TWO_VMS, "",
                   "test.conf:1: found quantum = '11s', expected a time (ns us ms s) from 100us to 10s");
    assert_refused("at 3s: sched-set theif util=3" TWO_VMS, "",
                   "found 'theif', expected one of: victim thief; did you mean 'thief'?");
    assert_refused("at 3s: sched-set thief quantum=3ms" TWO_VMS, "",
                   "found 'quantum' for a VM, expected sched-set quantum=VALUE");
    assert_refused("at 3s: sched-set util=3" TWO_VMS, "",
                   "found 'util' without a VM, expected sched-set VM util=VALUE");
    assert_refused("at 3s: sched-set thief utli=3" TWO_VMS, "", "did you mean 'util'?");
    assert_refused("at 3s: sched-set quantun=3ms" TWO_VMS, "", "did you mean 'quantum'?");
    assert_refused("at 3s: sched-set placement=counts" TWO_VMS, "",
                   "test.conf:1: found 'counts', expected one of: count");
}

/* A longer text than the table of commands keeps is cut there, and nowhere else. */
static void test_long_text(void **state)
{
    (void)state;
    assert_parses(
        "at 3s: sched-set victim            util=                                          42" TWO_VMS, "");
    assert_int_equal(scenario.event[0].value, 42);
    assert_int_equal(strlen(scenario.event[0].text), sizeof(scenario.event[0].text) - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_commands_for_vms), cmocka_unit_test(test_sched),
        cmocka_unit_test(test_wrong_sched),      cmocka_unit_test(test_every),
        cmocka_unit_test(test_sched_set),        cmocka_unit_test(test_wrong_sched_set),
        cmocka_unit_test(test_long_text),
    };

    return cmocka_run_group_tests_name("config_events", tests, NULL, NULL);
}
