# SPDX-License-Identifier: MIT
"""What the student of lab 2 can see of the grader's tests. The tables are read in RAM when a run is over, and walked as
hardware does; guests say what they found in their memory. Fences only the hypervisor can tell of: QEMU forgets all
translations whenever it goes from or to a guest, and so hides every fence that is missing."""
from stintlib.clock import signed
from stintlib.course import AT_LEAST, AT_MOST, Failed, test, top, vm
from stintlib.course.alone import expect_sound
from stintlib.course.fences import FIRST, MOVED, REASONS, SIBLING, arrivals, owners
from stintlib.course.spaces import A, D, R, SV39X4, U, V, W, X, bits_in_words
from stintlib.layout import EVENTS, FENCE_WHYS, FENCES, RAM_BASE, SHARED_BASE

RIGHTS = bits_in_words(V | R | W | X | U | A | D)
ONES = (1 << 64) - 1
GVMA, UNMAP = FENCES.index("gvma"), FENCE_WHYS.index("unmap")
WORD = 8    # bytes

# The checks of guests/lab02_tables.c and guests/lab02_ram.c, by their names there.
CHECKS = {
    "init.bytes": "bytes of the root, as asked of boot_alloc", "init.align": "what it is aligned to",
    "init.vmid": "VMID", "hgatp.mode": "hgatp: mode", "hgatp.vmid": "hgatp: VMID",
    "hgatp.root": "hgatp: page of the root", "hgatp.highest": "hgatp of the highest VMID and the highest root",
    "find.empty": "find: in empty tables",
    "find.before": "find: entry of a page that is not mapped yet", "find.entry": "find: entry of a mapped page",
    "find.invalid": "find: an entry that is not valid, in a table that is there",
    "find.inside": "find: place of the entry, for the page's last byte", "map.done": "map: says that it is done",
    "map.walk": "the entry that hardware comes to (all ones: it refuses a table)", "map.pages": "pages that g holds",
    "beyond.mapped": "map: an address beyond 41 bits", "beyond.found": "find: an address beyond 41 bits",
    "beyond.pages_used": "pages taken for addresses beyond 41 bits",
    "no_page.mapped": "map: says so when no page is left for a table",
    "no_page.found": "find: what was not mapped then",
    "no_page.counted": "pages that g holds then: one table more", "no_page.later": "map: the same page again, later",
    "no_page.later_walk": "the entry that hardware comes to then", "no_page.later_count": "pages that g holds then",
    "clear.pages_free": "pages free after it", "clear.lent_freed": "of them lent ones (PTE_BORROWED)",
    "clear.freed_wrongly": "pages freed twice, or that were none", "clear.pages": "pages that g still holds",
    "clear.root_zero": "the root is zero, all of it", "clear.found": "find: a page that was mapped before",
    "clear.again": "map: goes on after it", "clear.again_walk": "the entry that hardware comes to then",
    "few.touched": "vm_touch, when there are too few pages for two tables and the page: done",
    "few.lost": "pages that are neither free nor the VM's then", "few.mapped": "the page is mapped then",
    "few.told": "pages that the VM holds, as the host is told then",
    "enough.touched": "vm_touch, when there are just enough: done", "enough.left": "pages that are left then",
    "enough.told": "pages that the VM holds, as the host is told then",
    "again.touched": "vm_touch of a page that is there: done",
    "again.told": "pages that the VM holds, as the host is told then", "free.wrongly": "pages freed that nobody had",
    "forget.own": "pCPUs that remember the VM still (last_of_vm)", "forget.others": "other VMs that pCPUs remember",
    "change.error": "error of the call that moves three pages",
    "change.not-void": "pCPUs that remembered the VM when VCPUs were asked first",
    "change.asked": "VCPUs asked, as bits",
    "change.awaited": "VCPUs awaited after they were asked (or that made the call), as bits",
    "change.freed": "old pages freed", "change.too-early": "of them before every VCPU had been awaited",
}


# ---- hyp/gstage.c alone, without a hypervisor ----

def play_tables(trial, part):
    """Runs the student's gstage.c in an image of its own (guests/lab02_tables.c)."""
    seed, vmid = trial.random.randrange(1, 1 << 31), trial.random.randrange(2, 64)
    expect_sound(trial, "lab02_tables", f"part={part} seed={seed} vmid={vmid}", CHECKS.get)


@test(points=5, title="a root of 16 KiB, and hgatp that leads to it", look="hyp/gstage.c: gstage_init, gstage_hgatp",
      gdb=None)
def hgatp(trial):
    play_tables(trial, "hgatp")


@test(points=15, title="tables as hardware walks them, for every address of 41 bits and none beyond", needs=("hgatp",),
      look="hyp/gstage.c: gstage_find, gstage_map; the checks are in guests/lab02_tables.c of this lab", gdb=None)
def tables(trial):
    play_tables(trial, "map")


@test(points=10, title="a VM that ends gives back every page and every table", needs=("tables",),
      look="hyp/gstage.c: gstage_clear", gdb=None)
def clear(trial):
    play_tables(trial, "clear")


# ---- The hypervisor with its guests ----

def pages_vm(trial, name, **keys):
    """A guest that uses pages all over its RAM."""
    keys = {"memory": "16M", "pages": trial.random.randrange(100, 200), **keys}
    args = " ".join(f"{key}={keys.pop(key)}" for key in ("pages", "poke", "how") if key in keys)
    return vm(name, "lab02_pages", args=f"seed={trial.random.randrange(1 << 32)} {args}", **keys)


def check_space(trial, seen, name, memory):
    """The tables of the VM, from outside: what hardware finds there, and whether that is what the guest uses."""
    space = seen.spaces.get(name)
    if space is None:
        raise Failed(f"VM {name} has no G-stage tables: its hgatp is 0")
    trial.expect(f"{name}: mode in hgatp", SV39X4, space.mode)
    trial.expect(f"{name}: what hardware would not take", "nothing", "; ".join(space.wrong) or "nothing")
    odd = sorted({bits_in_words(leaf.bits) for leaf in space.leaves} - {RIGHTS})
    trial.expect(f"{name}: bits of its pages", RIGHTS, odd[0] if odd else RIGHTS)
    stray = [leaf.gpa for leaf in space.leaves if not RAM_BASE <= leaf.gpa < RAM_BASE + (memory << 20)]
    trial.expect(f"{name}: pages mapped where it has no RAM", "none", hex(stray[0]) if stray else "none")
    foreign = [leaf.page for leaf in space.leaves if not may_be_guests(seen, name, leaf.page)]
    trial.expect(f"{name}: pages of the hypervisor that it can reach", "none", hex(foreign[0]) if foreign else "none")


def check_use(trial, seen, name):
    """The guest's own word, and whether those are the tables that it ran with."""
    found, space = seen.guest(name), seen.spaces[name]
    trial.expect(f"{name}: rounds through its memory", 2, found.get("rounds", 0), AT_LEAST)
    trial.expect(f"{name}: pages that were not zero at first", 0, found["dirty"])
    trial.expect(f"{name}: words that were not as it left them", 0, found["damaged"])
    leaf = space.find(found["area"])
    led = hex(leaf.page) if leaf else "nowhere"
    trial.expect(f"{name}: where the tables lead for its report", hex(found.place), led)


def may_be_guests(seen, name, page):
    """Not the firmware, nor the hypervisor, nor what it says to the host; the VM's own area there is its own."""
    shared, vms = seen.snapshot.shared, dict(zip(seen.marks, seen.snapshot.vms))
    area = SHARED_BASE + vms[name].area_offset
    return page >= SHARED_BASE + shared.bytes or area <= page < area + vms[name].area_bytes


@test(points=15, title="a guest has its memory, page by page as it touches it", needs=("tables",),
      look="hyp/vm_memory.c: touch, PTE_RAM; hyp/vcpu.c: enter_spaces",
      gdb=("break enter_spaces", "continue", "stint exit one fault", "stint walk one 0x80200000"))
def memory(trial):
    size = trial.random.choice((12, 16, 24))
    seen = trial.run(top(pcpus=1, time="150ms") + pages_vm(trial, "one", memory=f"{size}M"))
    check_space(trial, seen, "one", size)
    check_use(trial, seen, "one")
    space, (held,) = seen.spaces["one"], [vm_.pages for vm_ in seen.snapshot.vms]
    lent = sum(leaf.page < SHARED_BASE + seen.snapshot.shared.bytes for leaf in space.leaves)
    trial.expect("one: pages and tables below the root", len(space.leaves) - lent + len(space.tables) - 4, held)
    expect_sound(trial, "lab02_ram", "part=touch", CHECKS.get)


@test(points=10, title="guests at the same addresses keep their data, and have nothing in common", needs=("memory",),
      look="hyp/gstage.c: gstage_hgatp; hyp/vcpu.c: enter_spaces",
      gdb=("stint exit two timer", "stint vms", "stint walk one 0x80200000", "stint walk two 0x80200000"))
def isolation(trial):
    names = ("one", "two", "three")
    text = top(pcpus=1, quantum=f"{trial.random.choice((300, 500, 700))}us", time="200ms")
    seen = trial.run(text + "".join(pages_vm(trial, name) for name in names))
    for name in names:
        check_space(trial, seen, name, 16)
        check_use(trial, seen, name)
    spaces = [seen.spaces[name] for name in names]
    owned = [page for space in spaces for page in {leaf.page for leaf in space.leaves} | space.tables]
    vmids = [space.vmid for space in spaces]
    trial.expect("VMIDs: different ones", len(names), len(set(vmids)))
    trial.expect("VMIDs: the least (0 is for nobody)", 1, min(vmids), AT_LEAST)
    trial.expect("pages and tables that two of them have", 0, len(owned) - len(set(owned)))
    check_in_force(trial, seen)
    check_siblings(trial)


def check_siblings(trial):
    """Harts of one VM, each with a first stage of its own: one address, two pages."""
    seen = trial.run(top(pcpus=1, quantum="300us", time="50ms") +
                     vm("siblings", "lab02_harts", vcpus=2, args=f"seed={trial.random.randrange(1 << 32)}"))
    found = seen.guest("siblings")
    for number in range(2):
        trial.expect(f"siblings/{number}: rounds through its page", 100, found["rounds"][number], AT_LEAST)
        trial.expect(f"siblings/{number}: words that were not as it left them", 0, found["damaged"][number])


def check_in_force(trial, seen):
    """Fences note the hgatp that is in force: one and the same for all VCPUs of a VM, and the VM's own."""
    owner, found = owners(seen.trace), {}
    for _, event in seen.events("fence"):
        found.setdefault(owner[event.vcpu], set()).add(event.a)
    trial.expect("VMs of which fences found more than one hgatp", 0, sum(len(values) > 1 for values in found.values()))
    wrong = [number for number, values in found.items() if seen.snapshot.vms[number].hgatp not in values | {0}]
    trial.expect("VMs of which fences found another VM's hgatp", 0, len(wrong))


@test(points=5, title="who reaches beyond his RAM is stopped, with the reason, and the others go on", needs=("memory",),
      look="hyp/vm_memory.c: touch; hyp/gstage.c: gstage_find",
      gdb=("stint exit astray0 fault", "stint vcpu astray0/0"))
def outside(trial):
    pokes = {"astray0": 0x81000000, "astray1": 0x7FFFF000, "astray2": 0x80400000 + (1 << 41),
             "astray3": (1 << 40) + trial.random.randrange(1 << 20) * WORD, "astray4": 0x1000}
    text = top(pcpus=1, quantum="1ms", time="300ms") + pages_vm(trial, "good")
    for name, address in pokes.items():
        text += pages_vm(trial, name, poke=hex(address), how=trial.random.choice(("load", "store")))
    seen = trial.run(text, check=False)
    check_use(trial, seen, "good")
    for name, address in pokes.items():
        was = seen.vm(name)
        trial.expect(f"{name}, which reached for {address:#x}", "crashed", was["state"])
        named = "yes" if f"{address:#x} " in was["why"] else was["why"]
        trial.expect(f"{name}: the address in the reason", "yes", named)


# ---- Fences ----

def arrivals_of(seen):
    return arrivals(seen.events("run", "fence"), owners(seen.trace))


def check_arrivals(trial, seen, need, kind, least=1):
    """Whoever came to a pCPU in that way was met by that fence."""
    came = [arrival for arrival in arrivals_of(seen) if arrival.need == need]
    trial.expect(f"VCPUs that came {need}", least, len(came), AT_LEAST)
    missed = [arrival for arrival in came if not arrival.made(kind)]
    trial.expect(f"of them without a fence ({kind})", 0, len(missed))
    why = REASONS.get((need, kind))
    if why:    # after a page has moved everybody is new, whatever was there before
        wrong = [arrival for arrival in came if arrival.reasons(kind) - {why}
                 and (kind == "gvma" or not arrival.made("gvma"))]
        trial.expect(f"of them with another reason for it than {why}", 0, len(wrong))


def check_needless(trial, seen, least):
    """Areas are handed over, which is a reason; and events of two pCPUs at one time may have been in either order."""
    came = arrivals_of(seen)
    for need, kind, who in ((None, "vvma", "to where only other VMs had been"), (SIBLING, "gvma", SIBLING)):
        those = [arrival for arrival in came if arrival.need == need]
        trial.expect(f"VCPUs that came {who}", least, len(those), AT_LEAST)
        needless = 100 * sum(arrival.made(kind) for arrival in those) / max(len(those), 1)
        trial.expect(f"of them fenced for nothing ({kind})", 5, needless, AT_MOST, "%")


@test(points=10, title="who comes to a pCPU finds no translations there that are not its own", needs=("memory",),
      look="hyp/vcpu.c: fence_arrival. Who of this VM was here last (p->last_of_vm), and where was v (v->pcpu)?",
      gdb=("break fence_arrival", "continue", "print ((struct pcpu *)$tp)->last_of_vm[0]"))
def arrival(trial):
    text = top(pcpus=1, quantum=f"{trial.random.choice((300, 500, 700))}us", time="200ms")
    seen = trial.run(text + vm("one", "lab02_area", vcpus=3, args="hands=0 for=3000000") + pages_vm(trial, "two"))
    check_arrivals(trial, seen, FIRST, "gvma", 2)
    check_arrivals(trial, seen, FIRST, "vvma", 2)
    check_arrivals(trial, seen, SIBLING, "vvma", 20)
    check_needless(trial, seen, 20)
    check_in_force(trial, seen)


@test(points=10, title="a page that is taken away is not used any more, by nobody anywhere", needs=("memory",),
      look="hyp/vm_memory.c: fence_all, vm_forget_translations",
      gdb=("break fence_all", "continue", "stint vms"))
def change(trial):
    # Sibling 1 uses the area meanwhile, on a pCPU of its own. Sibling 2 goes to and fro between two others, as the VMs
    # that are there pause and go on: at the change it is on one, and has left translations on the other. Beats, which
    # end a guest's run too, are rare.
    text = top(pcpus=4, quantum="5ms", beat="20ms", time="200ms")
    for time, command in ((10, "pause east"), (20, "resume east"), (30, "pause west"), (40, "resume west")):
        text += f"at {time}ms every 40ms: {command}\n"
    at = trial.random.randrange(90, 130)
    text += vm("one", "lab02_area", vcpus=3, affinity="0;1;2-3", args=f"hands=1 at={at}0000 for=1000000")
    seen = trial.run(text + vm("east", "hog", affinity="2") + vm("west", "hog", affinity="3"))
    found, delta = seen.guest("one"), signed(seen.snapshot.vms[0].htimedelta)
    trial.expect("stores of a sibling after the change", 1, found["stores"])
    trial.expect("of them lost in the old page", 0, found["lost"])
    begin, end = found["before"] - delta, found["after"] - delta
    for pcpu in (0, 1):
        made = [event for where, event in seen.events("fence") if where == pcpu and is_change(event)]
        trial.expect(f"pCPU {pcpu}: fences of the G-stage while the call went on", 1,
                     sum(begin <= event.time <= end for event in made), AT_LEAST)
    for pcpu in (2, 3):
        trial.expect(f"pCPU {pcpu}: such a fence before sibling 2 goes on there", "made",
                     fenced_since(seen, pcpu, begin, end))
    # The order of things, which a run seldom shows.
    expect_sound(trial, "lab02_ram", "part=change", CHECKS.get)


def is_change(event):
    return event.arg == GVMA and event.b == UNMAP


def fenced_since(seen, pcpu, begin, end):
    """Of a pCPU that has run VCPU 2 of the first VM: was there a fence of the G-stage between the beginning of a change
    and that VCPU's first instruction there after its end?"""
    here = [event for where, event in seen.events("run", "leave", "fence") if where == pcpu and begin <= event.time]
    for event in here:
        if event.type == EVENTS["fence"] and event.arg == GVMA:
            return "made"
        if event.type == EVENTS["leave"] and event.vcpu == 2 and event.time > end:
            return "missing"
    return "it never came back"
