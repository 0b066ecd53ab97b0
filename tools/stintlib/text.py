# SPDX-License-Identifier: MIT
"""The report for people: tables from the report's data."""

ENDS = {
    "not": "It was cut off before its end.",
    "time": "Its time is over.",
    "stopped": "Every VM has stopped.",
    "stuck": "It ended because every VCPU waits and nothing can wake one.",
}


def ms(ns):
    return f"{ns / 1e6:.1f} ms"


def part(ns, of_ns):
    return f"{ms(ns)} {100 * ns / of_ns if of_ns else 0:5.1f}%"


def table(head, rows, left=1):
    """Columns as wide as what stands in them; the first `left` to the left, the others to the right."""
    rows = [[str(cell) for cell in row] for row in [head, *rows]]
    widths = [max(len(row[n]) for row in rows) for n in range(len(head))]
    return ["  ".join(cell.ljust(width) if n < left else cell.rjust(width)
                      for n, (cell, width) in enumerate(zip(row, widths))).rstrip() for row in rows]


def show_report(report, end, lost=(), damages=()):
    """All of it as text. lost: (whose ring, events lost); damages: (VM, what is wrong with its area)."""
    many = "pCPU" if len(report["pcpus"]) == 1 else "pCPUs"
    same = "the same in every run" if report["deterministic"] else "not deterministic"
    blocks = [
        [f"{report['scenario']}: {report['elapsed_ns'] / 1e9:.4f} s on {len(report['pcpus'])} {many} under "
         f"{report['sched']}, {same}. {ENDS.get(end, '')}".rstrip()],
        pcpu_table(report), vcpu_table(report), exit_table(report), overhead_table(report),
    ]
    blocks += [[f"VM {vm['name']} {vm['state']}: {vm['why']}"] for vm in report["vms"] if vm["why"]]
    blocks += [[refusal(command)] for command in report["commands"] if command["refused"]]
    blocks += [show_guest(f"{vm['name']} ({vm['guest']}) measured", vm["report"])
               for vm in report["vms"] if vm["report"]]
    blocks += [[f"VM {name}: {damage}, so nothing it measured is shown"] for name, damage in damages]
    blocks += [[f"{count} events of {ring} were lost: its ring wrapped"] for ring, count in lost]
    return "\n\n".join("\n".join(block) for block in blocks if block)


def refusal(command):
    times = command["done"] + command["refused"]
    often = f" {command['refused']} times of {times}" if times > 1 else ""
    return f"'{command['command']}' at {command['at_ns'] / 1e9:.4f} s was refused{often}: {command['why']}"


def pcpu_table(report):
    total = report["elapsed_ns"]
    return table(["pCPU", "guests", "hypervisor for VCPUs", "hypervisor itself", "idle"],
                 [[pcpu["id"]] + [part(pcpu[f"{key}_ns"], total) for key in ("guest", "hyp_vcpu", "hyp_self", "idle")]
                  for pcpu in report["pcpus"]])


def each_vcpu(report):
    return [(vm, vcpu) for vm in report["vms"] for vcpu in vm["vcpus"]]


def vcpu_table(report):
    total = report["elapsed_ns"]
    rows = [[f"{vm['name']}/{vcpu['id']}", vcpu["pcpu"]]
            + [part(vcpu[f"{key}_ns"], total) for key in ("run", "steal", "blocked", "offline")]
            + [ms(vcpu["hyp_ns"]), vcpu["switches"], vcpu["migrations"]] for vm, vcpu in each_vcpu(report)]
    return table(["VCPU", "pCPU", "run", "steal", "blocked", "offline", "of run: exits", "switches", "moves"], rows)


def exit_table(report):
    """Only the causes that occurred."""
    rows = [(f"{vm['name']}/{vcpu['id']}", vcpu["exits"]) for vm, vcpu in each_vcpu(report)]
    causes = [cause for cause in (rows[0][1] if rows else {}) if any(exits[cause] for _, exits in rows)]
    return table(["exits of", *causes, "all"],
                 [[name, *(exits[cause] for cause in causes), sum(exits.values())] for name, exits in rows])


def overhead_table(report):
    """What the hypervisor took, by VM and cause of exit. Timer, kick and beat are its own work, not the VM's."""
    vms = [vm for vm in report["vms"] if vm["vcpus"]]
    took = [took_by_cause(vm) for vm in vms]
    causes = [cause for cause in (took[0] if took else {}) if any(each[cause] for each in took)]
    rows = [[vm["name"], *(ms(each[cause]) for cause in causes), part(vm["hyp_ns"], run_of(vm))]
            for vm, each in zip(vms, took)]
    return table(["VMM overhead", *causes, "for the VM, of its run"], rows) if causes else []


def took_by_cause(vm):
    causes = vm["vcpus"][0]["exits_ns"]
    return {**{cause: sum(vcpu["exits_ns"][cause] for vcpu in vm["vcpus"]) for cause in causes},
            "served": sum(vcpu["served_ns"] for vcpu in vm["vcpus"])}


def run_of(vm):
    return sum(vcpu["run_ns"] for vcpu in vm["vcpus"])


def show_guest(title, report):
    """A guest's report: single values as a line each, a list of like records as a table."""
    lines = [title]
    for name, value in report.items():
        if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
            columns = list(dict.fromkeys(key for item in value for key in item))
            lines += indent(table([name] + [heading(key) for key in columns],
                                  [[number] + [show_value(key, item.get(key, "")) for key in columns]
                                   for number, item in enumerate(value)]))
        elif isinstance(value, (dict, list)):
            items = value.items() if isinstance(value, dict) else enumerate(value)
            lines += indent(show_guest(name, {str(key): item for key, item in items}))
        else:
            lines += indent([f"{heading(name)}: {show_value(name, value)}"])
    return lines


def indent(lines):
    return [f"  {line}" for line in lines]


def heading(name):
    """The unit moves from the name to the value."""
    return name.removesuffix("_ns").removesuffix("_pct").replace("_", " ")


def show_value(name, value):
    if isinstance(value, int) and name.endswith("_ns"):
        return f"{value / 1e6:.4f} ms" if abs(value) < 1_000_000 else ms(value)
    if isinstance(value, int) and name.endswith("_pct"):
        return f"{value}%"
    return str(value)
