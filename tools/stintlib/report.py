# SPDX-License-Identifier: MIT
"""The report of a run: the JSON that machines read (DESIGN section 10), from which the tables for people are made.

The hypervisor brings an account up to date when something changes; here the time since then is added, so that the
parts of every pCPU and of every VCPU sum to the elapsed time, to the tick.
"""
from stintlib import layout
from stintlib.area import nest
from stintlib.ram import text_of

GUEST, HYP_VCPU = layout.PCPU_STATES.index("guest"), layout.PCPU_STATES.index("hyp_vcpu")
RUNNING, RUNNABLE = layout.RUNSTATES.index("running"), layout.RUNSTATES.index("runnable")


def closing_time(snapshot, now=0):
    """Up to when the report reaches, in ticks: the end, or for a run that was cut off `now` or the last change."""
    end = snapshot.shared.end_time or now
    return max(end, snapshot.last_change())


def close_pcpu(pcpu, elapsed):
    """Ticks by state, of which the sum is `elapsed`."""
    ticks = list(pcpu.ticks)
    ticks[pcpu.state] += elapsed - sum(ticks)
    return ticks


def close_vcpu(vcpu, elapsed, pcpu_ticks):
    """Ticks by runstate, of which the sum is `elapsed`, and the ticks of the hypervisor that are part of running.
    pcpu_ticks: those of its pCPU, closed at the same instant."""
    ticks, hyp = list(vcpu.ticks), vcpu.hyp
    since = elapsed - sum(ticks)
    if vcpu.state != RUNNING:
        ticks[vcpu.state] += since
        return ticks, hyp
    ran = min(max(pcpu_ticks[GUEST] + pcpu_ticks[HYP_VCPU] - vcpu.run_base, 0), since)
    ticks[RUNNING] += ran
    ticks[RUNNABLE] += since - ran
    hyp += min(max(pcpu_ticks[HYP_VCPU] - vcpu.hyp_base, 0), ran)
    return ticks, hyp


def build_report(snapshot, areas, scenario, deterministic, now=0):
    """The report as plain data, its keys and their order as DESIGN section 10 lists them. `areas`: by VM number."""
    elapsed = closing_time(snapshot, now) - snapshot.shared.start_time
    ns = 1_000_000_000 // snapshot.shared.timebase_hz
    pcpu_ticks = [close_pcpu(pcpu, elapsed) for pcpu in snapshot.pcpus]
    return {
        "scenario": scenario,
        "sched": text_of(snapshot.shared.sched),
        "elapsed_ns": elapsed * ns,
        "deterministic": deterministic,
        "pcpus": [{"id": number, **{f"{state}_ns": t * ns for state, t in zip(layout.PCPU_STATES, ticks)}}
                  for number, ticks in enumerate(pcpu_ticks)],
        "vms": [report_vm(snapshot, vm, areas.get(number), elapsed, pcpu_ticks, ns)
                for number, vm in enumerate(snapshot.vms)],
        "commands": [report_command(command, snapshot.shared.start_time, ns) for command in snapshot.commands],
    }


def report_command(command, start, ns):
    """What the operator asked for. why: what was said against it, the last time that it was refused."""
    return {"at_ns": (command.time - start) * ns, "command": text_of(command.text), "done": command.done,
            "refused": command.refused, "why": text_of(command.why)}


def report_vm(snapshot, vm, area, elapsed, pcpu_ticks, ns):
    vcpus = [report_vcpu(vcpu, elapsed, pcpu_ticks[vcpu.pcpu], ns) for vcpu in snapshot.vcpus_of(vm)]
    return {
        "name": text_of(vm.name),
        "guest": text_of(vm.guest),
        "state": layout.name_of(layout.VM_STATES, vm.state),
        "why": text_of(vm.why),
        "hyp_ns": sum(vcpu["hyp_ns"] for vcpu in vcpus),
        "vcpus": vcpus,
        "report": nest(area.values) if area else {},
    }


def report_vcpu(vcpu, elapsed, pcpu_ticks, ns):
    ticks, hyp = close_vcpu(vcpu, elapsed, pcpu_ticks)
    time = dict(zip(layout.RUNSTATES, ticks))
    return {
        "id": vcpu.id,
        "pcpu": vcpu.pcpu,
        "run_ns": time["running"] * ns,
        "steal_ns": (time["runnable"] + time["parked"]) * ns,
        "blocked_ns": time["blocked"] * ns,
        "offline_ns": time["offline"] * ns,
        "hyp_ns": hyp * ns,
        "switches": vcpu.switches,
        "migrations": vcpu.migrations,
        "exits": dict(zip(layout.EXITS, vcpu.exits)),
        "exits_ns": {cause: ticks * ns for cause, ticks in zip(layout.EXITS, vcpu.exit_ticks)},
        "served_ns": vcpu.served * ns,
    }
