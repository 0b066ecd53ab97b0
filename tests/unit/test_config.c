/* SPDX-License-Identifier: MIT */
/*
 * hyp/config*.c: what a scenario says, what is refused and with which words. The wrong files are in
 * tests/scenarios/bad/, each with what it must get in its first line.
 */
#include "tests/unit/config_help.h"

#include <dirent.h>

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
    assert_int_equal(top_value("rr", "quantum"), 30 * MS);
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
    assert_int_equal(allowed(0, 0), 1);
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
    assert_int_equal(top_value("rr", "quantum"), 10 * MS);
    assert_int_equal(scenario.seed, 7);
    assert_int_equal(scenario.beat_ns, 100000);
    assert_int_equal(scenario.topology.threads, 2);
    assert_int_equal(scenario.vms, 2);
    assert_int_equal(allowed(0, 0), 0xff);
    assert_string_equal(vm->name, "Second-2_x");
    assert_string_equal(vm->guest, "images/linux.bin");
    assert_string_equal(vm->initrd, "disk.img");
    assert_string_equal(vm->args, "spin  a=b slice=10ms");
    assert_int_equal(vm->vcpus, 3);
    assert_int_equal(vm->memory, 64 << 20);
    assert_int_equal(allowed(1, 0), 0x27);
    assert_int_equal(allowed(1, 1), 0x02);
    assert_int_equal(allowed(1, 2), 0x80);
    assert_int_equal(vm->start_ns, 250 * MS);
    assert_int_equal(vm->line, 10);
    assert_int_equal(vm->guest_line, 11);
    assert_int_equal(vm->initrd_line, 12);
}

static void test_text_forms(void **state)
{
    (void)state;
    assert_parses("# comment\r\n\r\n\tpcpus=2\t# comment\r\n[vm a] # b]\r\nguest = a#b # c\r\nargs =\r\n",
                  "");
    assert_int_equal(scenario.pcpus, 2);
    assert_string_equal(scenario.vm[0].name, "a");
}

static void test_times_and_sizes(void **state)
{
    static const struct {
        const char *text;
        uint64_t ns;
    } times[] = {{"1us", 1000},        {"2500ns", 2500},    {"1.25us", 1250}, {"0.000001s", 1000},
                 {"1.500ms", 1500000}, {"3s", 3000000000u}, {"1.0us", 1000},  {"86400s", 86400 * S}};
    static const struct {
        const char *text;
        uint64_t bytes;
    } sizes[] = {
        {"4M", 4 << 20}, {"4194304", 4 << 20}, {"5000K", 5000 << 10}, {"1G", 1 << 30}, {"64G", 64ull << 30}};
    char text[256];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(times); i++) {
        snprintf(text, sizeof(text), "time = %s", times[i].text);
        assert_parses(with_vm(text), "");
        assert_int_equal(scenario.time_ns, times[i].ns);
    }
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        snprintf(text, sizeof(text), "[vm a]\nguest = hog\nmemory = %s", sizes[i].text);
        assert_parses(text, "");
        assert_int_equal(scenario.vm[0].memory, sizes[i].bytes);
    }
}

static void test_wrong_times(void **state)
{
    static const char *const texts[] = {"1",
                                        "s",
                                        "ms",
                                        "1 s",
                                        "1.s",
                                        ".5s",
                                        "1,5s",
                                        "1.5ns",
                                        "1S",
                                        "1sec",
                                        "-1s",
                                        "+1s",
                                        "1e3s",
                                        "0x1s",
                                        "1.5.5s",
                                        "86401s",
                                        "0s",
                                        "999ns",
                                        "0.5ns",
                                        "1ss",
                                        "1m",
                                        "1h",
                                        "1.0000000001s",
                                        "18446744073709551616ns",
                                        "18446744073.709551616s"};
    char text[256];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        snprintf(text, sizeof(text), "time = %s", texts[i]);
        assert_refused(with_vm(text), "", "expected a time (ns us ms s) from 1us to 86400s");
    }
}

static void test_largest(void **state)
{
    static char text[65536];
    size_t used = 0;
    int line = 0;

    (void)state;
    for (int i = 0; i < STINT_MAX_VMS; i++)
        used += (size_t)snprintf(text + used, sizeof(text) - used, "[vm v%d]\nguest=hog\nvcpus=4\n", i);
    assert_parses(text, "pcpus=8");
    assert_int_equal(scenario.vms, STINT_MAX_VMS);
    assert_int_equal(allowed(63, 3), 0xff);
    snprintf(text + used, sizeof(text) - used, "[vm one-more]\nguest=hog\n");
    assert_refused(text, "", "test.conf:193: found more than 64 VMs");

    for (used = 0; line < SCENARIO_MAX_EVENTS; line++)
        used += (size_t)snprintf(text + used, sizeof(text) - used, "at %dms: pause a\n", line);
    snprintf(text + used, sizeof(text) - used, "[vm a]\nguest=hog\n");
    assert_parses(text, "");
    assert_int_equal(scenario.events, SCENARIO_MAX_EVENTS);
    snprintf(text + used, sizeof(text) - used, "at 1s: stop a\n[vm a]\nguest=hog\n");
    assert_refused(text, "", "test.conf:65: found more than 64 lines that begin with 'at'");
}

static void test_affinity(void **state)
{
    uint64_t all[] = {0xff, 0x01, 0x80, 0x55};

    (void)state;
    assert_parses("pcpus=8\n[vm a]\nguest=hog\naffinity = 0-7 ; 0;7; 0, 2 ,4-4,6\nvcpus=4", "");
    for (int i = 0; i < 4; i++)
        assert_int_equal(allowed(0, i), all[i]);
    assert_parses("pcpus=8\n[vm a]\nguest=hog\nvcpus=32\naffinity=3", "");
    for (int i = 0; i < 32; i++)
        assert_int_equal(allowed(0, i), 0x08);
    assert_refused("[vm a]\nguest=hog\naffinity=0;", "", "expected pCPUs such as");
    assert_refused("[vm a]\nguest=hog\naffinity=0-", "", "expected pCPUs such as");
    assert_refused("[vm a]\nguest=hog\naffinity=0-99999999999", "", "found pCPU 99999999999");
    assert_refused("[vm a]\nguest=hog\nvcpus=32\naffinity="
                   "0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0",
                   "", "found more than 32 lists");
}

/* The number of pCPUs follows from the topology, wherever that stands. */
static void test_topology_alone(void **state)
{
    (void)state;
    assert_parses("[vm a]\nguest=hog\naffinity=7", "topology=1x4x2");
    assert_int_equal(scenario.pcpus, 8);
    assert_int_equal(allowed(0, 0), 0x80);
    assert_parses(with_vm("topology = 1x3x2"), "");
    assert_int_equal(scenario.pcpus, 6);
    assert_int_equal(scenario.topology.cores, 3);
    assert_int_equal(allowed(0, 0), 0x3f);
    assert_refused(with_vm("topology = 1x3x2"), "pcpus=4",
                   "test.conf:1: found a topology of 1 x 3 x 2 = 6 pCPUs, expected 4, as pcpus says");
    assert_parses(with_vm("pcpus = 3"), "");
    assert_int_equal(scenario.topology.sockets, 3);
}

/* Each VM's lists are its own, whatever the others have. */
static void test_affinities_of_several(void **state)
{
    (void)state;
    assert_parses("pcpus=4\n[vm a]\nguest=hog\nvcpus=2\naffinity=0;1\n[vm b]\nguest=hog\nvcpus=3\n"
                  "[vm c]\nguest=hog\nvcpus=2\naffinity=2-3\n[vm d]\nguest=hog\naffinity=3",
                  "");
    assert_int_equal(allowed(0, 0), 1);
    assert_int_equal(allowed(0, 1), 2);
    assert_int_equal(allowed(1, 2), 0xf);
    assert_int_equal(allowed(2, 0), 0xc);
    assert_int_equal(allowed(2, 1), 0xc);
    assert_int_equal(allowed(3, 0), 8);
}

static void test_overrides(void **state)
{
    const char *text = "time = 3s\nquantum = 30ms\n\n[vm a]\nguest = hog\naffinity = 1\n";

    (void)state;
    assert_parses(text, " scenario=thief.conf  pcpus=2 time=1s sched=rr trace=off console=mux quantum=5ms ");
    assert_string_equal(scenario.file, "thief.conf");
    assert_int_equal(scenario.pcpus, 2);
    assert_int_equal(scenario.time_ns, S);
    assert_int_equal(top_value("rr", "quantum"), 5 * MS);
    assert_int_equal(scenario.trace_slots, 0);
    assert_true(scenario.console_mux);
    assert_parses(text, "pcpus=2 trace=1024");
    assert_int_equal(scenario.trace_slots, 1024);
    assert_int_equal(scenario.time_ns, 3 * S);
}

static void test_wrong_overrides(void **state)
{
    const char *text = "[vm a]\nguest = hog\n";

    (void)state;
    assert_refused(text, "pcpus=9", "command line: found pcpus = '9', expected a whole number from 1 to 8");
    assert_refused(text, "pcpu=2", "command line: found 'pcpu', expected one of: pcpus sched");
    assert_refused(text, "pcpu=2", "did you mean 'pcpus'?");
    assert_refused(text, "fast", "command line: found 'fast', expected KEY = VALUE");
    assert_refused(text, "time=", "command line: found nothing after 'time =', expected a value");
    assert_refused(text, "seed=1 seed=2", "command line: found a second 'seed', expected it once");
    assert_refused(text, "trace=1000", "command line: found trace = '1000', expected off or a power of two");
    assert_refused(text, "trace=1", "command line: found trace = '1', expected off or a power of two");
    assert_refused(text, "trace=on", "expected off or a power of two");
    assert_refused(text, "console=max",
                   "command line: found 'max', expected one of: mux; did you mean 'mux'?");
    assert_refused(text, "sched=best", "command line: found 'best', expected one of: rr");
    assert_refused(text, "weight=3", "command line: found 'weight', expected one of:");
    assert_refused(text, "vcpus=3", "command line: found 'vcpus', expected one of:");
    assert_refused(text, "pcpus=1 topology=2x1x1", "command line: found a topology of 2 x 1 x 1");
    assert_refused(text, "topology=2x2x4",
                   "command line: found a topology of 2 x 2 x 4 = 16 pCPUs, expected at most 8");
    assert_refused("pcpus=2\n[vm a]\nguest=hog\nmemry=1", "", "did you mean 'memory'?");
    assert_refused("pcpus=4\n[vm a]\nguest=hog\naffinity=3\n", "scenario=x.conf pcpus=2",
                   "x.conf:4: found pCPU 3 in affinity = '3', expected numbers below 2 (pcpus = 2)");
    assert_refused("\npcpus = 99\n[vm a]\nguest=hog\n", "pcpus=2", "test.conf:2: found pcpus = '99'");
}

/* The line `# expect: LINE: part of the message` with which a wrong file begins. */
static bool read_expectation(const char *text, char *message, size_t size)
{
    static const char mark[] = "# expect: ";
    size_t length = strcspn(text, "\n");

    if (strncmp(text, mark, strlen(mark)) != 0)
        return false;
    snprintf(message, size, "test.conf:%.*s", (int)(length - strlen(mark)), text + strlen(mark));
    return true;
}

static bool parse_file(const char *path, const char **content)
{
    static char text[65536];
    FILE *file = fopen(path, "rb");
    size_t length;

    if (!file)
        fail_msg("%s: cannot be opened; these tests run at the top of the tree", path);
    length = fread(text, 1, sizeof(text) - 1, file);
    text[length] = '\0';
    fclose(file);
    *content = text;
    error[0] = '\0';
    return config_parse(&scenario, text, length, "test.conf", "", error, sizeof(error));
}

static void check_bad_file(const char *path)
{
    char message[512];
    const char *text;
    bool accepted = parse_file(path, &text);

    if (read_expectation(text, message, sizeof(message))) {
        if (accepted || strncmp(error, message, strlen(message)) != 0)
            fail_msg("%s:\n  expected: %s\n  got:      %s", path, message, accepted ? "no complaint" : error);
    } else if (strncmp(text, "# expect-machine: ", 18) != 0) {
        fail_msg("%s: its first line says neither '# expect:' nor '# expect-machine:'", path);
    } else if (!accepted) {
        fail_msg("%s: only the machine should refuse it, but: %s", path, error);
    }
}

static void check_good_file(const char *path)
{
    const char *text;

    if (!parse_file(path, &text))
        fail_msg("%s: %s", path, error);
}

/* Calls `check` with every file of the directory that ends in .conf; returns their number. */
static int for_each_scenario(const char *directory, void (*check)(const char *path))
{
    DIR *entries = opendir(directory);
    struct dirent *entry;
    char path[512];
    int found = 0;

    assert_non_null(entries);
    while ((entry = readdir(entries)) != NULL) {
        if (!strstr(entry->d_name, ".conf"))
            continue;
        snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name);
        check(path);
        found++;
    }
    closedir(entries);
    return found;
}

static void test_bad_files(void **state)
{
    (void)state;
    assert_true(for_each_scenario("tests/scenarios/bad", check_bad_file) >= 30);
}

static void test_our_scenarios(void **state)
{
    (void)state;
    assert_true(for_each_scenario("scenarios", check_good_file) >= 7);
}

/* Any text at all: no crash, and either a whole scenario or a message. The pieces make it get far. */
static void test_random_texts(void **state)
{
    static const char *const pieces[] = {"[vm ",
                                         "a",
                                         "]\n",
                                         "guest = hog\n",
                                         "=",
                                         "\n",
                                         "vcpus=",
                                         "1",
                                         "32",
                                         "0-3",
                                         ";",
                                         "time=",
                                         "1.5",
                                         "ms",
                                         "# ",
                                         "at ",
                                         ": ",
                                         "pause ",
                                         "sched ",
                                         "sched-set ",
                                         "every ",
                                         "rr",
                                         ",",
                                         "x",
                                         "pcpus=",
                                         "memory=",
                                         "16M",
                                         "\t",
                                         "\r\n",
                                         "affinity=",
                                         "\x80",
                                         "99999999999999999999",
                                         "args =",
                                         "quantum",
                                         "topology=1x1x1",
                                         "\x01"};
    char text[1024];
    uint64_t seed = 1;

    (void)state;
    for (int round = 0; round < 20000; round++) {
        size_t used = 0;

        for (uint64_t n = test_random(&seed) % 24; n; n--) {
            const char *piece = pieces[test_random(&seed) % COUNT_OF(pieces)];
            used += (size_t)snprintf(text + used, sizeof(text) - used, "%s", piece);
        }
        error[0] = '\0';
        if (config_parse(&scenario, text, used, "test.conf", "", error, sizeof(error)))
            assert_true(scenario.vms > 0 && scenario.vm[0].guest[0] && allowed(0, 0) != 0);
        else
            assert_true(strncmp(error, "test.conf:", 10) == 0 && strstr(error, "found "));
    }
}

/* A message that does not fit is cut, and always ends. */
static void test_small_error(void **state)
{
    char small[24];

    (void)state;
    memset(small, 'x', sizeof(small));
    assert_false(config_parse(&scenario, "quantun=1", 9, "test.conf", "", small, sizeof(small)));
    assert_string_equal(small, "test.conf:1: found 'qua");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),        cmocka_unit_test(test_every_key),
        cmocka_unit_test(test_text_forms),      cmocka_unit_test(test_times_and_sizes),
        cmocka_unit_test(test_wrong_times),     cmocka_unit_test(test_largest),
        cmocka_unit_test(test_affinity),        cmocka_unit_test(test_affinities_of_several),
        cmocka_unit_test(test_topology_alone),  cmocka_unit_test(test_overrides),
        cmocka_unit_test(test_wrong_overrides), cmocka_unit_test(test_bad_files),
        cmocka_unit_test(test_our_scenarios),   cmocka_unit_test(test_random_texts),
        cmocka_unit_test(test_small_error),
    };

    return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
