# SPDX-License-Identifier: MIT
import random

import pytest

from stintlib import layout
from stintlib.errors import CannotRun
from stintlib.job import Job
from stintlib.paths import ROOT
from stintlib.scenario import (LOAD_ADDRESS, MIB, Scenario, ScenarioVm, find_images, parse_pcpus, parse_scenario,
                               parse_size, parse_time, parse_topology, ram_needed)

TEXT = b"""# comment
pcpus = 4   # of eight
sched = rr
time  = 1.5s
at 10ms: pause b

[vm a]
guest  = timeshare
args   = spin slice=10ms time = 3s
memory = 32M
[ vm b ]
guest  = ./flat.bin
initrd = disk
pcpus  = 7
"""


def test_what_is_read():
    scenario = parse_scenario("x.conf", TEXT)
    assert (scenario.pcpus, scenario.time_ns) == (4, 1_500_000_000)
    assert [(vm.guest, vm.initrd, vm.memory) for vm in scenario.vms] == [
        ("timeshare", "", 32 * MIB), ("./flat.bin", "disk", 16 * MIB)]
    assert scenario.vms[1].lines == {"guest": 12, "initrd": 13}


@pytest.mark.parametrize("text, ns", [("3s", 3 * 10 ** 9), ("10 ms", 10 ** 7), ("1.5us", 1500), ("7ns", 7),
                                      ("0.1s", 10 ** 8), ("3", None),
                                      ("s", None), ("-1s", None), ("1e3s", None), ("", None)])
def test_times(text, ns):
    assert parse_time(text) == ns


@pytest.mark.parametrize("text, size", [("16M", 16 << 20), ("4096", 4096), ("1G", 1 << 30), ("64K", 65536),
                                        ("M", None), ("1.5M", None), ("1T", None), ("9" * 30, None)])
def test_sizes(text, size):
    assert parse_size(text) == size


@pytest.mark.parametrize("text, harts", [("1", 1), ("8", 8), ("0", 1), ("9", 1), ("two", 1), ("-1", 1)])
def test_harts_for_a_number_the_hypervisor_refuses(text, harts):
    assert parse_pcpus(text) == harts


@pytest.mark.parametrize("text, harts", [("2x2x2", 8), ("1 x 3 x 1", 3), ("2x2", 1), ("4x4x1", 1), ("0x1x1", 1)])
def test_harts_of_a_topology(text, harts):
    assert parse_topology(text) == harts
    assert parse_scenario("x.conf", f"topology = {text}".encode()).topology == harts


@pytest.mark.parametrize("text, overrides, harts", [
    (b"", {}, 1), (b"pcpus = 3", {}, 3), (b"topology = 1x2x2", {}, 4), (b"pcpus = 4\ntopology = 1x2x2", {}, 4),
    (b"topology = 1x2x2", {"pcpus": "2"}, 2), (b"", {"topology": "1x2x1"}, 2),
    (b"pcpus = 3", {"topology": "1x2x1"}, 3)])
def test_harts_of_a_job(tmp_path, text, overrides, harts):
    assert Job(tmp_path, parse_scenario("x.conf", text), overrides, None).pcpus == harts


def test_nonsense_never_stops_the_tool():
    rand = random.Random(1)
    for _ in range(300):
        text = bytes(rand.choice(b"[]vm= #\n\t\xff\x00pcust12sgKMG:") for _ in range(rand.randrange(200)))
        ram_needed(parse_scenario("x", text), 1, 1000)


def test_load_address_is_that_of_the_linker_script():
    assert f". = {LOAD_ADDRESS:#x};" in (ROOT / "hyp" / "stint.ld").read_text()


def test_missing_image_is_said_with_its_line(tmp_path):
    scenario = parse_scenario("x.conf", TEXT)
    with pytest.raises(CannotRun, match=r"x.conf:(8|12): guest image '(timeshare|./flat.bin)' is not there"):
        find_images(scenario, tmp_path)


def test_image_beside_the_scenario_travels_once(tmp_path):
    (tmp_path / "flat.bin").write_bytes(b"image")
    scenario = Scenario("x", vms=[ScenarioVm(guest="flat.bin"), ScenarioVm(guest="flat.bin")])
    assert find_images(scenario, tmp_path) == [("guest/flat.bin", tmp_path / "flat.bin")]


@pytest.mark.parametrize("vms", [0, 1, 2, 12, 64])
@pytest.mark.parametrize("pcpus", [1, 8])
@pytest.mark.parametrize("initrd", [0, 1 * MIB, 300 * MIB])
def test_ram_holds_all_of_it_apart(vms, pcpus, initrd):
    memory = ram_needed(Scenario("x", vms=[ScenarioVm()] * vms), pcpus, initrd)
    region_end = layout.SHARED_BASE + pcpus * 65536 * layout.EVENT_SIZE + vms * 2 * MIB
    initrd_begin = LOAD_ADDRESS + min(memory // 2, 512 * MIB)
    ram_end = layout.RAM_BASE + memory
    assert memory >= 256 * MIB and initrd_begin >= region_end
    assert initrd_begin + initrd + 4 * MIB <= ram_end
    assert memory - initrd - vms * 16 * MIB >= 64 * MIB
