/* SPDX-License-Identifier: MIT */
/*
 * moves --seed N --plays N [--nonce TEXT]: who may go where (sched_may_move), in so many situations that are put
 * together by chance. With --nonce it speaks JSON, for programs.
 */
#include "sched/sched.h"
#include "tests/plays/say.h"

#define PCPUS    4
#define VM_VCPUS 4

static struct sched sched;
static struct sched_rq queues[PCPUS];
static struct sched_vm vm;
static struct sched_vcpu vcpus[VM_VCPUS];

static const char *const words[] = {"is new", "sleeps", "waits", "runs", "moves"};

static void set_placement(void)
{
    const struct sched_parameter *parameter = sched_param_find(sched.ops, "placement", false);
    uint64_t value = chance(2) ? PLACE_BALANCE : chance(PLACE_BALANCE);
    char why[160];

    sched_set(&sched, NULL, parameter, value, 0, why, sizeof(why));
    say(", placement %s", parameter->choices[value]);
}

/* Who is new has no home yet, or that of an earlier life; and one whose scheduler is being changed may have none. */
static void put(uint32_t id)
{
    struct sched_vcpu *vcpu = &vcpus[id];

    *vcpu = (struct sched_vcpu){.vm = &vm, .id = id, .affinity = pcpu_set_first(PCPUS)};
    vcpu->affinity.word[0] &= 1 + chance(15);
    vcpu->state = (enum sched_state)chance(SCHED_MOVING + 1);
    vcpu->load = sched.ops->demand && chance(3) ? SCHED_WHOLE / 10 * (1 + chance(5)) : 0;
    vcpu->pcpu = chance(vcpu->state == SCHED_OUT ? 2 : 8) ? (uint32_t)chance(PCPUS) : SCHED_NO_PCPU;
    list_push_back(&vm.members, &vcpu->sibling);
}

static void tell(const struct sched_vcpu *vcpu)
{
    bool any = false;

    say("%u %s", vcpu->id, words[vcpu->state]);
    if (vcpu->pcpu < PCPUS)
        say(" on pCPU %u", vcpu->pcpu);
    if (vcpu->load)
        say(", needs %u %%", (unsigned)(vcpu->load * 100 / SCHED_WHOLE));
    say(", affinity");
    for (uint32_t pcpu = 0; pcpu < PCPUS; pcpu++)
        if (pcpu_set_has(&vcpu->affinity, pcpu))
            say(" %u", pcpu);
    say("; may go to");
    for (uint32_t pcpu = 0; pcpu < PCPUS; pcpu++) {
        if (pcpu == vcpu->pcpu || !sched_may_move(&sched, vcpu, pcpu))
            continue;
        say(" %u", pcpu);
        any = true;
    }
    say("%s", any ? "" : " none");
    end_line();
}

static void play(uint64_t number)
{
    static const char *const names[] = {"rr", "sedf", "gang"};
    const struct sched_topology topology = {.sockets = 1, .cores = PCPUS, .threads = 1};

    sched_init(&sched, sched_find(names[chance(3)]), NULL, queues, &topology);
    sched_vm_init(&vm, 0);
    say("Play %llu: %s", (unsigned long long)number, sched.ops->name);
    set_placement();
    say("; taken, in %%:");
    for (uint32_t pcpu = 0; pcpu < PCPUS; pcpu++) {
        queues[pcpu].load = sched.ops->demand ? SCHED_WHOLE / 10 * chance(11) : 0;
        say(" %u", (unsigned)(queues[pcpu].load * 100 / SCHED_WHOLE));
    }
    end_line();
    for (uint32_t id = 0; id < VM_VCPUS; id++)
        put(id);
    for (uint32_t id = 0; id < VM_VCPUS; id++)
        tell(&vcpus[id]);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i += 2)
        if (!take_common(argv[i], i + 1 < argc ? argv[i + 1] : ""))
            refuse(argv[i], "");
    play_all(play);
    return 0;
}
