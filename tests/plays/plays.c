/* SPDX-License-Identifier: MIT */
/*
 * plays --sched NAME --seed N --plays N [--tell runs] [--nonce TEXT]: plays so many small machines under that
 * scheduler and says after each step who runs and, without `--tell runs`, what the scheduler knows of whom (its
 * `dump`). The numbers hang on the seed alone: two schedulers that do the same say the same. Times are multiples of
 * 0.1 ms but for those that are parameters, and a pCPU is asked a little after its slice has ended, so that nothing
 * hangs on whether a time that is just reached counts. With --nonce it speaks JSON, for programs.
 */
#include <stdio.h>
#include <string.h>
#include "sched/sched.h"
#include "tests/plays/say.h"

#define STEPS    40
#define PCPUS    2
#define VMS      4
#define VM_VCPUS 3
#define VCPUS    (VMS * VM_VCPUS)
#define US       UINT64_C(1000)
#define STEP     (100 * US)
#define TEXT     200
#define EXPECTED "--sched NAME, --tell runs, "

/* What a parameter is set to: one of `values`, the least of them `least`, and `step` apart; or 0, now and then. */
static const struct range {
    const char *name;
    uint64_t least, step, values;
    bool or_zero;
} ranges[] = {
    {"tslice", 3000 * US, 3000 * US, 5, false},
    {"ratelimit", 550 * US, 500 * US, 5, false},
    {"accounting", 0, 1, 2, false},
    {"boost", 0, 1, 2, false},
    {"weight", 64, 97, 12, false},
    {"cap", 10, 13, 6, true},
    {"quantum", 2050 * US, 500 * US, 3, false},
};

static struct sched sched;
static struct sched_rq queues[PCPUS];
static struct sched_vm vms[VMS];
static struct sched_vcpu vcpus[VCPUS];
static char known[VCPUS][TEXT];              /* what was said of each VCPU last, */
static const struct sched_vcpu *runs[PCPUS]; /* and of each pCPU */
static uint32_t count;
static uint64_t now, since[PCPUS], slice_end[PCPUS];
static const struct sched_ops *ops;
static bool is_told = true; /* what the scheduler knows */

/* ---- Words ---- */

static void say_ms(uint64_t ns)
{
    say("%llu.%02llu ms", (unsigned long long)(ns / 1000000), (unsigned long long)(ns / 10000 % 100));
}

static void say_vcpu(const struct sched_vcpu *vcpu)
{
    say("%u.%u", vcpu->vm->id, vcpu->id);
}

/* Whatever is another than before. */
static void say_changes(void)
{
    char text[TEXT];

    for (uint32_t i = 0; is_told && i < count; i++) {
        ops->dump(&sched, &vcpus[i], text, sizeof(text));
        if (strcmp(text, known[i]) == 0)
            continue;
        strcpy(known[i], text);
        say("; ");
        say_vcpu(&vcpus[i]);
        say(": %s", text);
    }
    end_line();
}

/* ---- A machine ---- */

static void set_parameter(struct sched_vm *vm, const struct range *range)
{
    const struct sched_parameter *parameter = sched_param_find(ops, range->name, vm != NULL);
    uint64_t value = range->least + chance(range->values) * range->step;
    char why[TEXT];

    if (range->or_zero && chance(2))
        value = 0;
    if (!parameter || !sched_set(&sched, vm, parameter, value, now, why, sizeof(why)))
        return;
    if (parameter->kind == SCHED_PARAM_TIME) {
        say(", %s ", range->name);
        say_ms(value);
    } else if (parameter->kind == SCHED_PARAM_CHOICE) {
        say(", %s %s", range->name, parameter->choices[value]);
    } else {
        say(", %s %llu", range->name, (unsigned long long)value);
    }
}

static void set_parameters(struct sched_vm *vm)
{
    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
        set_parameter(vm, &ranges[i]);
}

/* On two pCPUs some may run on one alone. */
static void say_homes(const struct sched_vm *vm)
{
    for (uint32_t i = 0; i < count; i++) {
        bool everywhere = pcpu_set_has(&vcpus[i].affinity, 0) &&
                          pcpu_set_has(&vcpus[i].affinity, sched.pcpus - 1);

        if (vcpus[i].vm != vm || everywhere)
            continue;
        say(", ");
        say_vcpu(&vcpus[i]);
        say(" only on pCPU %u", pcpu_set_has(&vcpus[i].affinity, 1));
    }
}

static void add_vm(uint32_t number)
{
    struct sched_vm *vm = &vms[number];

    sched_vm_init(vm, number);
    for (uint32_t id = 1 + (uint32_t)chance(VM_VCPUS); id-- > 0;) {
        struct sched_vcpu *vcpu = &vcpus[count++];

        *vcpu = (struct sched_vcpu){.vm = vm, .id = id, .affinity = pcpu_set_first(sched.pcpus)};
        known[count - 1][0] = '\0';
        if (chance(4) == 0)
            vcpu->affinity.word[0] &= 1 + chance(bit_mask(sched.pcpus));
        sched_add(&sched, vcpu, now);
    }
    say("VM %u", number);
    set_parameters(vm);
    say_homes(vm);
    end_line();
}

static void begin(uint64_t number)
{
    const struct sched_topology topology = {.sockets = 1 + (uint32_t)chance(PCPUS), .cores = 1, .threads = 1};

    count = 0;
    now = 0;
    memset(since, 0, sizeof(since));
    memset(runs, 0, sizeof(runs));
    memset(slice_end, 0xff, sizeof(slice_end)); /* SCHED_FOREVER */
    sched_init(&sched, ops, NULL, queues, &topology);
    say("Play %llu: %u pCPUs", (unsigned long long)number, sched.pcpus);
    set_parameters(NULL);
    end_line();
    for (uint32_t i = 2 + (uint32_t)chance(VMS - 1), id = 0; id < i; id++)
        add_vm(id);
    while (sched_next_ask(&sched) != SCHED_NO_PCPU)
        ;
}

/* ---- Steps ---- */

static uint64_t ran(uint32_t pcpu)
{
    uint64_t ns = queues[pcpu].current ? now - since[pcpu] : 0;

    since[pcpu] = now;
    return ns;
}

static void pick(uint32_t pcpu)
{
    uint64_t ns = ran(pcpu);
    struct sched_decision decision;

    sched_pick(&sched, pcpu, ns, now, &decision);
    slice_end[pcpu] = decision.slice == SCHED_FOREVER ? SCHED_FOREVER : now + decision.slice;
}

/* Who runs where, if it is another one than before. */
static void say_runs(void)
{
    for (uint32_t pcpu = 0; pcpu < sched.pcpus; pcpu++) {
        const struct sched_vcpu *current = queues[pcpu].current;

        if (current == runs[pcpu])
            continue;
        runs[pcpu] = current;
        if (current) {
            say(", ");
            say_vcpu(current);
            say(" runs on pCPU %u", pcpu);
        } else {
            say(", pCPU %u idles", pcpu);
        }
    }
}

static void follow_asks(void)
{
    uint32_t pcpu;

    while ((pcpu = sched_next_ask(&sched)) != SCHED_NO_PCPU)
        pick(pcpu);
}

static void wake(struct sched_vcpu *vcpu)
{
    say(", ");
    say_vcpu(vcpu);
    say(" wakes");
    sched_wake(&sched, vcpu, now);
}

static void leave(uint32_t pcpu, const char *what, void (*how)(struct sched *, uint32_t, uint64_t, uint64_t))
{
    say(", ");
    say_vcpu(queues[pcpu].current);
    say(" %s", what);
    how(&sched, pcpu, ran(pcpu), now);
    pick(pcpu);
}

static uint32_t first_to_end(void)
{
    uint32_t first = 0;

    for (uint32_t pcpu = 1; pcpu < sched.pcpus; pcpu++)
        if (slice_end[pcpu] < slice_end[first])
            first = pcpu;
    return first;
}

/* Whose slice ends meanwhile is asked. */
static void pass(uint64_t until)
{
    uint32_t pcpu;

    while (slice_end[pcpu = first_to_end()] < until) {
        uint64_t asked = slice_end[pcpu] / STEP * STEP + STEP;

        now = asked > now ? asked : now + STEP;
        pick(pcpu);
        follow_asks();
    }
    now = until > now ? until : now;
}

/* Mostly little time passes; now and then several periods. */
static void step(void)
{
    uint32_t pcpu = (uint32_t)chance(sched.pcpus);
    struct sched_vcpu *vcpu = &vcpus[chance(count)];
    uint64_t what = chance(8);

    pass(now + STEP * (1 + chance(chance(8) ? 40 : 400)));
    say_ms(now);
    if (vcpu->state == SCHED_BLOCKED && what < 5)
        wake(vcpu);
    else if (queues[pcpu].current && what == 5)
        leave(pcpu, "sleeps", sched_block);
    else if (queues[pcpu].current && what == 6)
        leave(pcpu, "yields", sched_give_way);
    else
        pick(pcpu);
    follow_asks();
    say_runs();
    say_changes();
}

/* ---- The command ---- */

static void play(uint64_t number)
{
    begin(number);
    for (int i = 0; i < STEPS; i++)
        step();
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i += 2) {
        const char *value = i + 1 < argc ? argv[i + 1] : "";

        if (strcmp(argv[i], "--tell") == 0 && strcmp(value, "runs") == 0)
            is_told = false;
        else if (strcmp(argv[i], "--sched") == 0 && sched_find(value) && sched_find(value)->dump)
            ops = sched_find(value);
        else if (!take_common(argv[i], value))
            refuse(argv[i], EXPECTED);
    }
    if (!ops)
        refuse("no scheduler", EXPECTED);
    play_all(play);
    return 0;
}
