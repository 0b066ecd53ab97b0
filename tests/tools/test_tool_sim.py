# SPDX-License-Identifier: MIT
"""The simulator: the same again, every tick accounted for, and who gets how much."""
import pytest

from simulator import MIXED, PCPU_PARTS, VCPU_PARTS, ran, simulate, vcpus
from stintlib import layout
from stintlib.history import History
from stintlib.ram import Ram
from stintlib.schedulers import scheduler_names
from stintlib.shared import take_snapshot
from stintlib.trace import read_trace

HOGS = "[vm a]\nguest = hog\n[vm b]\nguest = hog\n"
TWELVE = "pcpus = 6\ntime = 2s\n" + "".join(f"[vm {name}]\nguest = hog\nvcpus = 4\n" for name in "abc")
CROWD = "pcpus = 4\ntime = 100ms\n[vm crowd]\nguest = smp\nvcpus = 8\nargs = inside=50us outside=20us\n"


def changing(text):
    """Every 20 ms another scheduler, and a parameter in between."""
    lines = f"at 20ms every 20ms: sched {','.join(scheduler_names())}\nat 333ms: sched-set quantum=3ms\n"
    return text.replace("[vm a]", lines + "[vm a]", 1)


def all_events(trace, kind):
    return [event for ring in trace.of("pcpu") for event in ring.events() if event.type == layout.EVENTS[kind]]


@pytest.fixture(name="mixed", scope="module", params=[*scheduler_names(), "changing"])
def mixed_run(request, tmp_path_factory):
    """(report, trace) of everything, under each scheduler and with changes between them."""
    folder = tmp_path_factory.mktemp("mixed")
    if request.param == "changing":
        report = simulate(folder, changing(MIXED))
    else:
        report = simulate(folder, MIXED, "--sched", request.param)
    return report, read_trace(folder / "trace")


def test_parts_of_a_pcpu(mixed):
    report, _ = mixed
    assert [sum(pcpu[part] for part in PCPU_PARTS) for pcpu in report["pcpus"]] == [report["elapsed_ns"]] * 3


def test_parts_of_a_vcpu(mixed):
    report, _ = mixed
    assert [sum(vcpu[part] for part in VCPU_PARTS) for vcpu in vcpus(report)] == [report["elapsed_ns"]] * 10


def test_run_time_is_the_pcpus(mixed):
    report, _ = mixed
    assert sum(vcpu["run_ns"] for vcpu in vcpus(report)) == sum(pcpu["guest_ns"] for pcpu in report["pcpus"])


def test_times_are_the_clocks(mixed):
    report, _ = mixed
    times = [vcpu[part] for vcpu in vcpus(report) for part in VCPU_PARTS]
    assert [time for time in times if time < 0 or time % 100] == [] and report["elapsed_ns"] == 700_000_000


def test_the_trace_tells_the_same(mixed):
    """Who ran for how long, of the pCPUs' spans and of the VCPUs', is what the counters say."""
    report, trace = mixed
    history = History(trace)
    of_vcpus = [sum(span.end - span.begin for span in vcpu.spans if span.what == "running") * history.ns
                for vcpu in history.vcpus]
    of_pcpus = [sum(span.end - span.begin for span in pcpu.spans if span.what == number) * history.ns
                for number in range(len(of_vcpus)) for pcpu in history.pcpus]
    assert of_vcpus == [vcpu["run_ns"] for vcpu in vcpus(report)]
    assert [sum(of_pcpus[3 * n:3 * n + 3]) for n in range(len(of_vcpus))] == of_vcpus
    moved = [event.vcpu for event in all_events(trace, "migrate")]
    assert [moved.count(number) for number in range(len(of_vcpus))] == [vcpu["migrations"] for vcpu in vcpus(report)]


def test_affinity_is_respected(mixed):
    _, trace = mixed
    spans = [{span.what for span in pcpu.spans} for pcpu in History(trace).pcpus]
    assert not spans[0] & {1, 8} and not spans[1] & {0, 8} and not spans[2] & {0, 1, 2, 3}


def test_ends(mixed):
    report, _ = mixed
    states = {vm["name"]: vm["state"] for vm in report["vms"]}
    assert states == {"a": "running", "b": "running", "c": "running", "d": "stopped", "e": "stopped", "f": "running"}
    jobs = report["vms"][3]["report"]["jobs"]
    assert jobs == 14 and report["vms"][4]["why"] == "stopped by the operator"
    assert report["vms"][1]["report"]["elapsed_ns"] <= 300_000_000        # it was reset at 400 ms


@pytest.mark.parametrize("options", [(), ("--set", "seed=7"), ("--switch-cost", "5us")])
def test_the_same_again(tmp_path, options):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        simulate(tmp_path / name, changing(MIXED), *options)
    for name in ("report.json", "trace"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_the_seed_decides_what_is_chance(tmp_path):
    """Who of those that spin gets the lock."""
    acquires = []
    for seed in (1, 2):
        report = simulate(tmp_path, CROWD, "--set", f"seed={seed}")["vms"][0]["report"]
        acquires.append([task["acquires"] for task in report["tasks"]])
        assert report["spin_ns"] > 0 and report["violations"] == 0
    assert acquires[0] != acquires[1]


@pytest.mark.parametrize("sched", scheduler_names())
def test_two_hogs_have_half_each(tmp_path, sched):
    report = simulate(tmp_path, "time = 3s\n" + HOGS, "--sched", sched)
    assert report["sched"] == sched and report["deterministic"] is True
    assert ran(report, "a") + ran(report, "b") == 3_000_000_000
    assert abs(ran(report, "a") / 3_000_000_000 - 0.5) < 0.01


@pytest.mark.parametrize("sched", scheduler_names())
def test_nobody_starves(tmp_path, sched):
    """Twelve VCPUs want six pCPUs. How much each has is the schedulers' own tests' business; none has nothing, and the
    pCPUs do not idle, but for the guests' boot and gang's pCPUs without a sibling."""
    report = simulate(tmp_path, TWELVE, "--sched", sched)
    shares = [vcpu["run_ns"] / report["elapsed_ns"] for vcpu in vcpus(report)]
    assert min(shares) > 0.2
    assert sum(shares) > (3.9 if sched == "gang" else 5.98)


def test_a_slice_is_in_the_trace(tmp_path):
    simulate(tmp_path, "time = 100ms\nquantum = 4ms\n" + HOGS)
    runs = all_events(read_trace(tmp_path / "trace"), "run")
    assert [event.a for event in runs[1:]] == [4_000_000] * (len(runs) - 1) and len(runs) >= 25


def test_a_switch_costs_what_it_is_said_to(tmp_path):
    report = simulate(tmp_path, "time = 1s\nquantum = 1ms\n" + HOGS, "--switch-cost", "20us")
    switches = sum(vcpu["switches"] for vcpu in vcpus(report))
    assert report["pcpus"][0]["hyp_self_ns"] == 20_000 * switches and switches > 900
    assert report["pcpus"][0]["idle_ns"] == 0


@pytest.mark.parametrize("sched", scheduler_names())
def test_accounts_are_kept_while_it_runs(tmp_path, sched):
    """A reader closes what is open at the end; all before is written down: up to the last change of each VCPU's state,
    as the trace has it, and of each pCPU's."""
    simulate(tmp_path, MIXED, "--sched", sched, "--switch-cost", "3us", "--scratch", tmp_path / "machine")
    ram = Ram(tmp_path / "machine" / "ram")
    snapshot, trace = take_snapshot(ram), read_trace(tmp_path / "trace")
    ram.close()
    changes = [0] * len(snapshot.vcpus)
    for kind in ("run", "leave", "wake", "park"):
        for event in all_events(trace, kind):
            changes[event.vcpu] = max(changes[event.vcpu], event.time - trace.header["start"])
    assert [sum(vcpu.ticks) for vcpu in snapshot.vcpus] == changes
    for pcpu, ring in zip(snapshot.pcpus, trace.of("pcpu")):
        left = max(event.time for event in ring.events() if event.type == layout.EVENTS["leave"])
        assert sum(pcpu.ticks) >= left - trace.header["start"]


def test_who_spins_for_a_lock_wastes_his_time(tmp_path):
    """One pCPU, four VCPUs: whenever the holder of the lock loses it, the three others spin their quanta away."""
    text = "time = 2s\nquantum = 10ms\n[vm crowd]\nguest = smp\nvcpus = 4\nargs = inside=500us outside=300us\n"
    crowd = simulate(tmp_path, text)["vms"][0]["report"]
    alone = simulate(tmp_path, text, "--set", "quantum=2s")["vms"][0]["report"]
    assert alone["spin_ns"] == 0 and alone["acquires"] > 2400
    assert crowd["spin_ns"] > 500_000_000 and crowd["acquires"] < 0.8 * alone["acquires"]


def test_latency_is_the_wait(tmp_path):
    """Beside two hogs under round robin, a request waits up to two quanta; alone, for nobody."""
    text = "time = 2s\nquantum = 5ms\n[vm io]\nguest = io\nargs = period=20ms work=200us\n"
    alone = simulate(tmp_path, text)["vms"][0]["report"]
    beside = simulate(tmp_path, text + HOGS)["vms"][0]["report"]
    assert alone["late_max_ns"] < 100_000 and alone["transactions"] == beside["transactions"] == 99
    assert 4_000_000 < beside["late_max_ns"] < 10_100_000
    assert 0 < beside["late_p50_ns"] <= beside["late_p99_ns"] <= beside["late_max_ns"] < beside["max_ns"]


def test_a_dodger_sleeps_or_offers_its_vcpu(tmp_path):
    """Both are gone at the tick. Who sleeps comes back when he wants to; who offered his VCPU, when a hog has had its
    slice."""
    text = ("sched = credit\naccounting = sampled\nratelimit = 0ms\ntime = 2s\n[vm hog]\nguest = hog\n"
            "[vm dodger]\nguest = dodger\nargs = how=")
    sleeps, offers = (simulate(tmp_path, f"{text}{how}\n") for how in ("sleep", "yield"))
    assert sleeps["vms"][1]["vcpus"][0]["blocked_ns"] > 80_000_000 and ran(sleeps, "dodger") > 1_850_000_000
    assert offers["vms"][1]["vcpus"][0]["blocked_ns"] == 0 and 400_000_000 < ran(offers, "dodger") < 1_000_000_000
    assert offers["vms"][1]["report"]["met"] == 0 and offers["vms"][1]["report"]["dodged"] > 40


def test_time_is_not_needed_when_all_end(tmp_path):
    report = simulate(tmp_path, "[vm a]\nguest = timeshare\nargs = work:10ms wild\n")
    assert [task["state"] for task in report["vms"][0]["report"]["tasks"]] == ["done", "killed"]
    assert report["vms"][0]["why"] == "the guest shut down" and 13_000_000 < report["elapsed_ns"] < 14_000_000


def test_resumed_before_it_has_paused(tmp_path):
    """The last command counts, although a pause takes until all VCPUs are offline."""
    report = simulate(tmp_path, "pcpus = 2\ntime = 300ms\nat 100ms: pause a\nat 100ms: resume a\n"
                      "at 100ms: pause b\nat 100ms: resume b\nat 100ms: pause b\nat 200ms: resume b\n" + HOGS)
    assert [guest["state"] for guest in report["vms"]] == ["running", "running"]
    assert [vcpu["offline_ns"] for vcpu in vcpus(report)] == [0, 100_000_000]
