/* SPDX-License-Identifier: MIT */
/*
 * hyp/config_params.c, hyp/config_check.c: values of the schedulers' parameters in a scenario, for whom they
 * count, and what cannot be, seen together.
 */
#include "tests/unit/config_help.h"

#include "hyp/config_params.h"

#define TWO_VMS "\n[vm a]\nguest = hog\nvcpus = 2\n[vm b]\nguest = hog\n"

/* Whichever scheduler is chosen, a value is there for the one that has it. */
static void test_values_of_all_schedulers(void **state)
{
    (void)state;
    assert_parses("sched = rr\naccounting = sampled\ntslice = 10ms\n[vm a]\nguest=hog\nweight=512\n"
                  "[vm b]\nguest=hog\ncap=50\nutil=7",
                  "");
    assert_int_equal(top_value("credit", "accounting"), 1);
    assert_int_equal(top_value("credit", "tslice"), 10 * MS);
    assert_int_equal(top_value("rr", "quantum"), 30 * MS);
    assert_int_equal(vm_value(0, "credit", "weight"), 512);
    assert_int_equal(vm_value(0, "fair", "weight"), 512);
    assert_int_equal(vm_value(0, "credit", "cap"), 0);
    assert_int_equal(vm_value(1, "credit", "weight"), 256);
    assert_int_equal(vm_value(1, "credit", "cap"), 50);
    assert_int_equal(vm_value(1, "credit", "util"), 7);
    assert_int_equal(vm_value(1, "rr", "util"), 7);
}

static void test_choices(void **state)
{
    (void)state;
    assert_parses(with_vm("boost = off"), "accounting=sampled");
    assert_int_equal(top_value("credit", "boost"), 0);
    assert_int_equal(top_value("credit", "accounting"), 1);
    assert_refused(with_vm("boost = of"), "", "test.conf:1: found 'of', expected one of: off on");
    assert_refused(with_vm("boost = 1"), "", "test.conf:1: found '1', expected one of: off on");
    assert_refused(with_vm(""), "accounting=Exact",
                   "command line: found 'Exact', expected one of: exact sampled; did you mean 'exact'?");
    assert_refused(with_vm("accounting = exact\n boost=on\naccounting = exact"), "",
                   "test.conf:3: found a second 'accounting', expected it once: it is on line 1 already");
}

/* Each name once, whoever has it, and each is found. */
static void test_names(void **state)
{
    (void)state;
    for (int per_vm = 0; per_vm < 2; per_vm++) {
        const char *names[64];
        size_t count = param_names(names, COUNT_OF(names), per_vm);

        assert_in_range(count, 2, COUNT_OF(names) - 1);
        for (size_t i = 0; i < count; i++) {
            assert_non_null(param_find(names[i], per_vm));
            assert_true(param_find(names[i], per_vm)->per_vm == per_vm);
            for (size_t j = 0; j < i; j++)
                assert_string_not_equal(names[i], names[j]);
        }
        assert_int_equal(param_names(names, 1, per_vm), 1);
    }
    assert_null(param_find("weight", false));
    assert_null(param_find("quantum", true));
}

/* One name has one kind and one range in all schedulers, so that one value can serve them all. */
static void test_namesakes(void **state)
{
    (void)state;
    for (size_t kind = 0; sched_all[kind]; kind++) {
        for (const struct sched_parameter *param = sched_all[kind]->params; param->name; param++) {
            const struct sched_parameter *same = param_find(param->name, param->per_vm);

            assert_true(param->slot < SCHED_COMMON);
            assert_int_equal(param->kind, same->kind);
            assert_true(param->min == same->min && param->max == same->max &&
                        param->initial == same->initial);
            assert_null(param_find(param->name, !param->per_vm));
        }
    }
}

static void test_shown_values(void **state)
{
    char text[32];

    (void)state;
    param_show(param_find("quantum", false), text, sizeof(text), 2500 * MS / 1000);
    assert_string_equal(text, "2500us");
    param_show(param_find("weight", true), text, sizeof(text), 42);
    assert_string_equal(text, "42");
    param_show(param_find("accounting", false), text, sizeof(text), 1);
    assert_string_equal(text, "sampled");
}

/* What one value may be depends on others, wherever those stand. */
static void test_values_together(void **state)
{
    (void)state;
    assert_parses("[vm a]\nguest=hog\ncap=400\nvcpus=4", "");
    assert_refused(
        "[vm a]\nguest=hog\ncap=401\nvcpus=4", "",
        "test.conf:3: found cap = 401, expected 0 to 400, as the other keys of [vm a] are, under credit");
    assert_refused(
        "[vm b]\nguest=hog\n[vm a]\nguest=hog\ncap=101", "sched=credit",
        "test.conf:5: found cap = 101, expected 0 to 100, as the other keys of [vm a] are, under credit");
}

/* What is reserved, all VMs together, against what there is; only under the scheduler of the beginning. */
static void test_demand(void **state)
{
    static const char text[] = "pcpus = 2\n[vm a]\nguest=hog\nvcpus=2\nperiod=10ms\nslice=9ms\n"
                               "[vm b]\nguest=hog\nperiod=10ms\nslice=2ms\nstart=1s\n[vm c]\nguest=hog\n";

    (void)state;
    assert_parses(text, "sched=sedf");
    assert_parses(text, "pcpus=1");
    assert_refused(
        text, "pcpus=1 sched=sedf",
        "test.conf:6: found [vm a] in need of 2 x 90.0000 % of a pCPU, expected at most 100.0000 % in all, "
        "which the VMs above leave under sedf");
    assert_refused("[vm a]\nguest=hog\nperiod=3s\nslice=1s\n[vm b]\nguest=hog\nperiod=3s\nslice=2001ms\n",
                   "sched=sedf",
                   "test.conf:8: found [vm b] in need of 1 x 66.7000 % of a pCPU, expected at most 66.6");
}

/* Commands are looked at one after the other, as they will come. */
static void test_values_in_time(void **state)
{
    (void)state;
    assert_parses(
        "at 1s: sched-set a cap=200\nat 2s: sched-set b cap=100\nat 1s: sched-set a weight=1" TWO_VMS, "");
    assert_refused(
        "at 1s: sched-set a cap=200\n\nat 2s: sched-set b cap=200" TWO_VMS, "",
        "test.conf:3: found cap = 200, expected 0 to 100, as the other keys of [vm b] are, under credit");
    assert_refused("at 1s: sched-set a weight=65536" TWO_VMS, "",
                   "test.conf:1: found weight = '65536', expected a whole number from 1 to 65535");
    assert_refused("at 1s: sched-set a accounting=exact" TWO_VMS, "",
                   "test.conf:1: found 'accounting' for a VM, expected sched-set accounting=VALUE");
    assert_refused("at 1s: sched-set wieght=3" TWO_VMS, "",
                   "test.conf:1: found 'wieght', expected one of: quantum");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_of_all_schedulers),
        cmocka_unit_test(test_choices),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_namesakes),
        cmocka_unit_test(test_shown_values),
        cmocka_unit_test(test_values_together),
        cmocka_unit_test(test_values_in_time),
        cmocka_unit_test(test_demand),
    };

    return cmocka_run_group_tests_name("config_params", tests, NULL, NULL);
}
